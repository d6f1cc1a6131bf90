"""Scores: hand-computed cases for every rule. Laws are in tests/evaluate/test_miniatures.py."""

from typing import Any

import polars as pl
import pytest

from evaluation.baselines import constant_baselines
from evaluation.scoring import score
from evaluation.verdicts import PARSED, read_replies
from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of

SQUARE = "[[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]]"


def item(benchmark: str, item_id: str, answer: str = "A", **known: Any) -> dict[str, Any]:
    facts = known.pop("facts", {})
    texts = known.pop("texts", ["yes", "no"])
    return {
        "benchmark": benchmark,
        "item_id": item_id,
        "subset": None,
        "category": "any",
        "question": "Is it?",
        "options": [
            {"letter": letter, "text": text} for letter, text in zip("ABCDEF", texts, strict=False)
        ],
        "kind": "choice",
        "answer": answer,
        "images": [],
        "group": None,
        "facts": [{"name": name, "value": value} for name, value in facts.items()],
        "image_sources": [],
        **known,
    }


def scored(items: list[dict[str, Any]], replies: dict[str, str | None]) -> pl.DataFrame:
    table = frame_of([{name: row.get(name) for name in ITEM} for row in items], ITEM)
    said = frame_of(
        [
            dict.fromkeys(REPLY)
            | {"benchmark": items[0]["benchmark"], "item_id": key, "text": text}
            for key, text in replies.items()
        ],
        REPLY,
    )
    parsed = read_replies(table, said)
    assert parsed.schema == PARSED
    return score(table, parsed, constant_baselines(table), seed=0, num_bootstrap=50)


def value(
    scores: pl.DataFrame, metric: str, category: str | None = None, subset: str | None = None,
    rule: str = "official", column: str = "value",
) -> float:  # fmt: skip
    found = scores.filter(
        pl.col("rule") == rule,
        pl.col("metric") == metric,
        pl.col("category").eq_missing(pl.lit(category, pl.String)),
        pl.col("subset").eq_missing(pl.lit(subset, pl.String)),
    )
    assert found.height == 1, (metric, scores)
    return float(found[column][0])


RIGHT, WRONG = "<answer>(A) yes</answer>", "<answer>(B) no</answer>"


def asked(benchmark: str, rows: list[tuple[str, bool, dict[str, Any]]]) -> pl.DataFrame:
    """Scores of items by id, whether the reply is right, and what is known of each."""
    items = [item(benchmark, name, **known) for name, _, known in rows]
    return scored(items, {name: RIGHT if is_right else WRONG for name, is_right, _ in rows})


def test_cv_bench_is_a_mean_over_sources():
    rows = [
        *((f"a{k}", k < 1, {"subset": "2D", "facts": {"source": "ADE20K"}}) for k in range(4)),
        *((f"c{k}", k < 1, {"subset": "2D", "facts": {"source": "COCO"}}) for k in range(2)),
        *((f"o{k}", k < 1, {"subset": "3D", "facts": {"source": "Omni3D"}}) for k in range(1)),
    ]
    scores = asked("cv_bench", rows)
    assert value(scores, "source mean", subset="2D") == pytest.approx(37.5)
    assert value(scores, "source mean") == pytest.approx(100 * (0.375 + 1) / 2)
    paper = value(scores, "mean of subsets", rule="paper_compatible")
    assert paper == pytest.approx(100 * (2 / 6 + 1) / 2)


def turns(qid: str, flip: str, rights: list[bool]) -> list[tuple[str, bool, dict[str, Any]]]:
    facts = {"qid": qid, "flip": flip, "type": "height"}
    return [
        (f"{qid}{flip}{k}", is_right, {"facts": facts | {"variant": str(k)}, "group": qid})
        for k, is_right in enumerate(rights)
    ]


def test_3dsrbench_counts_an_item_where_all_its_turns_are_right():
    rows = [
        *turns("p", "0", [True, True]),
        *turns("p", "1", [True, False]),
        *turns("q", "0", [True, True]),
        *turns("q", "1", [True, True]),
        *turns("r", "0", [False, True]),
    ]
    scores = asked("3dsrbench", rows)
    assert value(scores, "vanilla") == pytest.approx(80)
    assert value(scores, "circular") == pytest.approx(300 / 5)
    assert value(scores, "circular", "height") == pytest.approx(60)
    # r has no mirror image, and counts alone.
    assert value(scores, "flip") == pytest.approx(400 / 6)
    assert value(scores, "flip and circular") == pytest.approx(100 / 3)
    assert value(scores, "flip and circular", column="num_left_out") == 0
    assert value(scores, "accuracy", rule="paper_compatible") == pytest.approx(200 / 3)


def test_mmvp_counts_pairs():
    rows = [
        (f"{pair}{k}", is_right, {"facts": {"pair": pair}, "group": pair})
        for pair, rights in (("1", [True, True]), ("2", [True, False]), ("3", [True]))
        for k, is_right in enumerate(rights)
    ]
    scores = asked("mmvp", rows)
    assert value(scores, "pairs") == pytest.approx(50)
    assert value(scores, "pairs", column="num_items") == 4
    assert value(scores, "pairs", column="num_left_out") == 1
    assert value(scores, "pairs", column="num_groups") == 2
    assert value(scores, "single") == pytest.approx(80)
    assert value(scores, "accuracy", rule="paper_compatible") == pytest.approx(80)


def test_spatialbench_has_a_rule_per_category():
    def one(name: str, category: str, is_right: bool, pair: str | None = None):
        facts = {"pair": pair} if pair else {}
        return (name, is_right, {"category": category, "facts": facts})

    items = [
        item("spatialbench", name, **known)
        for name, _, known in [
            one("e1", "existence", True, "1"), one("e2", "existence", True, "1"),
            one("e3", "existence", True, "2"), one("e4", "existence", False, "2"),
            one("s1", "size", True, "3"), one("s2", "size", True, "3"),
            one("s3", "size", True, "4"), one("s4", "size", False, "4"),
            one("s5", "size", True, "5"),
            one("p1", "positional", True), one("p2", "positional", False),
        ]
    ]  # fmt: skip
    for name, gold in (("c1", "4"), ("c2", "2"), ("c3", "5")):
        items.append(item("spatialbench", name, gold, category="counting", kind="text", texts=[]))
    said = {row["item_id"]: RIGHT for row in items} | dict.fromkeys(["e4", "s4", "p2"], WRONG)
    said |= {"c1": "<answer>3</answer>", "c2": "There are two of them.", "c3": "many"}
    scores = scored(items, said)
    assert value(scores, "pairs", "existence") == pytest.approx(50)
    # Of 6 points 3 + 1: s1, s2 and their pair, s3. The pair of s5 is not complete.
    assert value(scores, "items and pairs", "size") == pytest.approx(100 * 4 / 6)
    assert value(scores, "items and pairs", "size", column="num_items") == 4
    assert value(scores, "items and pairs", "size", column="num_left_out") == 1
    assert value(scores, "accuracy", "positional") == pytest.approx(50)
    assert value(scores, "relative error", "counting") == pytest.approx(100 * (0.75 + 1 + 0) / 3)
    expected = (50 + 100 * 4 / 6 + 50 + 175 / 3) / 4
    assert value(scores, "mean of categories") == pytest.approx(expected)
    assert value(scores, "mean of categories", column="num_items") == 13
    # By texts: "(A) yes" has A in its first brackets; "3", "There are two of them." are not gold.
    assert value(scores, "accuracy", rule="paper_compatible") == pytest.approx(100 * 8 / 14)


def test_a_count_that_is_far_off_costs_more_than_its_item_and_the_mean_has_no_category_below_0():
    items = [
        item("spatialbench", name, "2", category="counting", kind="text", texts=[])
        for name in "abc"
    ]
    scores = scored(items, {"a": "2", "b": "2", "c": "5"})
    assert value(scores, "relative error", "counting") == pytest.approx(100 * (1 + 1 - 0.5) / 3)
    scores = scored(items, {"a": "2", "b": "2", "c": "2024"})
    assert value(scores, "relative error", "counting") == pytest.approx(100 * (1 + 1 - 1010) / 3)
    assert value(scores, "mean of categories") == 0
    scores = scored(items, {"a": "2", "b": "2", "c": "-2"})
    assert value(scores, "relative error", "counting") == pytest.approx(100 * (1 + 1 - 1) / 3)
    lettered = [item("spatialbench", "a", "B", category="counting", texts=["3", "four"])]
    scores = scored(lettered, {"a": "<answer>(A) 3</answer>"})
    assert value(scores, "relative error", "counting") == pytest.approx(75)


def test_hallusionbench_counts_questions_figures_and_questions_over_figures():
    def one(figure: str, question: str, is_right: bool, category: str = "VD"):
        facts = {"subcategory": "ocr", "set_id": "0", "figure_id": figure, "question_id": question}
        known = {"category": category, "facts": facts}
        return (f"{category}{figure}{question}", is_right, known)

    rows = [
        one("1", "0", True), one("1", "1", True),
        one("2", "0", True), one("2", "1", False),
        one("0", "0", False, "VS"), one("1", "0", True, "VS"),
    ]  # fmt: skip
    scores = asked("hallusionbench", rows)
    assert value(scores, "aAcc") == pytest.approx(400 / 6)
    assert value(scores, "fAcc") == pytest.approx(200 / 3)  # VS figure 0 does not count
    assert value(scores, "qAcc") == pytest.approx(100 / 3)
    assert value(scores, "fAcc", "VD") == pytest.approx(50)
    assert value(scores, "qAcc", "VD") == pytest.approx(50)
    assert value(scores, "aAcc", "VS") == pytest.approx(50)
    assert value(scores, "qAcc", "VS") == 0
    assert value(scores, "accuracy", rule="paper_compatible") == pytest.approx(400 / 6)


def test_hallusionbench_takes_doubt_where_there_is_no_figure():
    items = []
    for name, category, figure in (("a", "VS", "0"), ("b", "VS", "1"), ("c", "VD", "0")):
        facts = {"subcategory": "s", "set_id": "0", "figure_id": figure, "question_id": "0"}
        items.append(item("hallusionbench", name, category=category, facts=facts))
    scores = scored(items, dict.fromkeys("abc", "I cannot tell."))
    assert value(scores, "aAcc") == pytest.approx(100 / 3)
    assert value(scores, "aAcc", "VS") == pytest.approx(50)
    assert value(scores, "aAcc", "VD") == 0
    assert value(scores, "aAcc", column="unparsed_share") == 1
    scores = scored(items, dict.fromkeys("abc", "Perhaps"))
    assert value(scores, "aAcc") == 0


def test_robospatial_points_lie_in_the_polygon():
    items = [
        item("robospatial_home", "a", subset="configuration"),
        item("robospatial_home", "b", subset="compatibility"),
        item("robospatial_home", "c", SQUARE, subset="context", kind="point", texts=[]),
        item("robospatial_home", "d", SQUARE, subset="context", kind="point", texts=[]),
        item("robospatial_home", "e", SQUARE, subset="context", kind="point", texts=[]),
    ]
    said = {"a": RIGHT, "b": WRONG, "c": "At (0.3, 0.5).", "d": "<answer>[0.7, 0.5]</answer>"}
    scores = scored(items, said | {"e": "(0.4, 0.4)"})
    assert value(scores, "total") == pytest.approx(60)
    assert value(scores, "accuracy", subset="context") == pytest.approx(200 / 3)
    assert value(scores, "mean of yes/no") == pytest.approx(50)
    assert value(scores, "accuracy", rule="paper_compatible") == pytest.approx(50)


def test_robospatial_is_told_by_split_and_over_all():
    rows = [
        ("a", True, {"subset": "configuration"}), ("b", True, {"subset": "configuration"}),
        ("c", True, {"subset": "configuration"}), ("d", False, {"subset": "compatibility"}),
    ]  # fmt: skip
    scores = asked("robospatial_home", rows)
    assert value(scores, "total") == pytest.approx(75)
    assert value(scores, "accuracy", subset="configuration") == pytest.approx(100)
    assert value(scores, "mean of yes/no") == pytest.approx(50)


def test_blink_is_a_mean_over_subsets():
    rows = [
        *((f"s{k}", k < 3, {"subset": "Spatial_Relation"}) for k in range(4)),
        *((f"d{k}", k < 1, {"subset": "Relative_Depth"}) for k in range(2)),
    ]
    scores = asked("blink", rows)
    for rule in ("official", "paper_compatible"):
        assert value(scores, "mean of subsets", rule=rule) == pytest.approx(62.5)
        found = value(scores, "accuracy", subset="Relative_Depth", rule=rule)
        assert found == pytest.approx(50)


def test_mme_realworld_lite_is_told_by_ability_and_domain():
    rows = [
        ("a", True, {"category": "Perception/OCR"}), ("b", False, {"category": "Perception/OCR"}),
        ("c", True, {"category": "Perception/Monitoring"}),
        ("d", False, {"category": "Reasoning/OCR"}),
    ]  # fmt: skip
    scores = asked("mme_realworld_lite", rows)
    assert value(scores, "accuracy") == pytest.approx(50)
    assert value(scores, "accuracy", "Perception") == pytest.approx(200 / 3)
    assert value(scores, "accuracy", "Reasoning") == 0
    assert value(scores, "accuracy", "Perception/OCR") == pytest.approx(50)


@pytest.mark.parametrize(
    "benchmark", ["mmstar", "vstar_bench", "realworldqa", "spatialreasoner_eval", "stvqa_val"]
)
def test_plain_accuracy_is_told_by_category(benchmark):
    rows = [
        ("a", True, {"category": "one", "facts": {"level": "easy"}}),
        ("b", False, {"category": "two", "facts": {"level": "easy"}}),
        ("c", False, {"category": "two", "facts": {"level": "hard"}}),
    ]
    scores = asked(benchmark, rows)
    assert value(scores, "accuracy") == pytest.approx(100 / 3)
    assert value(scores, "accuracy", "one") == pytest.approx(100)
    assert value(scores, "accuracy", "two") == 0
    if benchmark == "stvqa_val":
        assert value(scores, "accuracy", "easy") == pytest.approx(50)
        assert value(scores, "accuracy", "hard") == 0


def test_where_no_group_is_complete_the_items_are_the_main_figure():
    alone = asked("mmvp", [("1", True, {"facts": {"pair": "1"}})])
    main = alone.filter(pl.col("is_main"), pl.col("rule") == "official").row(0, named=True)
    assert (main["metric"], main["value"]) == ("single", 100)
    some = asked("3dsrbench", [*turns("p", "0", [True]), *turns("p", "1", [True, True])[1:]])
    main = some.filter(pl.col("is_main"), pl.col("rule") == "official").row(0, named=True)
    assert (main["metric"], main["value"]) == ("vanilla", 100)


def test_shares_are_those_of_the_items_that_a_metric_is_about():
    items = [item("mmstar", name, category=name) for name in "ab"]
    scores = scored(items, {"a": "who knows", "b": RIGHT})
    assert value(scores, "accuracy", "a", column="unparsed_share") == 1
    assert value(scores, "accuracy", "b", column="unparsed_share") == 0
    assert value(scores, "accuracy", column="unparsed_share") == 0.5


def test_what_cannot_be_scored_is_said():
    items = frame_of(
        [{name: row.get(name) for name in ITEM} for row in [item("mmstar", "a")]], ITEM
    )
    parsed = read_replies(items, frame_of([], REPLY))
    for wrong, problem in (
        (items.with_columns(benchmark=pl.lit("other")), "no benchmark other"),
        (pl.concat([items, items.with_columns(benchmark=pl.lit("mmvp"))]), "one at a time"),
        (items.with_columns(item_id=pl.lit("b")), "item b of mmstar was not read"),
    ):
        with pytest.raises(ValueError, match=problem):
            score(wrong, parsed, constant_baselines(wrong), seed=0, num_bootstrap=10)


def test_what_was_not_said_is_wrong_and_told():
    items = [item("mmstar", name, facts={}) for name in "abcd"]
    said = {"a": RIGHT, "b": "who knows", "c": None}
    scores = scored(items, said)
    assert value(scores, "accuracy") == pytest.approx(25)
    assert value(scores, "accuracy", column="unparsed_share") == pytest.approx(0.25)
    assert value(scores, "accuracy", column="error_share") == pytest.approx(0.5)
    paper = value(scores, "accuracy", rule="paper_compatible")
    assert paper == pytest.approx(50)  # the published rule reads A in "who knows"


def test_open_answers_are_compared_by_what_they_say():
    items = [item("realworldqa", name, "3", kind="text", texts=[]) for name in "abc"]
    said = {"a": "<answer>three</answer>", "b": "The answer is 3.", "c": "<answer>4</answer>"}
    scores = scored(items, said)
    assert value(scores, "accuracy") == pytest.approx(200 / 3)
    assert value(scores, "accuracy", rule="paper_compatible") == pytest.approx(0)


def test_the_constant_baseline_is_the_best_constant():
    items = [item("mmstar", str(k), "A" if k < 3 else "B") for k in range(10)]
    scores = scored(items, {str(k): RIGHT for k in range(10)})
    assert value(scores, "accuracy", column="constant_baseline") == pytest.approx(70)
    texts = [item("realworldqa", str(k), "23"[k > 1], kind="text", texts=[]) for k in range(3)]
    scores = scored(texts, {})
    assert value(scores, "accuracy", column="constant_baseline") == pytest.approx(200 / 3)
    counts = [
        item("spatialbench", str(k), "24"[k > 1], kind="text", texts=[], category="counting")
        for k in range(3)
    ]  # always 2: half of 4
    found = value(scored(counts, {}), "relative error", "counting", column="constant_baseline")
    assert found == pytest.approx(100 * 2.5 / 3)
    # Always "no": B for half of the items, A for the others.
    turned = [item("blink", str(k), "B", subset="x") for k in range(4)]
    turned += [item("blink", f"t{k}", "A", subset="x", texts=["no", "yes"]) for k in range(4)]
    scores = scored(turned, {})
    assert value(scores, "mean of subsets", column="constant_baseline") == pytest.approx(100)


def test_a_pair_counts_where_both_of_its_questions_are_right():
    rights = {"p": [True, True], "q": [True, False], "r": [False, False], "s": [True], None: [True]}
    rows = [
        (
            f"{pair}{k}",
            is_right,
            {"facts": {"pair_id": pair} if pair else {}, "group": f"{pair}{k}"},
        )
        for pair, answers in rights.items()
        for k, is_right in enumerate(answers)
    ]
    scores = asked("stvqa_val", rows)
    # s has lost its counterpart.
    assert value(scores, "pair accuracy", subset="pairs") == pytest.approx(100 / 3)
    assert value(scores, "accuracy") == pytest.approx(500 / 8)


def number(item_id: str, answer: str, **known: Any) -> dict[str, Any]:
    row = item("spbench_si", item_id, answer, texts=[], **known)
    return row | {"kind": "number", "category": "object_counting"}


def test_numbers_are_partly_right_and_tasks_count_alike():
    items = [number("a", "4"), number("b", "10"), number("c", "2")]
    items.append(item("spbench_si", "d", category="object_rel_distance"))
    replies = {"a": "<answer>4</answer>", "b": "about 11", "c": "far", "d": RIGHT}
    scores = scored(items, replies)
    assert value(scores, "credit", "object_counting") == pytest.approx(190 / 3)
    assert value(scores, "mean of tasks") == pytest.approx((190 / 3 + 100) / 2)
    assert value(scores, "mean of tasks", column="unparsed_share") == 0.25
    # 2 everywhere is worth 1, 0.1 (of 4) and 0 (of 10); A is right once.
    baseline = value(scores, "mean of tasks", column="constant_baseline")
    assert baseline == pytest.approx(100 * (1.1 / 3 + 1) / 2)


def test_pairs_and_sets_of_whatsup_count_where_all_are_right():
    def row(name: str, is_right: bool, which: str, pair: str) -> tuple[str, bool, dict[str, Any]]:
        return name, is_right, {"subset": "A", "facts": {"set": which, "pair": f"{which}-{pair}"}}

    scores = asked(
        "whatsup",
        [
            row("a", True, "1", "side"),
            row("b", True, "1", "side"),
            row("c", True, "1", "height"),
            row("d", True, "1", "height"),
            row("e", True, "2", "side"),
            row("f", False, "2", "side"),
            row("g", True, "2", "height"),
            row("h", True, "2", "height"),
        ],
    )
    assert value(scores, "individual") == 87.5
    assert value(scores, "pair", subset="A") == 75.0
    assert value(scores, "set", subset="A") == 50.0


def test_spar_bench_has_a_mean_for_every_level():
    tasks = {"depth_prediction_oc": "number", "position_matching": "choice"}
    items = [
        item("spar_bench_tiny", f"{task}-{k}", "A" if kind == "choice" else "2",
             texts=["yes", "no"] if kind == "choice" else [], kind=kind, category=task)
        for task, kind in tasks.items()
        for k in range(2)
    ]  # fmt: skip
    gold = "move_right:0.5,rotate_up:10.0"
    items.append(
        item("spar_bench_tiny", "v", gold, texts=[], kind="text", category="view_change_infer")
    )
    replies = {row["item_id"]: RIGHT for row in items if row["kind"] == "choice"}
    replies |= {"depth_prediction_oc-0": "2.0", "depth_prediction_oc-1": "3 m"}
    replies["v"] = "<answer>move_right: 0.5, rotate_down: 10</answer>"
    scores = scored(items, replies)
    assert value(scores, "mean of tasks", subset="Low") == pytest.approx(100 * (1 + 0.1) / 2)
    assert value(scores, "mean of tasks", subset="Middle") == pytest.approx(100 * (1 + 0.8) / 2)
    assert value(scores, "mean of tasks") == pytest.approx(100 * (0.55 + 1 + 0.8) / 3)
    # It takes the first number and any text that begins with the letter; "<" begins with none.
    official = {"rule": "official_parser"}
    assert value(scores, "credit", "position_matching", **official) == 0.0
    assert value(scores, "credit", "depth_prediction_oc", **official) == pytest.approx(55.0)


def test_blink_without_the_labels_that_changed_is_told_beside():
    rows = [
        *((f"r{k}", False, {"subset": "Relative_Reflectance"}) for k in range(4)),
        *((f"j{k}", True, {"subset": "Jigsaw"}) for k in range(2)),
        ("c", False, {"subset": "Counting"}),
    ]
    scores = asked("blink_whole", rows)
    assert value(scores, "mean of tasks") == pytest.approx(100 / 3)
    assert value(scores, "mean of tasks with labels that stayed") == 50.0
    assert value(scores, "accuracy") == pytest.approx(200 / 7)


def test_mindcube_leaves_a_setting_out_of_its_total():
    rows = [("a", True, {"category": "among"}), ("t", False, {"category": "translation"})]
    scores = asked("mindcube_tiny", rows)
    assert value(scores, "accuracy") == 100.0


def test_a_circular_item_of_mmsi_counts_where_all_its_turns_are_right():
    rows = [
        (f"{name}-{k}", k < num_right, {"facts": {"item": name, "turn": str(k)}})
        for name, num_right in (("1", 2), ("2", 1))
        for k in range(2)
    ]
    scores = asked("mmsi_bench", rows)
    assert value(scores, "circular") == 50.0
    assert value(scores, "accuracy") == 75.0


def test_other_parsers_are_scored_by_the_same_rule():
    """OmniSpatial's own parser reads A where "Answer:" is missing: a right answer for A."""
    items = [item("omnispatial", name, answer) for name, answer in (("a", "A"), ("b", "B"))]
    scores = scored(items, {"a": "I cannot tell.", "b": "<answer>(B) no</answer>"})
    assert value(scores, "accuracy") == 50.0
    assert value(scores, "accuracy", rule="official_parser") == 50.0
    assert value(scores, "accuracy", rule="easi") == 50.0
    none = scored(items, {})
    assert value(none, "accuracy", rule="official_parser") == 0.0
