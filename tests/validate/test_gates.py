"""Gates: what a configuration says about what validation lets through."""

import json
from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations import ExpectationSuite
from great_expectations.expectations.metadata_types import FailureSeverity

from schemas.code_version import code_version
from schemas.config.dataset import SelectConfig
from schemas.config.gates import EXPECTATIONS, GatesConfig
from tasks.stage import BuildFailedError
from tasks.validate.expectations import checks
from tasks.validate.results import counted
from tasks.validate.reviewed import TOTAL
from tasks.validate.stage import check, check_gates, validate_samples
from tasks.validate.suites import checks_of_suite
from tasks.validate.totals import count_totals
from tests.commands import REPOSITORY, call, run
from tests.stages import build_of
from tests.validate.test_validate import QUOTA, SELECT, SOUND
from tests.validate.views import check_view


def validated(samples: pl.DataFrame, folder: Path, **gates: Any) -> dict[str, dict[str, Any]]:
    """The expectations of results.json, by name, and under "" whether all may be published."""
    is_sound = validate_samples(
        samples.lazy(), QUOTA, SELECT, folder, gates=GatesConfig.model_validate(gates)
    )
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert results["success"] is is_sound
    return {"": {"passes": is_sound}, **{one["name"]: one for one in results["expectations"]}}


def refusal(folder: Path) -> str:
    """What a build says that comes to this validation."""
    with pytest.raises(BuildFailedError) as error:
        check(build_of(folder).after("validate", [folder]))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_expectations_can_be_named_without_importing_them():
    assert tuple(check.name for check in checks()) == EXPECTATIONS


@pytest.mark.parametrize(
    ("num_samples", "share", "least"),
    [(58, 0.9, 58), (57, 0.9, 58), (57, 0.85, 55), (1, 0.0, 0), (63, 1.0, 64)],
)
def test_a_share_of_the_quota_is_a_whole_number_of_samples(num_samples, share, least):
    """Of 64 wanted; 0.9 of 64 is 57.6."""
    gates = GatesConfig(min_quota_share=share)
    totals = count_totals(check_view(SOUND.head(num_samples)), QUOTA, SELECT, gates).filter(
        family="least"
    )
    assert totals.select("found", "low", "high").rows() == [(num_samples, least, 64)]
    advises = "gates.min_quota_share" in totals["finding"].item()
    assert advises is (num_samples < least)


@pytest.mark.parametrize(
    ("share", "total", "most"), [(0.58, 50, 29), (0.29, 100, 29), (0.6, 10, 6), (0.6, 11, 6)]
)
def test_a_share_that_answers_may_have_is_a_whole_number_of_them(share, total, most):
    """As a floating-point number 0.58 of 50 is less than 29."""
    gates = GatesConfig(max_answer_share=share)
    texts = [f"answer {number}" for number in range(total)]
    view = pl.DataFrame(
        {
            "category": "count", "level": "easy", "split": "train", "num_options": 4,
            "answer_text_only": texts,
        }
    )  # fmt: skip
    found = count_totals(view, QUOTA, SELECT, gates).filter(family="answer")
    assert found["high"].to_list() == [most]


def test_a_share_for_validation_is_a_whole_number_of_samples():
    """As a floating-point number 0.14 of 50 is more than 7; two fewer may be there."""
    totals = count_totals(check_view(SOUND.head(50)), QUOTA, SelectConfig(val_share=0.14))
    assert totals.filter(family="split").select("low", "high").rows() == [(5, 9)]


def test_a_number_that_is_wanted_exactly_is_told_once():
    totals = count_totals(check_view(SOUND.head(3)), QUOTA, SELECT, GatesConfig(min_quota_share=1))
    (told,) = totals.filter(family="least")["finding"]
    assert told.startswith("all samples: 3 found, 64 wanted; bring more images")


@pytest.mark.parametrize(
    ("num_samples", "passes"), [pytest.param(58, True, marks=pytest.mark.long), (57, False)]
)
def test_too_few_samples_are_not_published(num_samples, passes, tmp_path):
    found = validated(SOUND.head(num_samples), tmp_path, min_quota_share=0.9)
    assert (found["there_are_enough_samples"]["status"] == "passed") is passes
    if not passes:
        told = refusal(tmp_path)
        assert f"there_are_enough_samples (all samples: {num_samples} found, " in told
        assert "gates.min_quota_share)" in told  # which stands at the end


@pytest.mark.parametrize(
    ("is_missed", "passes"), [pytest.param(0, True, marks=pytest.mark.long), (1, False)]
)
def test_labels_that_reviews_find_wrong_are_not_published(is_missed, passes, tmp_path):
    found = ("review", "all", is_missed, 0, 0, "all: 2 of 7 right, 65 % wanted")
    reviewed = pl.DataFrame([found], TOTAL, orient="row")
    assert validate_samples(SOUND.lazy(), QUOTA, SELECT, tmp_path, reviewed=reviewed) is passes
    if not passes:
        told = "reviews_find_enough_labels_right (all: 2 of 7 right, 65 % wanted): see "
        assert told in refusal(tmp_path)


def test_an_expectation_can_have_another_severity(tmp_path):
    rated = SOUND.with_columns(rating=pl.lit(11, pl.Int32))
    found = validated(rated, tmp_path / "a")
    assert found["rating_is_between_1_and_10"]["severity"] == "critical"
    assert not found[""]["passes"]
    told = "rating_is_between_1_and_10 (64 samples, such as 11): see "
    assert told in refusal(tmp_path / "a")
    loose = {"rating_is_between_1_and_10": "warning"}
    assert validated(rated, tmp_path / "b", severity=loose)[""]["passes"]


@pytest.mark.long
def test_a_warning_can_be_critical(tmp_path):
    strict = {"val_share_is_met": "critical"}
    alone = SOUND.filter(split="train")
    assert not validated(alone, tmp_path / "c", severity=strict, min_quota_share=0)[""]["passes"]


@pytest.mark.long
def test_thresholds_are_those_of_the_configuration(tmp_path):
    fewer = SOUND.head(60)
    assert validated(fewer, tmp_path / "a")["num_samples_is_reached"]["status"] == "failed"
    found = validated(fewer, tmp_path / "b", tolerance=0.1)
    assert found["num_samples_is_reached"]["status"] == "passed"
    found = validated(SOUND, tmp_path / "c", max_answer_share=0.1)
    assert found["no_answer_dominates"]["status"] == "failed"


@pytest.mark.parametrize(
    ("gates", "problem"),
    [
        ({"severity": {"rating_is_fine": "warning"}}, "no expectation rating_is_fine"),
        ({"severity": {"own_01_expect": "warning"}}, "gates.suite adds has its severity in that"),
        ({"severity": {"level_is_known": "off"}}, "Input should be 'critical' or 'warning'"),
        ({"min_quota_share": 1.1}, "less than or equal to 1"),
        ({"suite": ""}, "at least 1 character"),
    ],
)
def test_a_gate_that_is_none_is_refused(gates, problem):
    with pytest.raises(ValueError, match=problem):
        GatesConfig.model_validate(gates)


PANDAS = {"condition_parser": "pandas"}


def one(name: str, **settings: Any) -> str:
    """A suite of one expectation on the values of a column, as it is written by hand."""
    return json.dumps(
        {"expectations": [{"type": f"expect_column_values_to_{name}", "kwargs": settings}]}
    )


def suite(path: Path, *expectations: Any) -> str:
    whole = ExpectationSuite(name="ours", expectations=list(expectations))
    path.write_text(json.dumps(whole.to_json_dict()), encoding="utf-8")
    return str(path)


def test_own_expectations_judge_the_samples(tmp_path):
    own = suite(
        tmp_path / "own.json",
        gxe.ExpectColumnValuesToBeInSet(column="level", value_set=["easy", "medium"]),
        gxe.ExpectColumnValuesToBeBetween(
            column="rating", max_value=9, severity=FailureSeverity.WARNING,
            description="Nothing is <b>perfect</b>.",
        ),
        gxe.ExpectTableRowCountToBeBetween(max_value=64),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="width", column_B="height"),
        gxe.ExpectColumnValuesToBeBetween(
            column="rating", max_value=5, row_condition='level=="none"', **PANDAS
        ),
    )  # fmt: skip
    found = validated(SOUND, tmp_path / "out", suite=own)
    names = [name for name in found if name.startswith("own_")]
    states = {name: (found[name]["severity"], found[name]["status"]) for name in names}
    assert list(states.values()) == [
        ("critical", "failed"),
        ("warning", "failed"),
        ("critical", "passed"),
        ("critical", "passed"),
        ("critical", "passed"),
    ]
    hard = SOUND.filter(level="hard")
    assert found[names[0]]["num_failed"] == hard.height
    told = {example["question_id"] for example in found[names[0]]["examples"]}
    assert told <= set(hard["question_id"])
    assert f"{names[0]} ({hard.height} samples, such as hard)" in refusal(tmp_path / "out")
    named = pl.read_parquet(tmp_path / "out" / "failing_rows.parquet")["question_id"].n_unique()
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["num_failing_rows"] == named >= hard.height
    page = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
    assert "Nothing is &lt;b&gt;perfect&lt;/b&gt;." in page


def test_what_all_samples_fail_together_is_told_of_no_one_sample(tmp_path):
    own = suite(tmp_path / "own.json", gxe.ExpectColumnMeanToBeBetween(column="width", max_value=1))
    found = validated(SOUND, tmp_path / "out", suite=own)
    (failed,) = (found[name] for name in found if name.startswith("own_"))
    assert (failed["status"], counted(failed)) == ("failed", "all samples together")
    page = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
    assert "Fails for all samples together" in page
    assert page.count('class="id"') == page.count('class="question"') == 0


def test_expectations_on_the_table_see_all_of_its_columns_beside_others(tmp_path):
    columns = [name for name in SOUND.columns if name not in ("images", "cost")]
    own = suite(
        tmp_path / "own.json",
        gxe.ExpectTableColumnCountToEqual(value=len(columns)),
        gxe.ExpectTableColumnsToMatchSet(column_set=columns),
        gxe.ExpectColumnToExist(column="answer", column_index=columns.index("answer")),
        gxe.ExpectColumnValuesToBeInSet(column="level", value_set=["easy", "medium", "hard"]),
    )
    found = validated(SOUND, tmp_path / "out", suite=own)
    states = {name: found[name]["status"] for name in found if name.startswith("own_")}
    assert set(states.values()) == {"passed"}, states


def test_types_are_those_of_pandas_beside_values(tmp_path):
    own = suite(
        tmp_path / "own.json",
        gxe.ExpectColumnValuesToBeOfType(column="width", type_="int32"),
        gxe.ExpectColumnValuesToBeInTypeList(column="question_only", type_list=["str"]),
        gxe.ExpectColumnValuesToBeOfType(column="answer", type_="str"),
        gxe.ExpectColumnValuesToBeOfType(column="width", type_="float64"),
        gxe.ExpectColumnValuesToBeBetween(column="width", min_value=1),
    )
    found = validated(SOUND, tmp_path / "out", suite=own)
    checks = [found[name] for name in found if name.startswith("own_")]
    assert [check["status"] for check in checks] == ["passed"] * 3 + ["failed", "passed"]
    assert checks[3]["examples"][0]["value"] == "found int32"


def test_the_length_of_a_list_is_the_number_of_its_elements(tmp_path):
    column, votes = "options", SOUND["votes"].list.len()
    most, words = SOUND[column].list.len().max(), SOUND["question_only"].str.len_chars()
    own = suite(
        tmp_path / "own.json",
        gxe.ExpectColumnValueLengthsToBeBetween(column=column, min_value=2, max_value=most),
        gxe.ExpectColumnValueLengthsToBeBetween(column=column, min_value=2, max_value=most - 1),
        gxe.ExpectColumnValueLengthsToEqual(column=column, value=most),
        gxe.ExpectColumnValueLengthsToBeBetween(column="votes", max_value=votes.max() or 0),
        gxe.ExpectColumnValueLengthsToBeBetween(column="question_only", min_value=words.max()),
    )
    found = validated(SOUND, tmp_path / "out", suite=own)
    checks = [found[name] for name in found if name.startswith("own_")]
    longest = int((SOUND[column].list.len() == most).sum())
    assert [check["num_failed"] for check in checks] == [
        0, longest, SOUND.height - longest, 0, int((words < words.max()).sum()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("expectation", "told"),
    [
        (
            gxe.ExpectColumnDistinctValuesToBeInSet(column="level", value_set=["easy"]),
            ["unexpected: hard", "unexpected: medium"],
        ),
        (
            gxe.ExpectColumnDistinctValuesToContainSet(column="level", value_set=["deep", "easy"]),
            ["missing: deep"],
        ),
        (
            gxe.ExpectTableColumnsToMatchOrderedList(column_list=["image_id"]),
            ["Expected Column Position: 1, Expected: None, Found: problem"],
        ),
    ],
)
def test_what_fails_of_all_samples_together_is_named(expectation, told, tmp_path):
    own = suite(tmp_path / "own.json", expectation)
    found = validated(SOUND, tmp_path / "out", suite=own)
    (failed,) = (found[name] for name in found if name.startswith("own_"))
    assert [example["value"] for example in failed["examples"]][: len(told)] == told


def test_a_suite_may_be_named_from_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    suite(tmp_path / "own.json", gxe.ExpectColumnToExist(column="width"))
    check_gates(build_of(tmp_path, gates={"suite": "~/own.json"}).config)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "no suite at .*none.json .*: correct gates.suite"),
        ("{", "is not a suite of Great Expectations"),
        ("[]", "it holds no list of expectations"),
        ('{"expectations": {}}', "it holds no list of expectations"),
        ('{"expectations": [null]}', "is not a suite of Great Expectations"),
        (
            '{"expectations": [{"expectation_type": "expect_column_values_to_be_unique", '
            '"kwargs": {"column": "rating"}}]}',
            f"write it with suite.to_json_dict\\(\\) of version {gx.__version__}",
        ),
        (
            '{"expectations": [{"type": "expect_nothing", "kwargs": {}}]}',
            "expect_nothing is unknown",
        ),
        (
            '{"expectations": [{"type": "expect_column_values_to_be_unique", '
            '"kwargs": {"column": "colour"}}]}',
            "judges have no column colour .*: correct the suite",
        ),
        ('{"expectations": []}', "holds no expectation"),
        (one("not_be_null", column="rating", mostly=2), "mostly ensure this value is less than"),
        (one("match_regex", column="claim", regex="("), "Invalid regular expression"),
        (one("be_unique", column="options"), "be_unique cannot be evaluated"),
        (one("be_between", column="rating", max_value={"$PARAMETER": "x"}), "No value found"),
        (one("not_be_null", column="rating", row_condition="colour > 1", **PANDAS), "'colour'"),
    ],
)
def test_what_is_no_suite_is_told_in_one_line(text, problem, tmp_path):
    path = tmp_path / "none.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=problem) as error:
        checks_of_suite(path, SOUND.schema)
    assert "\n" not in str(error.value)


def test_a_suite_may_come_from_the_store_of_a_context(tmp_path):
    context = gx.get_context(mode="ephemeral")
    stored = context.suites.add(ExpectationSuite(name="ours"))
    stored.add_expectation(gxe.ExpectColumnValuesToBeUnique(column="question_id"))
    written = stored.to_json_dict()
    assert written["expectations"][0]["id"]
    (tmp_path / "own.json").write_text(json.dumps(written), encoding="utf-8")
    (check,) = checks_of_suite(tmp_path / "own.json", SOUND.schema)
    assert check.name == "own_01_expect_column_values_to_be_unique"


@pytest.mark.long
def test_what_libraries_warn_of_while_they_judge_stays_off_the_screen(tmp_path):
    """Pandas warns of groups in a pattern, in whose expectations Great Expectations uses it."""
    grouped = one("match_regex", column="problem", regex="(image|photo)")
    (tmp_path / "own.json").write_text(grouped, encoding="utf-8")
    named = f"gates.suite={tmp_path / 'own.json'}"
    planned = run("plan", "--set", named, "--root", tmp_path / "root")
    assert (planned.returncode, planned.stderr) == (0, "")


@pytest.mark.parametrize("command", ["plan", "build"])
def test_a_suite_that_is_not_there_is_said_before_anything_runs(command, tmp_path):
    refused = call(command, "--set", "gates.suite=nowhere.json", "--root", tmp_path)
    assert refused.returncode == 2
    told = refused.stderr.splitlines()[-1]
    assert told.startswith(f"error: no suite at {REPOSITORY / 'nowhere.json'} (")
    assert list(tmp_path.iterdir()) == []


def test_a_report_says_what_it_is_about(tmp_path):
    about = {"name": "mine <b>", "configuration": "c0ff1g"}
    validate_samples(SOUND.lazy(), QUOTA, SELECT, tmp_path, about=about)
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    told = {"name": "mine &lt;b&gt;", "configuration": "c0ff1g", "code": str(code_version())}
    for label, text in told.items():
        assert f"<dt>{label}</dt><dd>{text}</dd>" in page
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["about"] == about  # and nothing of the code: other code may find the same


def test_what_failed_stands_before_everything_else(tmp_path):
    samples = SOUND.with_columns(question_only=pl.lit("Which"), rating=pl.lit(3))
    validate_samples(samples.head(30).lazy(), QUOTA, SELECT, tmp_path)
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    order = [
        page.index(text)
        for text in (
            "<h1>", "<h2>What failed</h2>", '<span class="badge bad">', '<span class="badge warn">',
            "<h2>The data set in numbers</h2>", "<h2>Checks that passed</h2>",
        )
    ]  # fmt: skip
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("name", "is_told"), [pytest.param(None, False, marks=pytest.mark.long), ("1.jpg", True)]
)
def test_photographs_are_counted_where_there_are_some(name, is_told, tmp_path):
    samples = SOUND.with_columns(photograph=pl.lit(name, pl.String))
    validate_samples(samples.lazy(), QUOTA, SELECT, tmp_path)
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    assert ('<span class="soft">photographs</span>' in page) is is_told
