"""Paper results: the table adds up to the means that the paper states."""

import pytest

from evaluation.paper_results import TOTAL, paper_result
from evaluation.rules import OFFICIAL

TWELVE = sorted(OFFICIAL.keys() - {"stvqa_val"})


@pytest.mark.parametrize(
    ("model", "mean"),
    [
        ("gpt-4o", 67.4),
        ("claude-3.5-sonnet", 60.9),
        ("qwen2.5-vl-3b", 57.1),
        ("qwen2.5-vl-7b", 63.9),
        ("sft-7b", 65.2),
        ("grpo-7b", 67.5),
        ("spatialthinker-3b", 65.8),
        ("spatialthinker-7b", 70.7),
    ],
)
def test_the_mean_of_twelve_is_the_published_one(model, mean):
    results = [paper_result(name, None, model) for name in TWELVE]
    assert len(results) == 12
    assert sum(results) / 12 == pytest.approx(mean, abs=0.06)


@pytest.mark.parametrize(
    ("benchmark", "subset", "model", "result"),
    [
        ("cv_bench", "2D", "SpatialThinker-7B", 77.7),
        ("cv_bench", "3D", "hunarbatra/SpatialThinker-3B", 76.3),
        ("blink", "Relative_Depth", "Qwen2.5-VL-7B-Instruct", 52.4),
        ("stvqa_val", TOTAL, "spatialthinker-7b", 92.8),
        ("stvqa_val", None, "claude-3.5-sonnet", None),
        ("mmvp", None, "tiny", None),
        ("mmvp", "2D", "gpt-4o", None),
        ("other", None, "gpt-4o", None),
    ],
)
def test_a_result_is_found_by_the_models_name(benchmark, subset, model, result):
    assert paper_result(benchmark, subset, model) == result


@pytest.mark.parametrize("benchmark", ["cv_bench", "blink"])
@pytest.mark.parametrize("model", ["gpt-5", "gpt-4o", "qwen2.5-vl-7b", "spatialthinker-7b"])
def test_a_total_is_the_mean_of_its_subsets(benchmark, model):
    subsets = {"cv_bench": ("2D", "3D"), "blink": ("Spatial_Relation", "Relative_Depth")}
    results = [paper_result(benchmark, subset, model) for subset in subsets[benchmark]]
    assert paper_result(benchmark, None, model) == pytest.approx(sum(results) / 2, abs=0.11)
