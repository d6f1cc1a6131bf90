"""Published figures: the table adds up to the means that the paper states."""

import pytest

from evaluation.benchmarks.published import TOTAL, Reported, figures, published_figure
from evaluation.benchmarks.registry import BENCHMARKS
from schemas.config.evaluation import load_evaluate_config
from tests.commands import REPOSITORY

TWELVE = load_evaluate_config(REPOSITORY / "configs" / "evaluate" / "twelve.toml").benchmarks
OF_THE_PAPER = [BENCHMARKS[entry.name] for entry in TWELVE]
SUMMED = [one for one in OF_THE_PAPER if len(one.published) > 1]


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
    found = [published_figure(one.published, None, model) for one in OF_THE_PAPER]
    assert len(found) == 12
    assert sum(found) / 12 == pytest.approx(mean, abs=0.06)


@pytest.mark.parametrize(
    ("subset", "model", "figure"),
    [
        ("2D", "SpatialThinker-7B", 50.0),
        ("2D", "hunarbatra/SpatialThinker-3B", 40.0),
        (TOTAL, "my-qwen2.5-vl-7b-instruct", 70.0),
        (None, "my-qwen2.5-vl-7b-instruct", 70.0),
        (None, "claude-3.5-sonnet", None),
        (None, "tiny", None),
        ("3D", "gpt-5", None),
    ],
)
def test_a_figure_is_found_by_the_models_name(subset, model, figure):
    published = {
        "2D": figures("- - - - - - - - - 40.0 - - 50.0 -"),
        TOTAL: figures("- - - - - 70.0 - - - - - - - -"),
    }
    assert published_figure(published, subset, model) == figure


@pytest.mark.parametrize("benchmark", SUMMED, ids=lambda one: one.name)
@pytest.mark.parametrize("model", ["gpt-5", "gpt-4o", "qwen2.5-vl-7b", "spatialthinker-7b"])
def test_a_total_is_the_mean_of_its_subsets(benchmark, model):
    subsets = [found[model] for name, found in benchmark.published.items() if name != TOTAL]
    total = published_figure(benchmark.published, None, model)
    assert total == pytest.approx(sum(subsets) / len(subsets), abs=0.11)


def test_what_others_report_is_found_by_the_models_name_and_in_percent():
    reported = Reported("somebody", {"gpt-5": 56.3, "gpt-5-mini": 40.0})
    assert reported.figure("openai/GPT-5-2025-08-07") == 56.3
    assert reported.figure("gpt-5-mini") == 40.0
    assert reported.figure("tiny") is None
    for benchmark in BENCHMARKS.values():
        for one in benchmark.reported:
            assert one.source
            assert all(1.0 < percent < 100.0 for percent in one.percents.values())
