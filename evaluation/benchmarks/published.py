"""Published figures: what the paper reports (arXiv 2511.07403 v2), to be compared with the rule
paper_compatible."""

from collections.abc import Mapping
from dataclasses import dataclass

Figures = Mapping[str, Mapping[str, float]]
"""By subset, or TOTAL, and model, in percent."""
TOTAL = "total"  # stands for a benchmark as a whole in `Figures`
MODELS = (
    "gpt-5", "gpt-4o", "claude-4-sonnet", "claude-3.5-sonnet", "qwen2.5-vl-3b", "qwen2.5-vl-7b",
    "qwen3-vl-30b-a3b", "sft-3b", "grpo-3b", "spatialthinker-3b", "sft-7b", "grpo-7b",
    "spatialthinker-7b", "spatialthinker-30b",
)  # fmt: skip
"""In the order of `figures`."""


@dataclass(frozen=True, slots=True)
class Reported:
    """Main figures of other people, in percent by model; `source` says where and how they were
    measured, which decides more than the model: GPT-5 has 42.5 and 56.3 on the same items of
    MindCube."""

    source: str
    percents: Mapping[str, float]

    def figure(self, model: str) -> float | None:
        """That of the model with the longest name that is a part of `model`."""
        named = [name for name in self.percents if name in model.lower()]
        return self.percents[max(named, key=len)] if named else None


SENSENOVA = "EASI protocol (SenseNova-SI, README_CN at d9bfe6c7)"
EASI_CHECK = "EASI (docs/Benchmark_Verification.md)"


def figures(percents: str) -> dict[str, float]:
    """By model, a column of the paper's tables in the order of MODELS: "85.8 79.4 - ...", where `-`
    is an empty cell."""
    named = zip(MODELS, percents.split(), strict=True)
    return {model: float(percent) for model, percent in named if percent != "-"}


def published_figure(published: Figures, subset: str | None, model: str) -> float | None:
    """In percent; the model is found by its name, as in `SpatialThinker-7B` or `my-qwen2.5-vl-3b`;
    None where the paper has no such figure."""
    found = published.get(subset or TOTAL, {})
    named = [name for name in found if name in model.lower()]
    return found[max(named, key=len)] if named else None
