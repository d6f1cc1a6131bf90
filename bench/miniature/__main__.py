"""Whether dense rewards help, in miniature.

    python -m bench.miniature [--directory FOLDER] [--share 1]
                              [--part main terms turned looks last scaling trl]

A policy of 0.4 M parameters sees a picture of coloured rectangles and a question; it writes boxes
and an answer. A warm-up teaches it to see on clear pictures and to read its answer off boxes. GRPO
goes on from there, on pictures that are hard to see, with the project's rewards on the text of what
it writes: by arm and seed, each in a process with one thread. What is done is kept in the
directory, and a second call goes on. TRL and a real architecture have a part in `trl` alone.
"""

import argparse
import multiprocessing
import os
import time
from functools import partial
from pathlib import Path

import torch

from bench.miniature.arms import PARTS, begin, run
from bench.miniature.report import draw, tables


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--directory", type=Path, default=Path("/tmp/miniature"))
    parser.add_argument("--part", nargs="+", choices=list(PARTS), default=["main"])
    parser.add_argument("--share", type=float, default=1.0, help="of all steps and scenes")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if options.share != 1:  # what a smaller run did is not what a whole one does
        options.directory /= f"share-{options.share:g}"
    options.directory.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    arms = [arm for part in options.part for arm in PARTS[part]()]
    starts = list(dict.fromkeys((arm.start, arm.warm_seed, arm.body) for arm in arms))
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.processes, torch.set_num_threads, (1,)) as pool:
        pool.starmap(partial(begin, options.directory, options.share), starts, chunksize=1)
        pool.map(partial(run, options.directory, options.share), arms, chunksize=1)
    for part in options.part:
        text = tables(options.directory, part)
        (options.directory / f"{part}.md").write_text(text, encoding="utf-8")
        draw(options.directory, PARTS[part](), options.directory / f"{part}.png")
        print(text)
    print(f"{(time.monotonic() - started) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
