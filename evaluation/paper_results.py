"""Paper results: what the paper reports of a model on a benchmark."""

import tomllib
from functools import cache
from pathlib import Path

TOTAL = "total"


@cache
def _table() -> dict[str, dict[str, dict[str, float]]]:
    path = Path(__file__).parent / "paper_results.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def paper_result(benchmark: str, subset: str | None, model: str) -> float | None:
    """In percent; the model is found by its name, as in `SpatialThinker-7B` or `my-qwen2.5-vl-3b`;
    None where the paper has none."""
    results = _table().get(benchmark, {}).get(subset or TOTAL, {})
    named = [name for name in results if name in model.lower()]
    return results[max(named, key=len)] if named else None
