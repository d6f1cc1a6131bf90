"""How long a whole build takes, whether its time grows with its size, and what a rerun costs.

    .venv/bin/python bench/build.py [--samples 7000 108000] [--dir /tmp/spatialthinker-bench]
    .venv/bin/python bench/build.py --samples 1010000 --scenes 108077 --max-per-image 12

For each number of samples N, N drawn scenes (or `--scenes`) are written as Visual Genome v1.2
files, once and outside the timing. Then three runs are timed, each in its own process: a build of N
samples from them (template writer, no photographs, at most two samples of an image, or
`--max-per-image`), the same build again, which finds everything done, and an empty Prefect flow
with the same settings. Seconds of the stages are those between their lines of progress; all others
are those of whole processes, with imports and Prefect's server. Memory is that of the build and its
workers together; mapped files count as resident.

The aims: time per sample at 108,000 at most 1.2 times that at 7,000; the build of 108,000 in less
than 10 minutes and 4 GiB, of a million in less than an hour and 4 GiB; a rerun at most 3 seconds
longer than the empty flow.
"""

import argparse
import json
import logging
import re
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from measure import Run, measured, show

SEED = 7  # any number: the same one draws the same scenes
CONFIG = """\
name = "bench"
seed = 7
images = "omit"

[source]
kind = "visual-genome"
path = "{source}"

[quota]
num_samples = {num_samples}
max_per_image = {max_per_image}
"""


class Build(NamedTuple):
    num_samples: int
    first: Run
    again: Run
    empty: Run


def write_scenes(folder: Path, num_scenes: int) -> None:
    from schemas.config.source import RenderConfig
    from tasks.render.stage import write_visual_genome

    if not (folder / "relationships.json").exists():
        write_visual_genome(folder, SEED, RenderConfig(num_scenes=num_scenes), photographs=False)


def do_build(config: Path, root: Path) -> dict[str, Any]:
    """What every stage made, and when it started and ended (seconds since 1970)."""
    from flows.build import run_build
    from schemas.config.build import load_config

    lines: list[tuple[float, str]] = []
    listener = logging.Handler()
    listener.emit = lambda record: lines.append((time.time(), record.getMessage()))
    logger = logging.getLogger("flows.progress")
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    started = time.time()
    run_build(load_config(config), root)
    stages: dict[str, Any] = {}
    last = started
    for moment, line in lines:
        name = line.split()[0]
        # Lines of a stage that is still running come before its own.
        start = stages[name][1] if name in stages else last
        stages[name] = line, start, moment
        last = moment
    return stages


def do_empty() -> dict[str, Any]:
    from prefect import flow

    flow(lambda: None, name="empty")()
    return {}


def measure_build(num_samples: int, num_scenes: int, max_per_image: int, folder: Path) -> Build:
    source = folder / f"scenes-{num_scenes}"
    write_scenes(source, num_scenes)
    # A new folder: other builds that run now must not do part of the work.
    with TemporaryDirectory(prefix=f"build-{num_samples}-", dir=folder) as name:
        root = Path(name)
        config = CONFIG.format(source=source, num_samples=num_samples, max_per_image=max_per_image)
        (root / "bench.toml").write_text(config, encoding="utf-8")
        settings = {"PREFECT_HOME": str(root / "prefect")}
        empty, build = ([__file__, "--work", work, "--dir", name] for work in ("empty", "build"))
        measured(empty, root, settings)  # makes Prefect's database
        runs = [measured(arguments, root, settings) for arguments in (build, build, empty)]
    return Build(num_samples, *runs)


def show_stages(build: Build) -> None:
    stages = build.first.result
    total = sum(stop - start for _, start, stop in stages.values())
    rows = [
        (
            name,
            re.split(r"\s{2,}", line)[1],
            f"{stop - start:.1f}",
            f"{(stop - start) / total:.0%}",
            f"{build.first.resident_between(start, stop):.2f}",
        )
        for name, (line, start, stop) in stages.items()
    ]
    columns = ("stage", "made", "seconds", "share", "peak GiB")
    show(f"Build of {build.num_samples:,} samples", columns, rows)


def show_builds(builds: list[Build]) -> None:
    per_sample = [1000 * build.first.seconds / build.num_samples for build in builds]
    rows = [
        (
            f"{build.num_samples:,}",
            f"{build.first.seconds:.1f}",
            f"{build.first.cpu_seconds:.1f}",
            f"{each:.2f}",
            f"{each / per_sample[0]:.2f}",
            f"{build.first.resident:.2f}",
            f"{build.first.anonymous:.2f}",
            f"{build.again.seconds:.1f}",
            f"{build.empty.seconds:.1f}",
            f"{build.again.seconds - build.empty.seconds:.1f}",
        )
        for build, each in zip(builds, per_sample, strict=True)
    ]
    columns = ("samples", "seconds", "CPU s", "ms/sample", "ratio", "peak GiB", "anonymous")
    show("Builds", (*columns, "rerun s", "empty flow s", "rerun - empty"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, nargs="+", default=[7000, 108_000])
    parser.add_argument("--scenes", type=int, help="drawn scenes; by default as many as samples")
    parser.add_argument("--max-per-image", type=int, default=2)
    parser.add_argument("--dir", type=Path, default=Path("/tmp/spatialthinker-bench"))
    parser.add_argument("--work", choices=("build", "empty"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.dir = options.dir.resolve()
    if options.work:
        from flows.settings import apply_settings

        apply_settings()
        root = options.dir
        result = do_build(root / "bench.toml", root) if options.work == "build" else do_empty()
        sys.stdout.write("\n" + json.dumps(result))
        return
    options.dir.mkdir(parents=True, exist_ok=True)
    builds = []
    for num_samples in options.samples:
        num_scenes = options.scenes or num_samples
        builds.append(measure_build(num_samples, num_scenes, options.max_per_image, options.dir))
        show_stages(builds[-1])
    show_builds(builds)


if __name__ == "__main__":
    main()
