"""A file of questions takes the place of what write makes: it is checked, executed, recorded."""

import shutil
from hashlib import sha256

import polars as pl
import pytest
from prefect import State

from flows.graph import stages_of
from schemas.columns import frame_of
from schemas.config.build import PipelineConfig
from schemas.question import QUESTION
from tasks.stage import Build
from tasks.write import stage as write
from tasks.write.override import OPTIONAL, read_questions
from tasks.write.stage import write_question
from tests.builds import build, manifest_of, samples_of, status_of
from tests.conftest import DRAWN
from tests.scenes import NUM_OPTIONS
from tests.stages import after, run, with_artifacts


@pytest.fixture
def root(drawn_dataset, tmp_path):
    """A copy of the root of the drawn build."""
    return shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)


@pytest.fixture
def written(drawn_dataset) -> pl.DataFrame:
    """What the drawn build wrote."""
    folder = drawn_dataset.parents[2] / "artifacts" / "write"
    recipe = manifest_of(drawn_dataset)["stages"]["write"]["recipe"]
    return pl.read_parquet(sorted(folder.glob(f"{recipe}*.parquet")))


def config_with(place, **changed) -> PipelineConfig:
    return PipelineConfig.model_validate(
        DRAWN | {"override": {"write": str(place)}, "gates": {"min_quota_share": 0.0}} | changed
    )


def save(rows: pl.DataFrame, place) -> PipelineConfig:
    rows.write_parquet(place)
    return config_with(place)


def turned(written: pl.DataFrame, key: str) -> pl.DataFrame:
    """With another option as the answer of a question, of which the file says that it is proved."""
    is_it = pl.col("question_id") == key
    other = (pl.col("answer") + 1) % pl.col("options").list.len()
    return written.with_columns(
        answer=pl.when(is_it).then(other).otherwise("answer"),
        claim=pl.when(is_it).then(pl.col("option_claims").list.get(other)).otherwise("claim"),
        evidence=pl.lit("proved"),
    ).cast(QUESTION)


def unplanned(root) -> pl.DataFrame:
    """A question that the drawn build could have asked, and did not."""
    plan, *_ = (root / "artifacts" / "plan").glob("*.parquet")
    left = pl.read_parquet(plan).filter(pl.col("reason").is_not_null())["question_id"][0]
    candidates = pl.read_parquet(list((root / "artifacts" / "extract").glob("*.parquet")))
    (row,) = candidates.filter(pl.col("question_id") == left).to_dicts()
    return frame_of([write_question(row | {"alternative": None}, NUM_OPTIONS, 5)], QUESTION)


@pytest.mark.long
def test_questions_of_a_file_are_executed_and_published(root, written, tmp_path):
    samples = samples_of(next((root / "datasets" / "drawn").glob("*")))
    wrong, gone, kept = samples.filter(pl.col("pair_id").is_null())["question_id"].head(3)
    place = tmp_path / "reviewed.parquet"
    beside = unplanned(root)
    rows = pl.concat([turned(written.filter(pl.col("question_id") != gone), wrong), beside])
    config = save(rows.drop("margin", "detail", "write_usage"), place)
    assert status_of(config, root)["write"].why == "reviewed.parquet takes its place"
    dataset = build(config, root)
    published = samples_of(dataset)
    assert kept in published["question_id"]
    assert not {wrong, gone} & set(published["question_id"])
    assert set(published["evidence"]) <= {"proved", "asserted"}
    digest = sha256(place.read_bytes()).hexdigest()
    assert manifest_of(dataset)["overrides"] == {
        "write": {"file": "reviewed.parquet", "sha256": digest}
    }
    assert digest in (dataset / "README.md").read_text(encoding="utf-8")
    page = (dataset / "report.html").read_text(encoding="utf-8")
    assert f"<dt>questions</dt><dd>of reviewed.parquet (SHA-256 {digest})</dd>" in page
    ledger = pl.read_parquet(dataset / "ledger.parquet").filter(pl.col("item") == wrong)
    assert ledger["stage"].to_list() == ["verify"]
    lost = pl.read_parquet(dataset / "ledger.parquet").filter(pl.col("stage") == "plan")["item"]
    assert lost.len() and beside["question_id"][0] not in lost
    # However the build is cut, the file's rows come to the same dataset.
    small = config_with(place, runner={"shard_size": 5})
    assert manifest_of(build(small, root))["digest"] == manifest_of(dataset)["digest"]


def test_only_what_follows_the_file_runs(root, written, tmp_path):
    config = save(written.head(20), tmp_path / "reviewed.parquet")
    made = Build(config, root)
    for stage in stages_of(config):
        if stage.name == "verify":
            break
        done = run(stage, made)
        is_new = not isinstance(done[0], State)
        assert is_new == (stage.name == "write"), stage.name
        made = made.after(
            stage.name, [entry.data if isinstance(entry, State) else entry for entry in done]
        )
    rows = pl.read_parquet(list(made.made["write"]))
    assert rows.schema == QUESTION
    assert rows["evidence"].unique().to_list() == ["stated"]
    assert rows["margin"].null_count() == rows["write_usage"].null_count() == 20


def test_another_content_of_the_file_is_stale_and_a_missing_file_is_one_line(
    root, written, tmp_path
):
    place = tmp_path / "reviewed.parquet"
    config = save(written.head(20), place)
    names = [stage.name for stage in stages_of(config)]
    after(Build(config, root), *stages_of(config)[: names.index("write") + 1])
    assert status_of(config, root)["write"].state == "complete"
    save(written.head(19), place)
    entry = status_of(config, root)["write"]
    assert (entry.state, entry.why) == ("stale", "its input override changed")
    assert status_of(PipelineConfig.model_validate(DRAWN), root)["write"].state == "complete"
    place.unlink()
    with pytest.raises(ValueError, match=r"reviewed\.parquet cannot be read \(No such file"):
        status_of(config, root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.lit("left").alias("side"), "column side is not known: the columns are question_id"),
        (
            pl.col("answer").cast(pl.String),
            "column answer holds text, and whole numbers is wanted",
        ),
        (pl.lit(1).alias("options"), "column options holds whole numbers, and lists of text"),
        (
            pl.lit(2**40).alias("rating"),
            "column rating has numbers too large for whole numbers",
        ),
        (pl.lit("1-a").alias("question_id"), "1-a is the question_id of two rows"),
        (pl.lit(None, pl.String).alias("topic"), "column topic is null in row 0"),
        (pl.lit("shape").alias("category"), "has the category 'shape', which is none of relation"),
        (pl.lit("expert").alias("level"), "has the level 'expert', which is none of easy"),
        (pl.col("names").list.head(0), "has not one name for each of its objects"),
        (
            pl.col("names").list.eval(pl.when(False).then(pl.element())),
            "has not one name for each of its objects",
        ),
        (
            pl.col("option_claims").list.eval(pl.when(False).then(pl.element())),
            "has an option_claim that is null",
        ),
        (
            pl.concat_str(pl.lit("../"), "question_id").alias("question_id"),
            "is no question_id: 1 to",
        ),
        (pl.concat_str(pl.lit("x" * 65), "question_id").alias("question_id"), "is no question_id"),
        (pl.lit(11).alias("rating"), "has the rating 11, which is not 1 to 10"),
        (pl.lit(0).alias("rating"), "has the rating 0, which is not 1 to 10"),
        (pl.lit(4).alias("answer"), "has the answer 4, and [2-4] options"),
        (pl.lit(-1).alias("answer"), "has the answer -1, and"),
        (pl.col("options").list.head(0), "has the answer [0-3], and 0 options"),
        (pl.col("option_claims").list.head(1), "has 1 option_claims, and [2-4] options"),
        (pl.lit("{").alias("claim"), "has the claim '{', which is none"),
        (
            pl.lit(["{}"] * 4).alias("option_claims").list.head(pl.col("options").list.len()),
            "has the claim '{}', which is none",
        ),
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_line(written, tmp_path, change, message):
    place = tmp_path / "reviewed.parquet"
    written.with_columns(change).write_parquet(place)
    with pytest.raises(ValueError, match=message) as refused:
        read_questions(place)
    assert str(refused.value).startswith(f"override.write {place}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", [name for name in QUESTION.names() if name not in OPTIONAL])
def test_a_column_that_is_missing_is_named(written, tmp_path, name):
    written.drop(name).write_parquet(tmp_path / "file.parquet")
    with pytest.raises(ValueError, match=f"column {name} is missing: it holds "):
        read_questions(tmp_path / "file.parquet")


def test_wider_numbers_and_left_out_columns_are_taken(written, tmp_path):
    place = tmp_path / "file.parquet"
    written.drop(*OPTIONAL).cast({"answer": pl.Int64, "rating": pl.Int64}).write_parquet(place)
    rows = read_questions(place)
    assert rows.schema == QUESTION
    assert rows["answer"].to_list() == written["answer"].to_list()
    assert rows["writer"].unique().to_list() == ["override"]


def test_what_is_no_table_is_refused(tmp_path):
    place = tmp_path / "file.parquet"
    place.write_text("question,answer\n")
    with pytest.raises(ValueError, match=r"is no readable Parquet file \("):
        read_questions(place)


def test_a_benchmark_s_photograph_is_not_asked_about(root, written, tmp_path):
    config = save(written, tmp_path / "reviewed.parquet")
    stages = stages_of(config)
    made = after(Build(config, root), *stages[: [one.name for one in stages].index("write")])
    image = written["image_id"][0]
    listed = pl.DataFrame({"image_id": [image], "reason": ["benchmark"], "detail": ["same bytes"]})
    rows = pl.read_parquet(
        after(with_artifacts(made, exclude=listed), write.STAGE).made["write"][0]
    )
    assert set(rows.filter(pl.col("reason") == "benchmark")["image_id"]) == {image}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.lit("999").alias("image_id"), "is about image 999, which the source lacks"),
        (
            pl.concat_list("objects", pl.lit(77)).alias("objects"),
            r"lists object 77, which image \S+ lacks",
        ),
        (pl.lit([77]).alias("relationships"), r"lists relationship 77, which image \S+ lacks"),
        (
            pl.col("objects").list.head(0),
            r"claims something of object \d+, which is not among its objects",
        ),
    ],
)
def test_what_the_source_does_not_hold_is_refused(root, written, tmp_path, change, message):
    rows = written.filter(pl.col("category") == "relation").with_columns(change)
    names = pl.lit("thing").repeat_by(pl.col("objects").list.len())
    config = save(rows.with_columns(names=names), tmp_path / "reviewed.parquet")
    stages = [stage for stage in stages_of(config) if stage.name != "verify"]
    place = [stage.name for stage in stages].index("write")
    with pytest.raises(ValueError, match=message):
        after(Build(config, root), *stages[: place + 1])
