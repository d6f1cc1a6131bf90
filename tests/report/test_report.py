"""The report of a dataset: what it counts, which questions it shows with which proof, its pages."""

import json
import os
import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.dataset_folder import check_dataset
from schemas.proof.evidence import SUPPORTING
from tasks.diff.record import Record
from tasks.publish.funnel import FUNNEL
from tasks.publish.why import explain
from tasks.report import questions as of_report
from tasks.report.gallery import FIELDS, MAX_BYTES, Picture, cut_pages, page_data, pairs_of
from tasks.report.overview import (
    image_losses,
    letter_table,
    margin_table,
    overview_of,
    question_flow,
    quota_table,
)
from tasks.report.questions import ASKING, COUNTED, MAX_UNASKED, SHOWN, published_of, question_parts
from tasks.report.report import PAGES, REPORT, link_to, photographs_of, write_report
from tests.builds import bytes_of, samples_of
from tests.commands import call

Row = dict[str, Any]


@pytest.fixture(scope="module")
def record(drawn_dataset: Path) -> Record:
    return Record(drawn_dataset, drawn_dataset.parents[2])


@pytest.fixture(scope="module")
def questions(record: Record) -> pl.DataFrame:
    return pl.concat(question_parts(record))


def rows_of(page: Path) -> list[Row]:
    """What the script of a page reads."""
    (text,) = re.findall(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    data = json.loads(text)
    assert data["fields"] == list(FIELDS)
    return [
        dict(zip(FIELDS, row, strict=True)) | {"image": data["images"][row[1]]}
        for row in data["rows"]
    ]


def test_a_build_makes_the_report_and_a_command_makes_the_same_again(drawn_dataset, tmp_path):
    root = shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)
    folder = root / drawn_dataset.relative_to(drawn_dataset.parents[2])
    (folder / REPORT).unlink()
    manifest = (folder / "manifest.json").read_bytes()
    done = call("report", "drawn", "--root", root)
    assert (done.returncode, done.stdout) == (0, f"{folder / REPORT}\n")
    assert (folder / REPORT).read_bytes() == (drawn_dataset / REPORT).read_bytes()
    assert (folder / "manifest.json").read_bytes() == manifest
    assert check_dataset(folder)["digest"] == folder.name
    assert REPORT not in check_dataset(folder)["files"]


def test_a_report_is_made_of_a_sound_dataset_alone(drawn_dataset, tmp_path):
    folder = shutil.copytree(drawn_dataset, tmp_path / "dataset")
    (folder / "ledger.parquet").unlink()
    done = call("report", folder, "--root", tmp_path)
    assert done.returncode == 2 and "ledger.parquet cannot be read" in done.stderr


def test_photographs_that_are_not_there_are_told_by_their_option(drawn_dataset):
    done = call("report", drawn_dataset, "--photographs", "nowhere")
    assert done.returncode == 2
    assert done.stderr == "error: no photographs at nowhere: correct --photographs\n"


def test_every_sample_and_every_lost_question_is_shown(record, questions):
    published = questions.filter(pl.col("split").is_not_null())
    samples = samples_of(record.folder)
    same = ("question_id", "claim", "options", "option_claims", "split", "pair_id", "cost")
    assert published.sort("question_id").select(same).equals(samples.select(same))
    funnel = pl.DataFrame(record.manifest["funnel"], FUNNEL).filter(outcome="lost")
    for stage in ASKING:
        assert questions.filter(stage=stage).height == funnel.filter(stage=stage)["rows"].sum()
    unasked = questions.filter(stage="plan")
    assert unasked.height == min(funnel.filter(stage="plan")["rows"].sum(), MAX_UNASKED) > 0
    assert set(unasked["reason"]) == set(funnel.filter(stage="plan")["reason"])
    assert questions["question_id"].is_unique().all()
    assert questions.schema == SHOWN


def test_one_option_is_proved_and_the_others_are_refuted(questions):
    for row in questions.filter(pl.col("question").is_not_null()).iter_rows(named=True):
        assert len(row["proofs"]) == len(row["options"]) == len(row["option_claims"])
        for place, proof in enumerate(row["proofs"]):
            holds = proof["standing"] in [standing.value for standing in SUPPORTING]
            assert holds == (place == row["answer"]) and proof["detail"], row["question_id"]
        right = row["proofs"][row["answer"]]
        assert (right["standing"], right["margin"]) == (row["evidence"], row["margin"])


def test_a_candidate_that_nobody_wrote_has_its_claim(questions):
    for row in questions.filter(stage="plan").iter_rows(named=True):
        assert row["question"] is None and row["option_claims"] == [row["claim"]]
        assert [proof["standing"] for proof in row["proofs"]] == [row["evidence"]]


def test_boxes_are_those_of_the_published_scene(record, questions):
    gold = {
        row["question_id"]: json.loads(re.findall(r"<scene>(.*)</scene>", row["answer"])[0])
        for row in samples_of(record.folder).iter_rows(named=True)
    }
    for row in questions.filter(pl.col("split").is_not_null()).iter_rows(named=True):
        shown = [box["place"] for box in row["boxes"]]
        for thing in gold[row["question_id"]]["objects"]:
            x1, y1, x2, y2 = thing["bbox"]
            left, top = round(1000 * x1 / 400), round(1000 * y1 / 300)
            assert [left, top, round(2.5 * x2) - left, round(1000 * y2 / 300) - top] in shown
        links = {(link["predicate"]) for link in row["links"]}
        assert links == {link["predicate"] for link in gold[row["question_id"]]["relationships"]}


def test_without_artifacts_the_samples_are_shown_with_their_own_boxes(drawn_dataset, tmp_path):
    folder = shutil.copytree(drawn_dataset, tmp_path / "dataset")
    questions = pl.concat(question_parts(Record(folder, tmp_path)))
    lost = questions.filter(pl.col("split").is_null())
    assert lost["question"].is_null().all() and lost["reason"].is_not_null().all()
    assert lost["category"].is_not_null().all()
    assert write_report(folder, tmp_path) == folder / REPORT
    samples = [row for row in rows_of(folder / REPORT) if row["split"]]
    assert len(samples) == samples_of(folder).height
    assert all(row["image"][0].startswith("data:image/webp") for row in samples)
    about_things = [row for row in samples if row["category"] == "size"]
    assert about_things and all(
        re.fullmatch(r"[a-z_]+\.\d+", label) for row in about_things for _, label, _ in row["boxes"]
    )


def test_scenes_that_were_drawn_without_photographs_have_none(drawn_dataset, tmp_path):
    root = shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)
    record = Record(root / drawn_dataset.relative_to(drawn_dataset.parents[2]), root)
    record.manifest["config"]["images"] = "omit"
    for folder in (root / "artifacts" / "render").glob("*/*/"):
        shutil.rmtree(folder)
    assert photographs_of(record) is None


def test_lost_questions_keep_their_photographs_as_long_as_somebody_has_them(
    drawn_dataset, tmp_path
):
    root = shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)
    folder = root / drawn_dataset.relative_to(drawn_dataset.parents[2])
    rows = rows_of(folder / REPORT)
    assert all(row["image"][0] for row in rows)
    record = Record(folder, root)
    assert photographs_of(record) is not None
    shutil.rmtree(root / "artifacts" / "render" / record.stages["render"]["recipe"])
    assert photographs_of(record) is None
    write_report(folder, root)
    shown = {row["id"] for row in rows_of(folder / REPORT) if row["image"][0]}
    of_samples = set(samples_of(folder)["image_id"])
    assert shown == {row["id"] for row in rows if row["id"].split("-")[0] in of_samples}


def test_more_rows_are_a_folder_of_pages(drawn_dataset, tmp_path):
    root = shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)
    folder = root / drawn_dataset.relative_to(drawn_dataset.parents[2])
    whole = [row["id"] for row in rows_of(folder / REPORT)]
    write_report(folder, root, photographs_of(Record(folder, root)), max_rows=30)
    pages = sorted((folder / PAGES).iterdir())
    assert [page.name for page in pages] == [
        f"{n + 1:04d}.html" for n in range(-(-len(whole) // 30))
    ]
    shown = [row for page in pages for row in rows_of(page)]
    assert [row["id"] for row in shown] == whole
    listed = (folder / REPORT).read_text(encoding="utf-8")
    assert all(f'href="report/{page.name}"' in listed for page in pages)
    assert "<script" not in listed and "script-src &#39;none&#39;" in listed
    assert check_dataset(folder)["digest"] == folder.name
    by_page = {row["id"]: page.name for page in pages for row in rows_of(page)}
    for row in shown:
        if row["pair"]:
            other, file = row["pair"]
            assert (file or by_page[row["id"]]) == by_page[other]
    assert link_to(folder, whole[-1]) == f"{pages[-1].as_uri()}#{whole[-1]}"
    write_report(folder, root)
    assert not (folder / PAGES).exists()


def test_a_report_of_the_folder_one_is_in_leaves_nothing_else(drawn_dataset, tmp_path, monkeypatch):
    root = shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)
    folder = root / drawn_dataset.relative_to(drawn_dataset.parents[2])
    write_report(folder, root)
    before = bytes_of(folder)
    monkeypatch.chdir(folder)
    write_report(Path(), root)
    assert bytes_of(folder) == before


@pytest.mark.parametrize("most", [29, 10_000])
def test_questions_that_are_read_some_at_a_time_are_all(record, questions, most):
    parts = [*question_parts(record, most=most)]
    assert all(0 < part.height <= most for part in parts)
    assert pl.concat(parts).equals(questions)


def test_of_very_many_questions_some_are_shown_with_both_of_each_pair(
    drawn_dataset, record, questions, tmp_path, monkeypatch
):
    published = questions.filter(pl.col("split").is_not_null())
    monkeypatch.setattr(of_report, "MAX_LOST", 3)
    # As many as would part a pair in the middle.
    keys = published.select(pl.coalesce("pair_id", "question_id")).to_series().to_list()
    keys.sort(key=lambda key: sha256(key.encode()).hexdigest())
    most = next(n for n in range(len(keys) // 2, len(keys)) if keys[n] == keys[n - 1])
    monkeypatch.setattr(of_report, "MAX_PUBLISHED", most)
    some = pl.concat(question_parts(record))
    shown = some.filter(pl.col("split").is_not_null())
    assert shown.height == most - 1
    assert set(shown["pair_id"].drop_nulls().value_counts()["count"]) == {2}
    planned = pl.col("stage").is_in(ASKING)
    assert some.filter(planned).height == min(3, questions.filter(planned).height)
    # What is shown is the same as before.
    same = questions.join(some.select("question_id"), on="question_id", how="semi")
    assert some.equals(same)
    root = shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)
    folder = root / drawn_dataset.relative_to(drawn_dataset.parents[2])
    write_report(folder, root)
    told = f"{shown.height} of the {published.height} published questions are shown"
    assert told in (folder / REPORT).read_text(encoding="utf-8")
    assert "published questions are shown" not in (drawn_dataset / REPORT).read_text("utf-8")
    assert overview_of(record, published_of(record)) == overview_of(
        record, published.select(COUNTED.names())
    )


def test_why_prints_the_link_of_a_question_that_is_shown(drawn_dataset, questions):
    root = drawn_dataset.parents[2]
    unasked = Record(drawn_dataset, root).table("plan").filter(pl.col("reason").is_not_null())
    hidden = set(unasked.collect()["question_id"]) - set(questions["question_id"])
    for key in (questions["question_id"][0], questions.filter(stage="plan")["question_id"][0]):
        lines = list(explain(key, drawn_dataset, root))
        assert lines[-1] == f"  report    {(drawn_dataset / REPORT).as_uri()}#{key}"
    for key in sorted(hidden)[:1]:
        assert not any("report" in line for line in explain(key, drawn_dataset, root))
    assert link_to(drawn_dataset, "no-such-question") is None


@pytest.mark.parametrize("stage", ["ingest", "photographs", "extract", "verify"])
def test_why_names_an_artifact_that_is_damaged(stage, drawn_dataset, questions, tmp_path):
    root = shutil.copytree(drawn_dataset.parents[2], tmp_path / "root")
    path = next(
        path
        for path in (root / "artifacts" / stage).glob("*.parquet")
        if ".ledger" not in path.name
    )
    os.truncate(path, 2000)
    dataset = root / "datasets" / drawn_dataset.parent.name / drawn_dataset.name
    with pytest.raises(ValueError, match=f"{path} is damaged .*: build the dataset again"):
        list(explain(questions["question_id"][0], dataset, root))


def test_pairs_know_each_other(questions):
    pairs = pairs_of([questions], [REPORT])
    paired = questions.filter(pl.col("pair_id").is_not_null(), pl.col("split").is_not_null())
    assert set(pairs) == set(paired["question_id"]) and paired.height
    text = {row["question_id"]: row["question"] for row in paired.iter_rows(named=True)}
    for key, (other, file) in pairs.items():
        assert (text[key], pairs[other][0], file) == (text[other], key, "")


def test_no_text_can_end_the_data_of_a_page(questions):
    evil = "</script><script>alert(1)</script><!--\u2028"
    one = questions.head(1).with_columns(question=pl.lit(evil))
    data = page_data(one, {}, {one["image_id"][0]: Picture("data:x", 4, 3)}, evil)
    assert not set("<>&\u2028") & set(data)
    seen = evil.replace("\u2028", "\\u2028")
    assert json.loads(data)["rows"][0][FIELDS.index("question")] == seen


def test_hidden_characters_of_a_row_are_seen_wherever_they_stand(questions):
    hidden = "\u202e"
    row = questions.filter(pl.col("proofs").list.len() > 0).head(1)
    row = row.with_columns(
        question_id=pl.lit(f"<a>{hidden}"),
        options=pl.lit([f"b{hidden}"]),
        option_claims=pl.lit([f'{{"category":"relation","predicate":"{hidden}"}}']),
        links=pl.lit([{"subject": 1, "predicate": hidden, "object": 2}]),
    )
    data = page_data(row, {f"<a>{hidden}": (hidden, "")}, {}, "drawn/d1g")
    assert hidden not in data and data.count("\\\\u202e") == 5


def test_a_question_is_found_by_its_id_however_it_is_written(record, questions, tmp_path):
    key = "<b>\u202e&"
    one = questions.head(1).with_columns(question_id=pl.lit(key))
    (tmp_path / REPORT).write_text(page_data(one, {}, {}, "drawn/d1g"), encoding="utf-8")
    assert str(link_to(tmp_path, key)).endswith("report.html#%3Cb%3E%5Cu202e%26")
    assert link_to(tmp_path, "<b>") is None


def test_a_page_has_room_for_so_many_bytes(questions):
    long = questions.head(4).with_columns(question=pl.lit("x" * (MAX_BYTES // 3)))
    assert [page.height for page in cut_pages(long)] == [1, 1, 1, 1]
    assert [page.height for page in cut_pages(questions.head(7), max_rows=3)] == [3, 3, 1]
    assert [page.height for page in cut_pages(questions.head(0))] == [0]


def funnel(*rows: tuple[str, str, str, str | None, int]) -> Row:
    return {"funnel": pl.DataFrame(rows, FUNNEL, orient="row").to_dicts()}


FUNNEL_OF_ALL = funnel(
    ("ingest", "kept", "scenes", None, 10),
    ("ingest", "repaired", "merged", None, 4),
    ("photographs", "lost", "photograph-missing", None, 2),
    ("extract", "kept", "candidates", "size", 60),
    ("extract", "kept", "candidates", "depth", 40),
    ("plan", "kept", "planned", "size", 20),
    ("plan", "lost", "beyond-quota", "size", 40),
    ("plan", "lost", "beyond-quota", "depth", 40),
    ("verify", "kept", "holding", "size", 15),
    ("verify", "lost", "words-differ", "size", 1),
    ("verify", "lost", "off-question", "size", 4),
)


def test_the_flow_says_what_came_what_went_on_and_what_was_lost():
    flow = question_flow(FUNNEL_OF_ALL)
    told = [(row["stage"], row["came"], row["kept"], row["lost"]) for row in flow]
    assert told == [("extract", 100, 100, 0), ("plan", 100, 20, 80), ("verify", 20, 15, 5)]
    assert [(row["came_share"], row["kept_share"]) for row in flow] == [(1, 1), (1, 0.2), (1, 0.75)]
    reasons = [(one["reason"], one["rows"]) for one in flow[2]["reasons"]]
    assert reasons == [("off-question", 4), ("words-differ", 1)]


def test_what_happened_to_images_is_told_apart():
    ingest, photographs = image_losses(FUNNEL_OF_ALL)
    assert (ingest["stage"], ingest["kept"]) == ("ingest", [("scenes", 10)])
    assert [(one["reason"], one["outcome"]) for one in ingest["changed"]] == [
        ("merged", "repaired")
    ]
    assert (photographs["kept"], photographs["changed"][0]["rows"]) == ([], 2)


def test_quotas_are_added_up():
    wanted = [("size", "easy", 4, 4), ("size", "hard", 2, 1), ("depth", "medium", 3, 3)]
    names = ("category", "level", "wanted", "chosen")
    table = quota_table([dict(zip(names, row, strict=True)) for row in wanted])
    assert [row["category"] for row in table] == ["size", "depth"]
    cells = [(cell["chosen"], cell["wanted"]) for cell in table[0]["cells"]]
    assert cells == [(4, 4), (0, 0), (1, 2), (5, 6)]


def test_letters_and_margins_are_counted():
    rows = pl.DataFrame(
        {
            "category": ["size"] * 4 + ["depth"],
            "level": ["easy", "easy", "easy", "hard", "easy"],
            "answer": [0, 0, 2, 1, 1],
            "margin": [1.0, 1.2, 40.0, None, None],
        }
    )
    size, depth = letter_table(rows)
    assert size["levels"] == [[2, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]]
    assert depth["levels"][0] == [0, 1, 0, 0]
    (margins,) = margin_table(rows)
    assert (margins["counts"], margins["num"]) == ([1, 1, 0, 0, 0, 0, 0, 1], 3)


def test_the_overview_counts_every_sample_once(record, questions):
    overview = overview_of(record, published_of(record))
    num = record.manifest["num_samples"]
    assert overview["flow"][-1]["kept"] == num
    assert sum(sum(map(sum, row["levels"])) for row in overview["letters"]) == num
    assert [row["total"] for row in overview["evidence"] if row["category"] == "all"] == [num]
    assert sum(row["cells"][-1]["chosen"] for row in overview["quotas"]) == num
