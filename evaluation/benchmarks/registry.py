"""Registry: the benchmarks by name, in the order of reports."""

from importlib import import_module

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark

FILES = (
    "cv_bench",
    "blink",
    "srbench_3d",
    "mmvp",
    "spatialbench",
    "spatialreasoner_eval",
    "realworldqa",
    "robospatial_home",
    "vstar_bench",
    "mmstar",
    "mme_realworld_lite",
    "hallusionbench",
    "mindcube_tiny",
    "viewspatial",
    "embspatial",
    "mmsi_bench",
    "blink_whole",
    "omnispatial",
    "spar_bench_tiny",
    "spbench_si",
    "spatialviz_bench",
    "whatsup",
    "stvqa_val",
)
"""The files beside this one that each describe a benchmark in `BENCHMARK`."""


def described_in(file: str) -> Benchmark:
    benchmark: Benchmark = import_module(f"evaluation.benchmarks.{file}").BENCHMARK
    return benchmark


BENCHMARKS = {benchmark.name: benchmark for benchmark in map(described_in, FILES)}


def benchmark_of(name: str) -> Benchmark:
    """ValueError lists the known names."""
    if name not in BENCHMARKS:
        raise ValueError(f"no benchmark {name}: there are {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]


def benchmark_in(items: pl.DataFrame) -> Benchmark:
    """The one that the items (rows of ITEM) are of; ValueError where they are of several."""
    names = items["benchmark"].unique().sort().to_list()
    if len(names) != 1:
        raise ValueError(f"there are items of {names or 'no benchmark'}: score one at a time")
    return benchmark_of(names[0])
