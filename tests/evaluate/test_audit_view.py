"""What the report shows of the audit: the same replies by every rule, beside published figures."""

import polars as pl

from evaluation.audit import differences
from tasks.evaluate.audit_view import EXAMPLES, difference_counts, examples, rule_rows, rules_of
from tests.evaluation.test_audit import ITEMS, answers_of
from tests.evaluation.test_scoring import item


def test_every_rule_has_a_column_and_published_figures_their_source():
    items = [item("mindcube_tiny", f"among_{k}", category="among") for k in range(2)]
    _, scores = answers_of(items, {"openai/gpt-5": {"among_0": "<think>B. no</think>A"}})
    assert rules_of(scores) == ["official", "official_parser", "easi", "paper_compatible"]
    (row,) = rule_rows(scores)
    assert row["values"] == [50.0, 0.0, 50.0, 50.0]
    sources = {source.partition(" ")[0]: figure for source, figure in row["published"]}
    assert sources == {"the": 42.5, "EASI": 56.3}


def test_a_rule_that_a_benchmark_lacks_has_no_figure():
    _, omni = answers_of(ITEMS, {"m": {}})
    _, blink = answers_of([item("blink", "a", subset="Relative_Depth")], {"m": {}})
    scores = pl.concat([omni, blink])
    assert rules_of(scores)[1:-1] == ["official_parser", "easi", "lmms_eval", "vlmevalkit"]
    rows = {row["title"]: row["values"] for row in rule_rows(scores)}
    assert rows["OmniSpatial"] == [0.0, 0.0, 0.0, None, None, 0.0]
    assert rows["BLINK"] == [0.0, 0.0, None, 0.0, 0.0, 0.0]


def test_replies_that_differ_are_counted_and_shown_evenly():
    items = [item("omnispatial", f"{k:03d}", "B") for k in range(EXAMPLES * 2)]
    texts = {row["item_id"]: "<answer>B</answer>" for row in items}
    answers, _ = answers_of(items, {"one": texts, "two": dict(list(texts.items())[:5])})
    found = differences(answers)
    counts = {(row["model"], row["parser"]): row for row in difference_counts(found)}
    assert counts["one", "official_parser"]["less"] == EXAMPLES * 2
    assert counts["one", "official_parser"]["more"] == 0
    shown = examples(found)
    assert len(shown) == EXAMPLES
    assert [row["model"] for row in shown if row["parser"] == "official_parser"].count("two") == 5
