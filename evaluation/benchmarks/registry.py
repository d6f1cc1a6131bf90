"""Registry: the benchmarks by name."""

from collections.abc import Mapping

from evaluation.benchmarks import (
    blink,
    cv_bench,
    hallusionbench,
    mme_realworld_lite,
    mmstar,
    mmvp,
    realworldqa,
    robospatial_home,
    spatialbench,
    spatialreasoner_eval,
    srbench_3d,
    stvqa_val,
    vstar_bench,
)
from evaluation.benchmarks.benchmark import Benchmark

OWN = "stvqa_val"
BENCHMARKS: Mapping[str, Benchmark] = {
    module.BENCHMARK.name: module.BENCHMARK
    for module in (
        cv_bench,
        blink,
        srbench_3d,
        mmvp,
        spatialbench,
        spatialreasoner_eval,
        realworldqa,
        robospatial_home,
        vstar_bench,
        mmstar,
        mme_realworld_lite,
        hallusionbench,
        stvqa_val,
    )
}


def benchmark_of(name: str) -> Benchmark:
    """ValueError names those that there are."""
    if name not in BENCHMARKS:
        raise ValueError(f"no benchmark {name}: there are {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]
