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
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import polars as pl

from bench.laboratory.judging import judge
from bench.laboratory.rates import NO_MISTAKES, Rates
from bench.laboratory.source import Laboratory, decode_truth, lines_of, write_source
from bench.laboratory.tables import show_mistakes, show_tally, tally
from bench.laboratory.witnesses import Estimator


def verdicts(rows: Sequence[Mapping[str, Any]], truth: bytes) -> list[dict[str, Any]]:
    """One row per published sample of one image."""
    scene, means = decode_truth(truth)
    return [
        {"question_id": row["question_id"], **judge(row, scene, means)._asdict()} for row in rows
    ]


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
