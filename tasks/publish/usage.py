"""Usage: usage.json, what each stage of a dataset's build took.

Beside a dataset and no part of what it is named by: seconds differ from one machine to another. The
calls, tokens and dollars of models are those of all questions, lost ones too, whichever build paid.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.publish.card import cost_rows
from tasks.publish.costs import TOKENS
from tasks.took import seconds_of

USAGE = "usage.json"


def usage_of(manifest: Mapping[str, Any], made: Mapping[str, Sequence[Path]]) -> dict[str, Any]:
    """`stages` in their order: the stage, its number of `jobs` (shards), `seconds` summed over them
    when they were made, null where an earlier release made one; `model`, TOKENS and `cost` in US
    dollars where it asks a model. `total` adds up what is known."""
    costs = {row["stage"]: row for row in cost_rows(manifest)}
    stages: list[dict[str, Any]] = []
    for stage, paths in made.items():
        entry: dict[str, Any] = {"stage": stage, "jobs": len(paths), "seconds": seconds_of(paths)}
        if stage in costs:
            entry |= {name: costs[stage][name] for name in ("model", *TOKENS, "cost")}
        stages.append(entry)
    asked = [entry for entry in stages if "model" in entry]
    paid = [entry["cost"] for entry in asked]
    total = {
        "seconds": round(sum(entry["seconds"] or 0.0 for entry in stages), 3),
        **{name: sum(entry[name] for entry in asked) for name in TOKENS},
        "cost": None if None in paid else round(sum(paid), 6),
    }
    return {"stages": stages, "total": total}


def write_usage(
    folder: Path, manifest: Mapping[str, Any], made: Mapping[str, Sequence[Path]]
) -> None:
    text = json.dumps(usage_of(manifest, made), indent=1, ensure_ascii=False)
    (folder / USAGE).write_text(f"{text}\n", encoding="utf-8")
