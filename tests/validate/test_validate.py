import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from schemas.claim import (
    Category,
    Claim,
    CountClaim,
    DepthClaim,
    Dimension,
    Direction,
    DistanceClaim,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
    encode_claim,
)
from schemas.claim import Cell as Place
from schemas.columns import frame_of
from schemas.completion.publish import (
    LETTERS,
    PublishedScene,
    option_text,
    render_completion,
    render_problem,
)
from schemas.config.dataset import QuotaConfig, SelectConfig
from schemas.config.models import JudgeConfig, WriteConfig
from schemas.question import JUDGED
from schemas.sample import SAMPLE
from tasks.plan.quota import plan_quotas
from tasks.took import TOOK
from tasks.validate.results import succeeded
from tasks.validate.shortcuts import find_shortcuts
from tasks.validate.stage import STAGE, validate_samples
from tasks.validate.totals import by_family, count_shortcuts, count_totals
from tasks.validate.view import table_columns
from tests.stages import build_of, run, with_artifacts
from tests.validate.views import check_view, readiness_of
from training.demonstrations import demonstration

QUOTA = QuotaConfig(num_samples=64)
SELECT = SelectConfig(val_share=0.25)
WORDS = ("left", "right", "above", "below")
NUM_OPTIONS = WriteConfig().num_options
PEOPLE = ("man.1", "hat.1", "dog.1")
BOXES = ([10, 10, 50, 90], [20, 5, 40, 20], [100, 40, 160, 90])


def claim_for(category: Category, option: int) -> Claim:
    cells, directions = list(Place), list(Direction)
    claims: dict[Category, Claim] = {
        Category.RELATION: RelationClaim(1, WORDS[option], 2),
        Category.REACH: ReachClaim(1, WORDS[option], 2),
        Category.SIZE: SizeClaim(Dimension.LARGER, option, (7,)),
        Category.ORIENTATION: OrientationClaim(None, 1, 2, directions[option]),
        Category.INSTANCE_LOCATION: LocationClaim(1, cells[option]),
        Category.DEPTH: DepthClaim(option, 7),
        Category.DISTANCE: DistanceClaim(1, option, (7,)),
        Category.COUNT: CountClaim("dog", option),
        Category.EXISTENCE: ExistenceClaim("dog", bool(option)),
    }
    return claims[category]


def sample(
    number: int, category: Category, index: int, split: str, level: str
) -> dict[str, object]:
    """A sound sample whose answer is option `index`; only `number` tells it from its like."""
    options = list(WORDS[: NUM_OPTIONS[category]])
    question = f"What is true of thing {number}?"
    asked = "\n".join([question, *(option_text(i, text) for i, text in enumerate(options))])
    objects = [{"id": name, "bbox": box} for name, box in zip(PEOPLE, BOXES, strict=True)]
    relationships = [
        {"subject": "hat.1", "predicate": "on", "object": "man.1"},
        {"subject": "dog.1", "predicate": "near", "object": "man.1"},
    ]
    gold = PublishedScene(objects=objects[:2], relationships=relationships[:1])  # type: ignore[arg-type]
    claims = [encode_claim(claim_for(category, i)) for i in range(len(options))]
    texts = (LETTERS[index], options[index], option_text(index, options[index]))
    return {
        "image_id": f"{number:04}",
        "problem": render_problem(asked, 200, 100),
        "question_only": question,
        "question_with_options": asked,
        "options": options,
        "answer": render_completion(gold, texts[0]),
        "answer_only": texts[0],
        "answer_text": render_completion(gold, texts[1]),
        "answer_text_only": texts[1],
        "answer_option_text": render_completion(gold, texts[2]),
        "answer_option_text_only": texts[2],
        "demonstration": demonstration(gold, texts[2]),
        "category": category.value,
        "level": level,
        "rating": 1 + number % 10,
        "question_id": f"q{number:04}",
        "split": split,
        "group_id": f"g{number:04}",
        "asks": category.value,
        "claim": claims[index],
        "option_claims": claims,
        "evidence": ("proved", "asserted")[number % 2],
        "margin": 0.5,
        "width": 200,
        "height": 100,
        "scene_objects": objects,
        "scene_relationships": relationships,
        "writer": "template",
        "judge": None,
        "votes": None,
        "coco_id": None,
        "photograph": None,
    }


def sound_samples() -> pl.DataFrame:
    """64 samples: 32 relation, 4 of each other category; a quarter of each is val."""
    quotas = plan_quotas(QUOTA, QUOTA.num_samples)
    rows: list[dict[str, object]] = []
    for category in Category:
        levels = [
            level for cell, level in quotas if cell == category for _ in range(quotas[cell, level])
        ]
        num_train = 3 * len(levels) // 4
        for i, level in enumerate(levels):
            split, place = ("train", i) if i < num_train else ("val", i - num_train)
            rows.append(sample(len(rows), category, place % NUM_OPTIONS[category], split, level))
    return pl.DataFrame(rows, SAMPLE)


SOUND = sound_samples()
ROWS = SOUND.to_dicts()
Row = dict[str, object]
FIRST, SECOND, LAST_VAL = 0, 1, 31  # of the 32 relation samples
DEPTH = next(i for i, row in enumerate(ROWS) if row["category"] == "depth")
OTHER = ROWS[SECOND]
QUESTION = ("question_only", "question_with_options", "problem")
COMPLETIONS = ("answer", "answer_text", "answer_option_text")
TEXTS = (*COMPLETIONS, "demonstration")


def replaced(row: Row, columns: tuple[str, ...], old: str, new: str) -> Row:
    assert all(old in str(row[name]) for name in columns)
    return {name: str(row[name]).replace(old, new) for name in columns}


def last_option(row: Row, text: str) -> Row:
    changed = replaced(row, QUESTION[1:], "(D) below", f"(D) {text}")
    return {"options": [*WORDS[:3], text], **changed}


def last_claim(text: str) -> Callable[[Row], Row]:
    return lambda row: {"option_claims": [*row["option_claims"][:3], text]}  # type: ignore[index]


def scene_with(entry: dict[str, object]) -> Row:
    return {"scene_objects": [*OTHER["scene_objects"], entry]}


def gold_and_scene(row: Row, old: str, new: str) -> Row:
    """Change the JSON of both scenes alike."""
    objects = json.dumps(row["scene_objects"], separators=(",", ":")).replace(old, new)
    return {**replaced(row, TEXTS, old, new), "scene_objects": json.loads(objects)}


def failures(*names: str, num_failed: int = 1) -> dict[str, int]:
    return dict.fromkeys(names, num_failed)


DEFECTS: list[tuple[int, Callable[[Row], Row], dict[str, int]]] = [
    (SECOND, lambda row: {"asks": None}, failures("no_value_is_missing")),
    (
        SECOND,
        lambda row: {"question_id": None},
        failures("question_id_is_given", "no_value_is_missing"),
    ),
    (SECOND, lambda row: {"question_id": "q0000"}, {"question_id_is_unique": 2}),
    (
        SECOND,
        lambda row: {"image_id": "0000", **replaced(row, QUESTION, "thing 1?", "thing 0?")},
        {"no_question_is_asked_twice": 2},
    ),
    (
        SECOND,
        lambda row: {"category": "colour"},
        failures("category_is_known", "claims_fit_the_category"),
    ),
    (SECOND, lambda row: {"level": "absurd"}, failures("level_is_known")),
    (SECOND, lambda row: {"split": "test"}, failures("split_is_known")),
    (SECOND, lambda row: {"evidence": "guessed"}, failures("evidence_is_known")),
    (SECOND, lambda row: {"rating": 11}, failures("rating_is_between_1_and_10")),
    (SECOND, lambda row: {"rating": 0}, failures("rating_is_between_1_and_10")),
    (
        SECOND,
        lambda row: {"height": 0},
        failures(
            "image_has_a_size",
            "problem_states_the_size",
            "gold_boxes_lie_in_the_image",
            "scene_boxes_lie_in_the_image",
            "gold_completions_earn_1",
        ),
    ),
    (LAST_VAL, lambda row: {"image_id": "0000"}, {"image_is_in_one_split": 2}),
    (LAST_VAL, lambda row: {"group_id": "g0000"}, {"group_is_in_one_split": 2}),
    (SECOND, lambda row: {"pair_id": "alone"}, failures("pairs_are_whole")),
    (
        SECOND,
        lambda row: replaced(row, QUESTION, "thing 1?", "thing 1."),
        failures("question_is_a_question"),
    ),
    (
        SECOND,
        lambda row: replaced(row, QUESTION, "What is true of thing 1?", " "),
        failures("question_is_a_question"),
    ),
    (
        SECOND,
        lambda row: replaced(row, QUESTION, "thing 1?", "{name}?"),
        failures("wording_has_no_template_residue"),
    ),
    (
        SECOND,
        lambda row: last_option(row, "left  of"),
        failures("wording_has_no_template_residue"),
    ),
    (
        SECOND,
        lambda row: {"question_only": "What else?"},
        failures("question_with_options_holds_the_question"),
    ),
    (
        SECOND,
        lambda row: replaced(row, QUESTION[1:], "(A) left\n(B) right", "(B) right\n(A) left"),
        failures("question_with_options_lists_the_options"),
    ),
    (
        SECOND,
        lambda row: {"problem": OTHER["problem"][:-1]},
        failures("problem_holds_the_question"),
    ),
    (SECOND, lambda row: {"width": 201}, failures("problem_states_the_size")),
    (
        SECOND,
        lambda row: replaced(row, ("problem",), "<image>", ""),
        failures("problem_shows_the_picture_once"),
    ),
    (
        SECOND,
        lambda row: replaced(row, QUESTION, "thing 1", "<image> 1"),
        failures("problem_shows_the_picture_once"),
    ),
    (
        SECOND,
        lambda row: replaced(row, ("demonstration",), "hat.1", "cap.1"),
        failures("demonstration_holds_the_gold"),
    ),
    (
        SECOND,
        lambda row: replaced(row, ("demonstration",), "<answer>(B) ", "<answer>(C) "),
        failures("demonstration_holds_the_gold"),
    ),
    (
        SECOND,
        lambda row: {
            "options": [*WORDS, "behind"],
            "option_claims": [*OTHER["option_claims"], OTHER["claim"]],
        },
        failures("there_are_two_to_four_options", "options_are_as_many_as_usual"),
    ),
    (SECOND, lambda row: last_option(row, "LEFT"), failures("options_differ")),
    (SECOND, lambda row: last_option(row, ""), failures("no_option_is_empty")),
    (
        SECOND,
        lambda row: {"answer_only": "E", **replaced(row, ("answer",), ">B<", ">E<")},
        failures(
            "answer_is_a_letter",
            "answer_is_an_option",
            "answer_text_only_is_the_option",
            "answer_option_text_only_is_letter_and_option",
            "claim_is_that_of_the_answer",
        ),
    ),
    (
        DEPTH,
        lambda row: {"answer_only": "D", **replaced(row, ("answer",), ">A<", ">D<")},
        failures(
            "answer_is_an_option",
            "answer_text_only_is_the_option",
            "answer_option_text_only_is_letter_and_option",
            "claim_is_that_of_the_answer",
        ),
    ),
    (
        SECOND,
        lambda row: {
            "answer_text_only": "far",
            **replaced(row, ("answer_text",), ">right<", ">far<"),
        },
        failures("answer_text_only_is_the_option"),
    ),
    (
        SECOND,
        lambda row: {
            "answer_option_text_only": "(B)right",
            **replaced(row, ("answer_option_text", "demonstration"), "<answer>(B) ", "<answer>(B)"),
        },
        failures("answer_option_text_only_is_letter_and_option"),
    ),
    (
        SECOND,
        lambda row: replaced(row, ("answer",), "[10,10,50,90]", "[10,10,50.5,90]"),
        failures("completions_are_readable", "answer_ends_in_answer_only"),
    ),
    (
        SECOND,
        lambda row: replaced(row, ("answer_text",), "[10,10,50,90]", "[10,10,50,91]"),
        failures("completions_share_one_scene"),
    ),
    *(
        (
            SECOND,
            lambda row, names=names: replaced(row, names, "</answer>", "!</answer>"),
            failures(f"{names[0]}_ends_in_{names[0]}_only"),
        )
        for names in (("answer",), ("answer_text",), ("answer_option_text", "demonstration"))
    ),
    (
        SECOND,
        lambda row: {"option_claims": OTHER["option_claims"][:3]},
        failures("every_option_has_a_claim"),
    ),
    (
        SECOND,
        lambda row: {"claim": OTHER["option_claims"][0]},
        failures("claim_is_that_of_the_answer"),
    ),
    (SECOND, last_claim('{"category":"relation"}'), failures("claims_are_readable")),
    (SECOND, last_claim(ROWS[DEPTH]["claim"]), failures("claims_fit_the_category")),
    (
        SECOND,
        lambda row: gold_and_scene(row, "[10,10,50,90]", "[10,-1,50,90]"),
        failures(
            "gold_boxes_lie_in_the_image",
            "scene_boxes_lie_in_the_image",
            "boxes_follow_the_resized_image",
        ),
    ),
    (
        SECOND,
        lambda row: scene_with({"id": "cat.1", "bbox": [100, 0, 201, 10]}),
        failures("scene_boxes_lie_in_the_image"),
    ),
    (
        SECOND,
        lambda row: gold_and_scene(row, "[10,10,50,90]", "[50,10,10,90]"),
        failures("gold_boxes_have_an_area", "scene_boxes_have_an_area", "gold_completions_earn_1"),
    ),
    (
        SECOND,
        lambda row: scene_with({"id": "cat.1", "bbox": [1, 2, 3]}),
        failures("scene_boxes_have_an_area"),
    ),
    (
        SECOND,
        lambda row: (
            gold_and_scene(row, '"hat.1"', '"hat"')
            | {"scene_relationships": OTHER["scene_relationships"][1:]}
        ),
        failures(
            "gold_ids_are_well_formed", "scene_ids_are_well_formed", "gold_completions_earn_1"
        ),
    ),
    (
        SECOND,
        lambda row: (
            gold_and_scene(row, '{"id":"hat.1"', '{"id":"man.1"')
            | {"scene_relationships": OTHER["scene_relationships"][1:]}
        ),
        failures(
            "gold_ids_are_unique",
            "scene_ids_are_unique",
            "gold_relationships_have_both_ends",
            "gold_completions_earn_1",
        ),
    ),
    (
        SECOND,
        lambda row: replaced(row, TEXTS, '"object":"man.1"', '"object":"dog.1"'),
        failures("gold_relationships_have_both_ends"),
    ),
    (
        SECOND,
        lambda row: {
            "scene_relationships": [{"subject": "a.1", "predicate": "on", "object": "b.1"}]
        },
        failures("scene_relationships_have_both_ends"),
    ),
    (
        SECOND,
        lambda row: replaced(row, TEXTS, "[10,10,50,90]", "[10,10,50,91]"),
        failures("gold_objects_are_in_the_scene"),
    ),
    (
        FIRST,
        lambda row: sample(FIRST, Category.RELATION, 1, "train", str(row["level"])),
        {"answer_letters_are_balanced": 24},
    ),
]
FRAMES: list[tuple[pl.DataFrame, dict[str, int]]] = [
    (SOUND.drop("coco_id"), {"table_has_the_columns_of_a_sample": 1}),
    (
        SOUND.cast({"margin": pl.Float32}),
        {"table_has_the_columns_of_a_sample": 2},
    ),
    (
        SOUND.clear(),
        {
            "there_are_samples": 1,
            "there_are_enough_samples": 1,
            "num_samples_is_reached": 1,
            "categories_meet_the_quota": 9,
            "levels_meet_the_quota": 3,
        },
    ),
    (
        SOUND.filter(pl.col("category") != "depth"),
        {"num_samples_is_reached": 1, "categories_meet_the_quota": 1, "levels_meet_the_quota": 1},
    ),
    (
        SOUND.with_columns(split=pl.lit("train")),
        {"val_share_is_met": 1, "answer_letters_are_balanced": 24},
    ),
]


def judged_view(samples: pl.DataFrame) -> pl.DataFrame:
    view = check_view(samples)
    return view.hstack(readiness_of(view).findings)


def failed_checks(samples: pl.DataFrame) -> dict[str, int]:
    """Name and number of failing rows of every check that fails."""
    from tasks.validate.checking import evaluate
    from tasks.validate.expectations import checks

    view = judged_view(samples)
    shortcuts = count_shortcuts(find_shortcuts(samples))
    totals = pl.concat([count_totals(view, QUOTA, SELECT), shortcuts])
    frames = {"table": table_columns(samples.schema), "samples": view, **by_family(totals)}
    verdicts = evaluate(frames, list(checks()))
    assert [v.error for v in verdicts if v.error] == []
    return {v.check.name: v.num_failed for v in verdicts if v.status == "failed"}


def test_sound_samples_pass_every_check():
    assert failed_checks(SOUND) == {}


def with_defect(number: int, change: Callable[[Row], Row]) -> pl.DataFrame:
    rows = [*ROWS]
    rows[number] = rows[number] | change(rows[number])
    return pl.DataFrame(rows, SAMPLE)


@pytest.fixture(scope="module")
def failures_of_defects() -> list[dict[str, int]]:
    """What each of DEFECTS makes fail. Great Expectations takes half a second a run whatever the
    number of rows, so it judges all data sets at once, kept apart by a prefix to their ids."""
    from tasks.validate.checking import evaluate
    from tasks.validate.expectations import checks

    ids = pl.col("question_id", "image_id")
    views = [
        judged_view(with_defect(number, change)).with_columns(ids.str.replace("^", f"{case}/"))
        for case, (number, change, _) in enumerate(DEFECTS)
    ]
    suite = [check for check in checks() if check.frame == "samples"]
    failed: list[dict[str, int]] = [{} for _ in DEFECTS]
    for verdict in evaluate({"samples": pl.concat(views)}, suite):
        assert verdict.error is None
        for case, number in Counter(row // SOUND.height for row in verdict.rows).items():
            failed[case][verdict.check.name] = number
    return failed


@pytest.mark.parametrize(
    "case", range(len(DEFECTS)), ids=[next(iter(expected)) for *_, expected in DEFECTS]
)
def test_a_defect_fails_its_check(case, failures_of_defects):
    *_, expected = DEFECTS[case]
    assert failures_of_defects[case] == expected


@pytest.mark.parametrize(
    ("samples", "expected"),
    [FRAMES[0], *(pytest.param(*case, marks=pytest.mark.long) for case in FRAMES[1:])],
)
def test_a_defect_of_the_whole_fails_its_check(samples, expected):
    assert failed_checks(samples) == expected


@pytest.mark.long
def test_a_dominant_answer_is_a_warning():
    frame = pl.DataFrame(
        [sample(i, Category.RELATION, 0, "train", "easy") for i in range(12)], SAMPLE
    )
    answers = count_totals(check_view(frame), QUOTA, SELECT).filter(family="answer")
    assert answers.select("name", "found", "low", "high").rows() == [
        ("relation answered “left”", 12, 0, 7)
    ]
    assert failed_checks(frame)["no_answer_dominates"] == 1


def always_left() -> pl.DataFrame:
    """60 questions whose words give the answer away."""
    rows = [sample(i, Category.RELATION, 0, "train", "easy") for i in range(60)]
    return pl.DataFrame(rows, SAMPLE)


def test_what_words_alone_answer_is_a_warning(tmp_path):
    assert failed_checks(always_left())["no_category_is_a_shortcut"] == 2
    validate_samples(always_left().lazy(), QUOTA, SELECT, tmp_path)
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    (check,) = (
        entry for entry in results["expectations"] if entry["name"] == "no_category_is_a_shortcut"
    )
    assert (check["severity"], check["status"], check["num_checked"]) == ("warning", "failed", 2)
    assert [example["value"] for example in check["examples"]] == [
        "relation: 100.0 % right from the words alone, 25.0 % by chance",
        "all categories together: 100.0 % right from the words alone, 25.0 % by chance",
    ]
    assert [row["category"] for row in results["shortcuts"]] == ["relation", "all"]
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    assert "what gives the answer away" in page
    assert f"<li>{results['shortcuts'][0]['telling'][0]}</li>" in page


@pytest.mark.long
def test_too_few_questions_are_no_shortcut_and_are_said_to_be_too_few(tmp_path):
    few = always_left().head(40)
    assert "no_category_is_a_shortcut" not in failed_checks(few)
    validate_samples(few.lazy(), QUOTA, SELECT, tmp_path)
    assert "too few questions to tell" in (tmp_path / "validation.html").read_text("utf-8")


def test_every_check_has_a_defect():
    from tasks.validate.expectations import checks

    planted = {name for *_, expected in (*DEFECTS, *FRAMES) for name in expected}
    tested = {
        *("no_answer_dominates", "no_category_is_a_shortcut", "rewards_never_raise"),
        "reviews_find_enough_labels_right",
    }
    assert {check.name for check in checks()} - planted == tested


def test_a_check_that_raises_is_an_error_and_not_a_pass():
    from great_expectations.expectations import core

    from tasks.validate.checking import evaluate
    from tasks.validate.expectations import Check

    lost = core.ExpectColumnValuesToBeNull(column="lost", meta={"name": "lost"})
    check = Check("lost", "Group", "warning", "It raises.", "samples", ("lost",), (), lost)
    (verdict,) = evaluate({"samples": check_view(SOUND)}, [check])
    assert (verdict.status, verdict.blocks) == ("error", True)
    assert "lost" in str(verdict.error)


OUTPUTS = ("validation.html", "results.json", "failing_rows.parquet")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The validation folder of samples that all fail, with markup in their questions."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    samples = SOUND.with_columns(question_only=pl.lit("<script>alert(1)</script>"))
    assert not validate_samples(samples.lazy(), QUOTA, SELECT, folder)
    return folder


def test_the_page_escapes_what_the_data_says(hostile):
    page = (hostile / "validation.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Do not publish this data set" in page
    assert "http:" not in page and "https:" not in page


def test_failing_rows_are_complete(hostile):
    failing = pl.read_parquet(hostile / "failing_rows.parquet")
    counts = dict(failing.group_by("expectation").len().rows())
    assert counts == {
        "question_is_a_question": 64,
        "question_with_options_holds_the_question": 64,
    }
    assert failing.filter(expectation="question_is_a_question").row(0, named=True) == {
        "question_id": "q0000",
        "expectation": "question_is_a_question",
        "severity": "critical",
        "columns": "question_only",
        "value": "<script>alert(1)</script>",
    }


def test_results_tell_each_check(hostile):
    results = json.loads((hostile / "results.json").read_text(encoding="utf-8"))
    assert (results["success"], results["num_rows"], results["num_failing_rows"]) == (False, 64, 64)
    assert results["num_expectations"] == len(results["expectations"])
    by_name = {entry["name"]: entry for entry in results["expectations"]}
    assert list(by_name) == sorted(by_name)
    entry = by_name["question_is_a_question"]
    assert (entry["status"], entry["num_checked"], entry["num_failed"]) == ("failed", 64, 64)
    assert len(entry["examples"]) == 10


def test_the_same_samples_give_the_same_bytes(hostile, tmp_path):
    samples = SOUND.with_columns(question_only=pl.lit("<script>alert(1)</script>"))
    shuffled = samples.sample(fraction=1.0, shuffle=True, seed=7)
    validate_samples(shuffled.lazy(), QUOTA, SELECT, tmp_path)
    for name in OUTPUTS:
        assert (tmp_path / name).read_bytes() == (hostile / name).read_bytes()


def test_warnings_do_not_stop_a_build(tmp_path):
    samples = SOUND.filter(pl.col("category") != "depth")
    assert validate_samples(samples.lazy(), QUOTA, SELECT, tmp_path)
    assert succeeded(tmp_path)
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    assert "This data set may be published, with warnings" in page
    assert "depth: 0 found, 3 to 5 wanted" in page


def test_a_validated_artifact_is_not_validated_again(tmp_path):
    build = with_artifacts(build_of(tmp_path, quota=QUOTA, select=SELECT), select=SOUND)
    (folder,) = run(STAGE, build)
    assert isinstance(folder, Path)
    assert succeeded(folder)
    written = (folder / "results.json").stat().st_mtime_ns
    (again,) = run(STAGE, build)
    assert (again.name, again.data) == ("Cached", folder)
    assert (folder / "results.json").stat().st_mtime_ns == written
    assert {path.name for path in folder.parent.iterdir()} == {
        folder.name,
        f"{folder.name}.seal.json",
        f"{folder.name}{TOOK}",
    }


JUDGE = JudgeConfig.model_validate({"chat": {"model": "judge-1"}})


def judged_questions(folder: Path, *rows: Row) -> list[Path]:
    """A file of judged questions, each `rows` different from one that is proved and kept."""
    usage = {"calls": 2, "input_tokens": 900, "cached_tokens": 100, "output_tokens": 40}
    sound: Row = {
        "category": "size",
        "evidence": "proved",
        "writer": "writer-1",
        "question": "Which is the largest?",
        "options": ["cat", "dog", "cow"],
        "answer": 0,
        "verdict": "keep",
        "votes": ["cat", "cat"],
        "vote_reasons": ["it is", None],
        "blind_votes": ["dog"],
        "blind_answered": False,
        "judge_usage": usage,
        "blind_usage": usage,
    }
    numbered = [sound | {"question_id": f"q{number}"} | row for number, row in enumerate(rows)]
    path = folder / "judged" / "0123456789abcdef-0000000-0000009.parquet"
    path.parent.mkdir(parents=True)
    frame_of(numbered, JUDGED).write_parquet(path)
    return [path]


REJECTED: Row = {
    "verdict": "disagree",
    "question": "Is <b>this</b> it?",
    "votes": ["dog", "dog", None],
    "vote_reasons": ["<img src=x onerror=alert(1)>", "a dog & a cat", None],
    "blind_votes": [],
    "blind_answered": None,
}


def test_the_page_says_what_the_judge_said(tmp_path):
    paths = judged_questions(
        tmp_path, {}, {}, {"category": "depth", "evidence": "unknown"}, REJECTED
    )
    validate_samples(SOUND.lazy(), QUOTA, SELECT, tmp_path, judged_paths=paths, judge=JUDGE)
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["judging"]["num_rejected"] == 1
    assert [row["category"] for row in results["judging"]["verdicts"]] == ["size", "depth"]
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    for text in (
        "judge-1",
        "Two votes must be for the answer",
        '75.0 %</td><td class="n">16.0 %',
        "1 proved or asserted answer that the judge rejected",
        "Is &lt;b&gt;this&lt;/b&gt; it?",
        "<b>dog</b>: &lt;img src=x onerror=alert(1)&gt;",
        "<b>nothing usable</b>",
    ):
        assert text in page
    assert "<img" not in page


@pytest.mark.long
def test_at_most_a_hundred_rejected_answers_are_listed(tmp_path):
    paths = judged_questions(tmp_path, *[REJECTED] * 101)
    validate_samples(SOUND.lazy(), QUOTA, SELECT, tmp_path, judged_paths=paths, judge=JUDGE)
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    assert "101 proved or asserted answers that the judge rejected" in page
    assert "the first 100 are shown" in page
    assert page.count("Is &lt;b&gt;this&lt;/b&gt; it?") == 100


@pytest.mark.long
def test_the_page_warns_of_a_judge_that_seems_not_to_look(tmp_path):
    paths = judged_questions(tmp_path, *[REJECTED] * 40)
    validate_samples(SOUND.lazy(), QUOTA, SELECT, tmp_path, judged_paths=paths, judge=JUDGE)
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    assert "1 warning to look at" in page
    assert "The judge finds 0.0 % of 40 answers with its first vote" in page


def test_a_judge_that_nothing_came_before_is_said_so(tmp_path):
    paths = judged_questions(tmp_path, {"verdict": None})
    validate_samples(SOUND.lazy(), QUOTA, SELECT, tmp_path, judged_paths=paths, judge=JUDGE)
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    assert "No question came before the judge." in page


def test_nothing_is_said_of_a_judge_where_there_is_none(hostile):
    assert "judge said" not in (hostile / "validation.html").read_text(encoding="utf-8")
    results = json.loads((hostile / "results.json").read_text(encoding="utf-8"))
    assert results["judging"] is None


def test_another_judge_is_another_validation(tmp_path):
    (judged,) = judged_questions(tmp_path)
    rows = with_artifacts(build_of(tmp_path), select=SOUND, judge=pl.read_parquet(judged))
    other = JudgeConfig.model_validate({"chat": {"model": "judge-1"}, "rule": "paper"})
    digests = set()
    for judge in (None, JUDGE, other):
        made = {name: path for name, path in rows.made.items() if judge or name != "judge"}
        build = replace(build_of(tmp_path, images="embed", judge=judge), made=made)
        digests |= {artifact.digest for artifact in STAGE.plan(build)}
    assert len(digests) == 3
