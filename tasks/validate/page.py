"""The validation page: one offline HTML file that says in words whether a data set is sound."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from schemas.claim import Category
from schemas.config.models import BlindRule, JudgeRule
from schemas.dataset_folder import why_command
from schemas.proof.evidence import Standing
from schemas.question import LEVELS
from tasks.pages.templates import page_template
from tasks.validate.results import counted
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
PAGE = "validation.html"
Row = dict[str, Any]
TEMPLATE = page_template(Path(__file__).parent / "page.html.jinja")


def render_page(results: Mapping[str, Any], made: Mapping[str, str], dataset: str = "") -> str:
    """The page of `results` (the content of results.json). `made` says by what code and, once it
    is published, as what; `dataset` is then what `spatialthinker why` calls it."""
    checks = results["expectations"]
    return TEMPLATE.render(
        results=results,
        verdict=verdict(results),
        about={**results["about"], **made},
        failed=sorted((c for c in checks if c["status"] != "passed"), key=_urgency),
        groups=by_group(c for c in checks if c["status"] == "passed"),
        counted=counted,
        numbers=results["numbers"],
        levels=LEVELS,
        why=dataset and why_told(results, dataset),
        judging=results["judging"] and judging_tables(results["judging"]),
        shortcuts=shortcut_table(results["shortcuts"]),
        readiness=results["readiness"],
    )


def verdict(results: Mapping[str, Any]) -> dict[str, str]:
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


def _urgency(check: Mapping[str, Any]) -> int:
    """What stops a build comes first."""
    return int(check["status"] != "error" and check["severity"] == "warning")


def by_group(checks: Iterable[Row]) -> dict[str, list[Row]]:
    """Checks in their order, by group."""
    groups: dict[str, list[Row]] = {}
    for check in checks:
        groups.setdefault(check["group"], []).append(check)
    return dict(sorted(groups.items()))


def why_told(results: Mapping[str, Any], dataset: str) -> str:
    """A command that prints the history of a question that this page names; empty without any."""
    judging = results["judging"] or {"rejected": []}
    named = [
        *(e["question_id"] for check in results["expectations"] for e in check["examples"]),
        *(row["question_id"] for row in judging["rejected"]),
    ]
    return next((why_command(name, dataset) for name in named if name), "")


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
