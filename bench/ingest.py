"""How long ingest takes on all of Visual Genome, and what memory, next to DuckDB.

    .venv/bin/python bench/ingest.py [--scale 1.0] [--repeat 1] [--dir /tmp/spatialthinker-bench]

Makes v1.2 files as large as the real ones (at scale 1: 108,077 images, 3.8 M objects, 2.3 M
relationships; image_data.json, objects.json and relationships.json, 1.2 GB together), once. Then,
in one run, each in its own process, with the files in the page cache:

duckdb   reads objects.json and relationships.json into two flat Parquet tables, one row per object
         and one per relationship with both its ends; nothing is checked or cleaned
ours     what the flow does, with as many workers: digests and indexes the files, then reads,
         checks and cleans every shard into scenes and a ledger

Seconds are those of the work, without imports. The aims: at most 3 times DuckDB's, below 4 GiB.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from annotations import FILES, write_annotations
from measure import Run, measured, show

NUM_IMAGES = 108_077  # of Visual Genome
BOX = ("x", "y", "w", "h")


def run_duckdb(source: Path, out: Path) -> dict[str, Any]:
    import duckdb

    box = ", ".join(f"{edge} DOUBLE" for edge in BOX)
    end = f"STRUCT(object_id BIGINT, name VARCHAR, {box})"
    kinds = {
        "objects": f"STRUCT(object_id BIGINT, names VARCHAR[], {box})",
        "relationships": "STRUCT(relationship_id BIGINT, predicate VARCHAR, "
        f"subject {end}, object {end})",
    }
    columns = {
        "objects": ["object_id", "names", *BOX],
        "relationships": ["relationship_id", "predicate"]
        + [
            f"{side}.{name} AS {side}_{name}"
            for side in ("subject", "object")
            for name in ("object_id", "name", *BOX)
        ],
    }
    started, rows = time.perf_counter(), {}
    connection = duckdb.connect()
    for table, kind in kinds.items():
        schema = f"{{image_id: 'BIGINT', {table}: '{kind}[]'}}"
        records = f"read_json('{source}/{table}.json', format = 'array', columns = {schema})"
        flat = f"SELECT image_id, unnest({table}) AS r FROM {records}"
        picked = ", ".join(f"r.{column}" for column in columns[table])
        (rows[table],) = connection.execute(
            f"COPY (SELECT image_id, {picked} FROM ({flat})) TO '{out}/{table}.parquet'"
        ).fetchone()
    return {"seconds": time.perf_counter() - started, **rows}


def run_ours(source: Path, out: Path) -> dict[str, Any]:
    from schemas.config.runner import RunnerConfig
    from schemas.config.source import SourceConfig
    from schemas.config.source_kind import SourceKind
    from tasks.ingest import stage as ingest
    from tasks.sources import stage as index
    from tests.stages import after, build_of

    config = SourceConfig(kind=SourceKind.VISUAL_GENOME, path=str(source))
    started = time.perf_counter()
    build = after(build_of(out, config), index.STAGE)
    index_seconds = time.perf_counter() - started
    jobs = list(ingest.STAGE.jobs(build))
    with ThreadPoolExecutor(RunnerConfig().max_workers) as pool:
        scenes = list(pool.map(ingest.STAGE.work, jobs))
    seconds = time.perf_counter() - started
    rows = pl.scan_parquet(scenes).select(
        pl.col("objects", "relationships").list.len().sum(), scenes=pl.len()
    )
    return {"seconds": seconds, "index_seconds": index_seconds, **rows.collect().row(0, named=True)}


WORKS = {"duckdb": run_duckdb, "ours": run_ours}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--repeat", type=int, default=1, help="of several runs the fastest counts")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/spatialthinker-bench"))
    parser.add_argument("--work", choices=WORKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.dir = options.dir.resolve()
    num_images = round(NUM_IMAGES * options.scale)
    source = options.dir / f"annotations-{num_images}"
    if options.work:
        sys.stdout.write(json.dumps(WORKS[options.work](source, Path.cwd())))
        return
    write_annotations(source, num_images)
    for name in FILES:
        (source / name).read_bytes()  # into the page cache
    runs: dict[str, Run] = {}
    for _ in range(options.repeat):
        for work in WORKS:
            arguments = ["--scale", str(options.scale), "--dir", str(options.dir)]
            with TemporaryDirectory(prefix="ingest-", dir=options.dir) as out:
                run = measured([__file__, "--work", work, *arguments], Path(out))
            if work not in runs or run.result["seconds"] < runs[work].result["seconds"]:
                runs[work] = run
    megabytes = sum((source / name).stat().st_size for name in FILES) / 1e6
    base = runs["duckdb"].result["seconds"]
    show(
        f"Ingest of {num_images:,} images, {megabytes:,.0f} MB of JSON",
        (
            "",
            "objects",
            "relationships",
            "seconds",
            "x DuckDB",
            "CPU s",
            "peak GiB",
            "of it anonymous",
        ),
        [
            (
                work,
                f"{run.result['objects']:,}",
                f"{run.result['relationships']:,}",
                f"{run.result['seconds']:.1f}",
                f"{run.result['seconds'] / base:.2f}",
                f"{run.cpu_seconds:.1f}",
                f"{run.resident:.2f}",
                f"{run.anonymous:.2f}",
            )
            for work, run in runs.items()
        ],
    )
    sys.stdout.write(f"of ours, digest and index: {runs['ours'].result['index_seconds']:.1f} s\n")


if __name__ == "__main__":
    main()
