"""The validation page: one offline HTML file that says in words whether a data set is sound."""

from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from schemas.claim import Category
from schemas.completion.publish import LETTERS
from schemas.config.build import BlindRule, JudgeRule
from schemas.proof.evidence import Standing
from schemas.question import LEVELS
from tasks.validate.shortcuts import ALL

RULES = {
    JudgeRule.CHECKED.value: "Two votes must be for the answer; where only one of them is, two "
    "more must both be.",
    JudgeRule.PAPER.value: "One of two votes must be for the answer; where neither is, one of two "
    "more must be.",
}
BLIND = "Questions that the judge answers without the picture, in every order of the options, are"
BLIND_RULES = {
    BlindRule.OFF.value: "Nobody tried to answer without the picture.",
    BlindRule.REPORT.value: f"{BLIND} kept, and marked.",
    BlindRule.DOWNWEIGHT.value: f"{BLIND} taken only where others do not suffice.",
    BlindRule.DROP.value: f"{BLIND} dropped.",
}
STANDINGS = {
    Standing.PROVED.value: "proved by the boxes",
    Standing.WITNESSED.value: "witnessed by two sources",
    Standing.ASSERTED.value: "asserted by an annotation",
    Standing.UNKNOWN.value: "left to the judge",
}
TEMPLATE = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
).get_template("page.html.jinja")


def render_page(results: dict[str, Any], view: pl.DataFrame) -> str:
    """The page of `results` (the content of results.json) and its checks view."""
    return TEMPLATE.render(
        results=results,
        verdict=verdict(results),
        groups=grouped(results["expectations"]),
        num_images=view["image_id"].n_unique(),
        num_photographs=view.filter("has_photograph")["group_id"].n_unique(),
        splits={name: view.filter(split=name).height for name in ("train", "val")},
        levels=LEVELS,
        categories=category_table(view),
        letters=letter_table(view),
        judging=results["judging"] and judging_tables(results["judging"]),
        shortcuts=shortcut_table(results["shortcuts"]),
        readiness=results["readiness"],
    )


def verdict(results: dict[str, Any]) -> dict[str, str]:
    """Tone, headline and one sentence of the result."""
    checks = results["expectations"]
    critical = [c for c in checks if c["status"] == "failed" and c["severity"] == "critical"]
    warnings = [c for c in checks if c["status"] == "failed" and c["severity"] == "warning"]
    errors = [c for c in checks if c["status"] == "error"]
    passed = len(checks) - len(critical) - len(warnings) - len(errors)
    told = [f"{passed} of {len(checks)} checks passed"]
    told += [f"{_count(critical, 'check')} failed"] * bool(critical)
    told += [f"{_count(errors, 'check')} could not be evaluated"] * bool(errors)
    warnings += results["judging"]["doubts"] if results["judging"] else []
    told += [f"{_count(warnings, 'warning')} to look at"] * bool(warnings)
    if not results["success"]:
        return {"tone": "bad", "title": "Do not publish this data set", "text": _sentence(told)}
    if warnings:
        title = "This data set may be published, with warnings"
        return {"tone": "warn", "title": title, "text": _sentence(told)}
    return {"tone": "good", "title": "This data set may be published", "text": _sentence(told)}


def _count(checks: list[Any], noun: str) -> str:
    return f"{len(checks)} {noun}{'' if len(checks) == 1 else 's'}"


def _sentence(parts: list[str]) -> str:
    return f"{'; '.join(parts)}."


def grouped(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Checks by group; groups that stop a build come first, then those with warnings."""
    names = sorted({check["group"] for check in checks})
    groups = []
    for name in names:
        members = [check for check in checks if check["group"] == name]
        failed = [check for check in members if check["status"] != "passed"]
        failed.sort(key=lambda check: (_urgency(check), check["name"]))
        passed = [check for check in members if check["status"] == "passed"]
        groups.append({"name": name, "failed": failed, "passed": passed})
    return sorted(groups, key=lambda group: min(map(_urgency, group["failed"]), default=2))


def _urgency(check: dict[str, Any]) -> int:
    return int(check["status"] != "error" and check["severity"] == "warning")


def category_table(view: pl.DataFrame) -> list[dict[str, Any]]:
    """Samples per level and in all, one entry per category; `share` is that of the data set."""
    return [
        {
            "name": category.value,
            "levels": [rows.filter(level=level).height for level in LEVELS],
            "total": rows.height,
            "share": rows.height / max(view.height, 1),
        }
        for category in Category
        for rows in [view.filter(category=category.value)]
    ]


def letter_table(view: pl.DataFrame) -> list[dict[str, Any]]:
    """How often each letter is the answer, one entry per split."""
    return [
        {
            "split": split,
            "letters": [
                {"letter": letter, "count": count, "share": count / max(rows.height, 1)}
                for letter in LETTERS
                for count in [rows.filter(answer_only=letter).height]
            ],
        }
        for split in ("train", "val")
        for rows in [view.filter(split=split)]
    ]


def judging_tables(judging: dict[str, Any]) -> dict[str, Any]:
    """The summary of tasks.judge.summary, with codes in words and shares beside counts."""
    agreement = [
        row
        | {
            "standing": STANDINGS[row["evidence"]],
            "num_decided": row["num_judged"] - row["unjudged"],
            "rejected": row["disagree"] + row["ambiguous"],
        }
        for row in judging["agreement"]
    ]
    rejected = [
        row
        | {
            "standing": STANDINGS[row["evidence"]],
            "votes": [
                {"text": vote or "nothing usable", "why": why}
                for vote, why in zip(row["votes"], row["vote_reasons"], strict=True)
            ],
        }
        for row in judging["rejected"]
    ]
    return judging | {
        "rule": RULES[judging["rule"]],
        "blind_rule": BLIND_RULES[judging["blind_rule"]],
        "asks_all_blind": judging["blind_rule"] == BlindRule.REPORT.value,
        "agreement": agreement,
        "rejected": rejected,
    }


def shortcut_table(shortcuts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Shortcuts in the order of the categories, including those that could not be scored."""
    order = [category.value for category in Category]
    return [
        row | {"name": "all together" if row["category"] == ALL else row["category"]}
        for row in sorted(
            shortcuts,
            key=lambda row: (
                order.index(row["category"]) if row["category"] in order else len(order)
            ),
        )
    ]
