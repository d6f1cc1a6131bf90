"""How many published questions are right: builds from simulated annotation, judged by drawn truth.

    python -m bench.truth [--scenes 4000] [--samples 10000] [--seed 7] [--siblings-left-out 0.5 ...]

Scenes are drawn, an annotator with the stated rates writes them as Visual Genome v1.2 files, and an
ordinary build (--config, without photographs) makes a dataset of them. Every question of it is then
judged against the whole truth of its scene, by the judge's own geometry and its own reading of
names, never by the pipeline's proof. bench/laboratory/judging.py says what the verdicts mean.

A table goes to the standard output; `verdicts.parquet` (one row per question) and `table.json` go
to --dir, beside the simulated files and the dataset. --complete builds from the same scenes once
more, annotated without any mistake or omission, and compares the numbers of questions; --against
compares with another run's table.json.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, fields
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec
import polars as pl
from rich.console import Console
from rich.table import Table

from bench.laboratory.annotator import annotate
from bench.laboratory.judging import Verdict, judge
from bench.laboratory.rates import NO_MISTAKES, Rates
from bench.laboratory.witnesses import Estimator, estimated_depths, write_depths, write_instances
from bench.laboratory.world import TrueScene, label_map, true_scene
from schemas.claim import Category
from schemas.config.source import RenderConfig
from tasks.render.layout import Crowd, lay_out_scene

FILES = ("image_data.json", "objects.json", "attributes.json", "relationships.json", "truth.json")
DRAWING = RenderConfig(min_objects=10, max_objects=18)
CROWD = Crowd(max_classes=4, max_siblings=4, num_background=8, min_visible_share=0.45, min_side=8)
"""With these, a scene has 24 things and grounds, and at the default rates 31 % of the annotated
objects share their name with another one of the image, as in Visual Genome."""
Z = 1.96
"""Of the normal distribution: bounds of 95 %."""
BATCH = 100
"""Scenes that a worker draws or judges at a time."""


class Truths(NamedTuple):
    """A line of truth.json: a scene, and the true things of each object id of its annotation."""

    scene: TrueScene
    means: dict[int, tuple[int, ...]]


class Laboratory(NamedTuple):
    """What makes every scene and its annotation again. A witness who looks at `witness_share` of
    the scenes leaves files in `witness`."""

    seed: int
    rates: Rates
    witness: Path | None = None
    witness_share: float = 1.0
    estimator: Estimator = Estimator()
    has_depth: bool = True

    def encoded(self, image_ids: Sequence[int]) -> list[list[bytes]]:
        """By image, as JSON: its rows in the order of FILES, the last what is true of it."""
        found = []
        for image_id in image_ids:
            drawn = lay_out_scene(image_id, self.seed, DRAWING, CROWD)
            labels = label_map(drawn)
            scene = true_scene(drawn, labels)
            annotation = annotate(scene, self.rates, self.seed)
            truth = Truths(scene, annotation.means)
            found.append([msgspec.json.encode(row) for row in (*annotation.rows, truth)])
            if self.witness and self.has_depth and self.is_witnessed(image_id):
                depths = estimated_depths(drawn, labels, self.estimator, self.seed)
                path = self.witness / "depth" / f"{image_id}.png"
                write_depths(path, depths, self.estimator)
        return found

    def is_witnessed(self, image_id: int) -> bool:
        return Random(f"{self.seed}:{image_id}:witness").random() < self.witness_share


def verdicts(rows: Sequence[Mapping[str, Any]], truth: bytes) -> list[dict[str, Any]]:
    """One row per published sample of one image."""
    scene, means = decode_truth(truth)
    return [
        {"question_id": row["question_id"], **judge(row, scene, means)._asdict()} for row in rows
    ]


def batches(size: int) -> Iterator[range]:
    for start in range(1, size + 1, BATCH):
        yield range(start, min(start + BATCH, size + 1))


def write_source(folder: Path, laboratory: Laboratory, num_scenes: int, workers: int) -> None:
    """The simulated files and truth.json, and the files of the witness, if there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    if laboratory.witness:
        (laboratory.witness / "depth").mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        streams = [stack.enter_context((folder / name).open("wb")) for name in FILES]
        pool = stack.enter_context(ProcessPoolExecutor(workers)) if workers > 1 else None
        is_first = True
        for rows in (pool.map if pool else map)(laboratory.encoded, batches(num_scenes)):
            for row in rows:
                for stream, text in zip(streams, row, strict=True):
                    stream.write(b"[\n" if is_first else b",\n")
                    stream.write(text)
                is_first = False
        for stream in streams:
            stream.write(b"\n]\n")
    if laboratory.witness:
        scenes = (decode_truth(line).scene for line in lines_of(folder / "truth.json"))
        seen = [scene for scene in scenes if laboratory.is_witnessed(scene.image_id)]
        write_instances(laboratory.witness / "instances.json", seen)


def lines_of(truth: Path) -> list[bytes]:
    """The record of each scene, from the first."""
    return [line.rstrip(b",") for line in truth.read_bytes().splitlines()[1:-1]]


def decode_truth(line: bytes) -> Truths:
    return msgspec.json.decode(line, type=Truths)


def build(
    config: Path, settings: Sequence[str], source: Path, num_samples: int, root: Path
) -> Path:
    """The dataset folder that `spatialthinker build` makes of the simulated files."""
    ours = ("source.kind=visual-genome", f"source.path={source}", "images=omit",
            f"quota.num_samples={num_samples}", "gates.min_quota_share=0", *settings)  # fmt: skip
    command = [sys.executable, "-c", "from flows.cli import main; main()", "build", str(config)]
    command += ["--root", str(root), *(part for setting in ours for part in ("--set", setting))]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Path(output.splitlines()[-1])


def witnesses(folder: Path | None, kinds: Sequence[str], estimator: Estimator) -> list[str]:
    """The setting with which a build consults the files of --witness-files."""
    meaning = 'scale = "metric", near = "small", unit = 0.001'
    if estimator.inverse:
        meaning = 'scale = "relative", near = "large"'
    files = {
        "boxes": f'path = "{folder}/instances.json"',
        "depth": f'path = "{folder}/depth", depth = {{ {meaning} }}',
    }
    found = [
        f'{{ kind = "{kind}", name = "{kind}", join = "image_id", {files[kind]} }}'
        for kind in kinds
    ]
    return [f"witness=[{', '.join(found)}]"] if found else []


def judged(dataset: Path, truth: Path) -> pl.DataFrame:
    """The samples with `verdict`, `reason` and `detail`."""
    columns = ["question_id", "image_id", "category", "evidence", "asks", "question_only",
               "options", "option_claims", "claim", "answer_text_only", "writer"]  # fmt: skip
    samples = pl.read_parquet(dataset / "data" / "*.parquet", columns=columns)
    samples = samples.sort(pl.col("image_id").cast(pl.Int64), "question_id")
    groups = samples.group_by("image_id", maintain_order=True)
    rows = {str(image_id): group.to_dicts() for (image_id,), group in groups}
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines_of(truth), start=1):
        if str(number) in rows:
            found += verdicts(rows[str(number)], line)
    verdicts_of = pl.DataFrame(found, schema_overrides={"same_answer": pl.Boolean})
    return samples.join(verdicts_of, on="question_id", how="left", maintain_order="left")


def wilson(right: int, total: int) -> tuple[float, float]:
    """Bounds of a share at 95 % (Wilson 1927); 0 and 1 where there is nothing."""
    if not total:
        return 0.0, 1.0
    share, square = right / total, Z * Z / total
    middle = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * sqrt(share * (1 - share) / total + square / total / 4)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def tally(samples: pl.DataFrame) -> list[dict[str, Any]]:
    """Numbers of each verdict over all, per category, per evidence, and per both."""
    groups: list[tuple[str, str, pl.DataFrame]] = [("all", "", samples)]
    for kind in Category:
        mine = samples.filter(category=kind.value)
        groups.append((kind.value, "", mine))
        tiers = mine["evidence"].unique().sort()
        groups += [(kind.value, tier, mine.filter(evidence=tier)) for tier in tiers]
    groups += [("all", tier, samples.filter(evidence=tier))
               for tier in samples["evidence"].unique().sort()]  # fmt: skip
    rows = []
    for category, evidence, part in groups:
        counts = Counter(part["verdict"].to_list())
        low, high = wilson(counts["right"], part.height)
        numbers = {verdict.value: counts[verdict.value] for verdict in Verdict}
        same = part["same_answer"].fill_null(False).sum()
        rows.append({"category": category, "evidence": evidence, "questions": part.height,
                     **numbers, "same_answer": same, "low": low, "high": high})  # fmt: skip
    return rows


def show_tally(
    title: str, rows: Sequence[Mapping[str, Any]], others: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("category")
    table.add_column("evidence")
    for column in (
        "questions",
        *Verdict,
        "same answer",
        "right %",
        "95 %",
        *(f"of {name}" for name in others),
    ):
        table.add_column(column, justify="right")
    for row in rows:
        share = row["right"] / row["questions"] if row["questions"] else 0.0
        cells = [row["category"], row["evidence"], f"{row['questions']:,}"]
        cells += [f"{row[name]:,}" for name in (*Verdict, "same_answer")]
        cells += [f"{share:.1%}", f"{row['low']:.1%}-{row['high']:.1%}"]
        for other in others.values():
            same = [
                r
                for r in other
                if (r["category"], r["evidence"]) == (row["category"], row["evidence"])
            ]
            size = same[0]["questions"] if same else 0
            cells.append(f"{row['questions'] / size:.0%}" if size else "-")
        table.add_row(*cells, style="bold" if row["category"] == "all" else None)
    Console(width=130).print(table)


def show_mistakes(samples: pl.DataFrame, num_examples: int) -> None:
    bad = samples.filter(pl.col("verdict") != "right")
    table = Table(title="Kinds of mistake", title_justify="left")
    for column in ("verdict", "reason", "questions", "where"):
        table.add_column(column)
    kinds = bad.group_by("verdict", "reason").len().sort("len", descending=True)
    for verdict, reason, size in kinds.iter_rows():
        part = bad.filter(verdict=verdict, reason=reason)
        where = part["category"].value_counts(sort=True).rows()
        table.add_row(verdict, reason, f"{size:,}", ", ".join(f"{c} {n}" for c, n in where))
    Console(width=130).print(table)
    for verdict, reason, _ in kinds.iter_rows():
        part = bad.filter(verdict=verdict, reason=reason)
        for row in part.sample(min(num_examples, part.height), seed=0).iter_rows(named=True):
            options = " / ".join(row["options"])
            print(f"{row['image_id']}  {verdict}, {reason} ({row['detail']}): "
                  f"{row['question_only']} {options} -> {row['answer_text_only']} "
                  f"[{row['category']}, {row['evidence']}, {row['question_id']}]")  # fmt: skip


def run(options: argparse.Namespace, rates: Rates, folder: Path) -> pl.DataFrame:
    """Draw, annotate, build and judge once."""
    estimator = Estimator(
        options.depth == "inverse", options.depth_scale, options.depth_shift, options.depth_noise
    )
    if options.consult and not options.witness_files:
        raise SystemExit("--consult needs --witness-files")
    witness = options.witness_files and options.witness_files.resolve()
    laboratory = Laboratory(options.seed, rates, witness, options.witness_share, estimator,
                            "depth" in options.consult or not options.consult)  # fmt: skip
    write_source(folder / "source", laboratory, options.scenes, options.workers)
    settings = [*options.set, *witnesses(witness, options.consult, estimator)]
    dataset = build(options.config, settings, folder / "source", options.samples, folder)
    samples = judged(dataset, folder / "source" / "truth.json")
    samples.write_parquet(folder / "verdicts.parquet")
    table = {"dataset": dataset.name, "scenes": options.scenes, "seed": options.seed,
             "rates": asdict(rates), "rows": tally(samples)}  # fmt: skip
    (folder / "table.json").write_text(json.dumps(table, indent=1), encoding="utf-8")
    return samples


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m bench.truth", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--scenes", type=int, default=4000)
    parser.add_argument("--samples", type=int, default=10_000, help="questions wanted")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--config", type=Path, default=Path("configs/stvqa-108k.toml"))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/spatialthinker-bench/truth"))
    parser.add_argument("--complete", action="store_true", help="compare with full annotation")
    parser.add_argument("--against", type=Path, help="table.json of another run")
    parser.add_argument("--examples", type=int, default=3, help="of each kind of mistake")
    parser.add_argument("--workers", type=int, default=2)
    group = parser.add_argument_group("witnesses")
    group.add_argument("--witness-files", type=Path, metavar="FOLDER",
                       help="write instances.json and depth/<image_id>.png there")  # fmt: skip
    group.add_argument("--consult", nargs="+", choices=("boxes", "depth"), default=[],
                       help="witnesses of the build, from --witness-files")  # fmt: skip
    group.add_argument("--witness-share", type=float, default=1.0, help="of the scenes")
    group.add_argument("--depth", choices=("inverse", "metric"), default="inverse",
                       help="1/m, stretched over 16 bits; or millimetres")  # fmt: skip
    group.add_argument("--depth-scale", type=float, default=1.0)
    group.add_argument("--depth-shift", type=float, default=0.0)
    group.add_argument("--depth-noise", type=float, default=0.05,
                       help="standard deviation of log depth")  # fmt: skip
    group = parser.add_argument_group("rates", "shares in [0, 1]")
    for rate in fields(Rates):
        flag = f"--{rate.name.replace('_', '-')}"
        says = f"{rate.metadata['says']} ({rate.metadata['source']})".replace("%", "%%")
        group.add_argument(flag, type=float, default=rate.default, metavar="SHARE", help=says)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    options = options_of(arguments)
    rates = Rates(**{rate.name: getattr(options, rate.name) for rate in fields(Rates)})
    folder = options.dir.resolve()
    samples = run(options, rates, folder / "annotated")
    others = {}
    if options.complete:
        others["complete"] = tally(run(options, NO_MISTAKES, folder / "complete"))
        show_tally("Questions from complete annotation", others["complete"], {})
    if options.against:
        others["other run"] = json.loads(options.against.read_text(encoding="utf-8"))["rows"]
    show_tally("Questions from simulated annotation", tally(samples), others)
    show_mistakes(samples, options.examples)


if __name__ == "__main__":
    main(sys.argv[1:])
