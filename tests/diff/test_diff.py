"""What differs between two builds, and by what: each cause that an issue names is put into the
records of two builds, and named again."""

import json
import os
import re
from pathlib import Path

import polars as pl
import pytest

from schemas.claim import DepthClaim, LocationClaim
from schemas.dataset_folder import name_of_dataset, read_manifest
from tasks.diff.record import cuts_of
from tasks.diff.report import compare_datasets, render_page, text_lines
from tests.commands import call
from tests.diff.worlds import SCENES, WORLD, asked, changed, make

WORDS = "questions.0.words"
OTHER_IDS = {"1": [(key + 100, *rest) for key, *rest in SCENES["1"]], "2": SCENES["2"]}
ELSEWHERE = {"7": SCENES["1"], "2": SCENES["2"]}
BIGGER = {"1": [(11, "dog", (0, 0, 52, 52)), *SCENES["1"][1:]], "2": SCENES["2"]}
NEW_FILES = {"stages.index.files.source": "files-2", "stages.ingest.files.source": "files-2"}
WITNESS = {"version": 1, "config": {}, "files": {"files 0": "boxes-1"}}
FILES = "the source's annotations have changed"
CASES = {
    "a model": (
        {},
        {WORDS: "Dog?", "questions.0.requests": ["w-2"],
         "stages.write.config.write.chat.model": "w2"},
        {"reworded q1": ["model: write.chat.model is w2, was writer-1"]},
    ),
    "a prompt": (
        {},
        {WORDS: "Dog?", "questions.0.requests": ["w-2"], "stages.write.config.prompt": "p2"},
        {"reworded q1": ["prompt: the prompt of write has changed"]},
    ),
    "a prompt or the code": (
        {},
        {WORDS: "Dog?", "stages.write.config.prompt": "p2", "stages.write.version": 2},
        {"reworded q1": [
            "code version: the code of write is version 2, was 1",
            "prompt: the prompt of write has changed",
            "reply: another reply to the same request",
        ]},
    ),
    "a reply": (
        {}, {WORDS: "Is the dog or the cat nearer?"},
        {"reworded q1": ["reply: another reply to the same request"]},
    ),
    "a new draw": (
        {},
        {WORDS: "Dog?", "questions.0.requests": ["w-2"], "stages.write.config.write.chat.draw": 1},
        {"reworded q1": ["reply: write.chat.draw is 1, was None"]},
    ),
    "nothing that is recorded": (
        {}, {WORDS: "Dog?", "questions.0.requests": ["w-2"]},
        {"reworded q1": ["not recorded: the records of both builds are the same"]},
    ),
    "the code or a library": (
        {},
        {WORDS: "Dog?", "questions.0.requests": ["w-2"], "code.commit": "def",
         "versions.polars": "2.2.0"},
        {"reworded q1": [
            "code version: the code is commit def, was abc",
            "code version: polars is 2.2.0, was 2.1.0",
        ]},
    ),
    "a vote": (
        {}, {"questions.1.lost": ("judge", "judge-disagrees"), "questions.1.votes": ["1", "1"]},
        {"removed q2": ["reply: another reply to the same request"]},
    ),
    "a rule about the same votes": (
        {},
        {"questions.1.lost": ("judge", "judge-disagrees"),
         "stages.judge.config.judge.rule": "paper"},
        {"removed q2": ["configuration key: judge.rule is paper, was None"]},
    ),
    "the judge": (
        {},
        {"questions.1.lost": ("judge", "judge-disagrees"), "questions.1.votes": ["1", "1"],
         "questions.1.judged_by": ["j-2"], "stages.judge.config.judge.chat.model": "judge-2"},
        {"removed q2": ["model: judge.chat.model is judge-2, was judge-1"]},
    ),
    "a quota": (
        {"questions.2.lost": ("plan", "beyond-quota")},
        {"stages.plan.config.quota.num_samples": 4, "stages.select.config.quota.num_samples": 4},
        {"added q3": ["configuration key: quota.num_samples is 4, was 3"]},
    ),
    "a split": (
        {}, {"questions.2.split": "val", "stages.select.config.select.val_share": 0.3},
        {"moved q3": ["configuration key: select.val_share is 0.3, was 0.1"]},
    ),
    "a margin": (
        {}, {"questions.0.margin": 1.5, "stages.extract.config.proof.depth_ratio": 1.3},
        {"changed q1": ["configuration key: proof.depth_ratio is 1.3, was None"]},
    ),
    "a source row": (
        {},
        {**NEW_FILES, "scenes": BIGGER, "questions.0.margin": 1.5},
        {"changed q1": [f"source row: {FILES}"]},
    ),
    "a source row or the cleaning": (
        {},
        {**NEW_FILES, "scenes": BIGGER, "questions.0.lost": ("extract", "-"),
         "stages.ingest.config.merge_iou": 0.7},
        {"removed q1": [
            "configuration key: merge_iou is 0.7, was 0.6", f"source row: {FILES}",
        ]},
    ),
    "the code, not the source of another image": (
        {},
        {**NEW_FILES, "scenes": {**SCENES, "2": SCENES["2"][:1]}, "questions.0.margin": 1.5,
         "stages.extract.version": 2},
        {"changed q1": ["code version: the code of extract is version 2, was 1"]},
    ),
    "other questions": (
        {"questions.0.margin": 1.5},
        {"questions.2.lost": ("plan", "near-duplicate"), "stages.extract.version": 2},
        {"changed q1": ["code version: the code of extract is version 2, was 1"],
         "removed q3": ["code version: the code of extract is version 2, was 1"]},
    ),
    "a witness": (
        {"stages.witness": WITNESS},
        {"stages.witness": WITNESS | {"files": {"files 0": "boxes-2"}},
         "testimony": {"1": "a second dog", "2": "silent"},
         "questions.0.lost": ("extract", "-")},
        {"removed q1": ["witness: the witness's files 0 have changed"]},
    ),
    "a new witness": (
        {},
        {"stages.witness": WITNESS, "questions.0.lost": ("extract", "-")},
        {"removed q1": ["witness: witness runs, did not"]},
    ),
    "another answer": (
        {},
        {"questions.0": asked("q9", "1", DepthClaim(nearer=12, farther=11), "nearer",
                              WORLD["questions"][0]["words"], "cat", "dog"),
         "stages.extract.config.proof.depth_ratio": 1.3},
        {"relabelled q1 q9": ["configuration key: proof.depth_ratio is 1.3, was None"]},
    ),
    "a file in place of what write makes": (
        {},
        {WORDS: "Dog?", "questions.0.requests": [],
         "stages.write.config": {"override": "ours.parquet"},
         "stages.write.files.override": "sha-1"},
        {"reworded q1": ["override: override.write is the file ours.parquet, was not set"]},
    ),
    "such a file again": (
        {"questions.0.requests": [], "stages.write.config": {"override": "ours.parquet"},
         "stages.write.files.override": "sha-1"},
        {WORDS: "Dog?", "questions.0.requests": [],
         "stages.write.config": {"override": "ours.parquet"},
         "stages.write.files.override": "sha-2"},
        {"reworded q1": ["override: override.write ours.parquet holds something else"]},
    ),
    "a review": (
        {},
        {"questions.1.lost": ("select", "reviewed-wrong"),
         "stages.select.files.reviews": "verdicts-1"},
        {"removed q2": ["review: what reviewers found has changed"]},
    ),
    "a counterpart": (
        {},
        {WORDS: "Dog?", "questions.0.requests": ["w-2"], "questions.0.pair": "p1",
         "stages.plan.config.quota.num_samples": 4},
        {"reworded q1": ["configuration key: quota.num_samples is 4, was 3"]},
    ),
    "code that nobody committed": (
        {"code.is_changed": True},
        {WORDS: "Dog?", "questions.0.requests": ["w-2"], "code.is_changed": True},
        {"reworded q1": [
            "code version: the code is commit abc with local changes in both builds, perhaps "
            "others",
        ]},
    ),
    "other ids of objects": (
        {},
        {**NEW_FILES, "scenes": OTHER_IDS,
         "questions.0": WORLD["questions"][0] | {"key": "q9", "claim": DepthClaim(111, 112)},
         "questions.2": WORLD["questions"][2] | {
             "key": "q8", "claim": LocationClaim(113, "bottom_left")}},
        {"renumbered q1 q9": [f"source row: {FILES}"],
         "renumbered q3 q8": [f"source row: {FILES}"]},
    ),
    "other ids of an image": (
        {"questions.2.lost": ("extract", "-")},
        {**NEW_FILES, "scenes": ELSEWHERE, "photographs": {"7": "sha-1", "2": "sha-2"},
         "questions.0": WORLD["questions"][0] | {"key": "q9", "image": "7"},
         "questions.2.lost": ("extract", "-")},
        {"renumbered q1 q9": [f"source row: {FILES}"]},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory):
    return make(tmp_path_factory.mktemp("unchanged"), "one", WORLD)


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES)
def test_each_change_is_named_with_all_that_may_have_caused_it(
    before, after, expected, unchanged, tmp_path
):
    one = make(tmp_path / "one", "one", changed(before)) if before else unchanged
    two = make(tmp_path / "two", "two", changed(after))
    rows = compare_datasets(str(one), str(two), tmp_path).rows
    found = {}
    for row in rows.iter_rows(named=True):
        ids = dict.fromkeys(filter(None, (row["question_id_before"], row["question_id_after"])))
        causes = [f"{cause['kind']}: {cause['what']}" for cause in row["causes"]]
        found[" ".join((row["kind"], *ids))] = causes
    assert found == expected


def test_a_build_compared_with_itself_differs_in_nothing(tmp_path):
    name = name_of_dataset(read_manifest(make(tmp_path, "one", WORLD)))
    found = compare_datasets("made/one", "made/one", tmp_path)
    assert found.rows.is_empty()
    assert list(text_lines(found)) == [f"{name} -> {name}", "no question differs"]


@pytest.mark.parametrize(
    ("number", "last"),
    [
        (5, "      + Dog? (dog | cat) = dog"),
        (6, "    ... and 1 more: --format html or parquet has all"),
    ],
)
def test_the_terminal_shows_five_of_a_kind_and_counts_the_rest(number, last, tmp_path):
    make(tmp_path, "one", WORLD)
    make(tmp_path, "two", changed({WORDS: "Dog?"}))
    found = compare_datasets("made/one", "made/two", tmp_path)
    lines = list(text_lines(found._replace(rows=pl.concat([found.rows] * number))))
    assert f"{number} reworded" in lines and lines.count("    q1") == 5
    assert lines[-1] == last


def test_what_was_reworded_on_the_way_to_another_split_is_both(tmp_path):
    make(tmp_path, "one", WORLD)
    other = {WORDS: "Dog?", "questions.0.split": "val", "questions.0.options": ["dog", "a cat"]}
    make(tmp_path, "two", changed(other))
    rows = compare_datasets("made/one", "made/two", tmp_path).rows
    assert rows.select("kind", "split_before", "split_after").rows() == [
        ("reworded", "train", "val"), ("moved", "train", "val"),
    ]  # fmt: skip


def test_a_gold_scene_changes_with_the_options_that_it_shows(tmp_path):
    make(tmp_path, "one", WORLD)
    other = {"questions.0.options": ["dog", "a cat"], "questions.0.gold": "another scene"}
    make(tmp_path, "two", changed(other))
    rows = compare_datasets("made/one", "made/two", tmp_path).rows
    assert rows["kind"].to_list() == ["reworded", "changed"]
    reworded, gold = rows["causes"].to_list()
    assert gold == reworded and gold[0]["kind"] != "not recorded"


@pytest.mark.parametrize("damage", [lambda path: path, lambda path: path.write_text("{")])
def test_replies_that_were_asked_anew_leave_no_older_rows_to_look_at(damage, tmp_path):
    make(tmp_path, "one", WORLD)
    make(tmp_path, "two", changed({WORDS: "Dog?"}))
    for path in (tmp_path / "artifacts" / "plan").glob("*.seal.json"):
        damage(path)
    (row,) = compare_datasets("made/one", "made/two", tmp_path).rows.iter_rows(named=True)
    assert row["kind"] == "reworded"
    assert [cause["what"] for cause in row["causes"]] == ["other replies to the same requests"]


def test_the_same_options_in_another_order_are_no_other_words(tmp_path):
    make(tmp_path, "one", WORLD)
    make(tmp_path, "two", changed({"questions.1.options": ["2", "3", "1"]}))
    rows = compare_datasets("made/one", "made/two", tmp_path).rows
    assert rows["kind"].to_list() == ["reordered"]


def test_without_artifacts_the_manifests_say_what_is_possible(tmp_path):
    make(tmp_path / "a", "one", WORLD)
    other = changed({"questions.2.lost": ("plan", "beyond-quota"), "config.seed": 2})
    make(tmp_path / "b", "two", other)
    for root in ("a", "b"):
        (tmp_path / root / "artifacts").rename(tmp_path / root / "gone")
    one, two = (str(tmp_path / name) for name in ("a/datasets/made/one", "b/datasets/made/two"))
    (row,) = compare_datasets(one, two, tmp_path / "c").rows.iter_rows(named=True)
    assert (row["kind"], row["what"]) == ("removed", "plan: beyond-quota")
    assert [cause["what"] for cause in row["causes"]] == ["seed is 2, was 1"]


HOSTILE = "<script>document.title = 'owned'</script>\x1b[2J\u202e{{ 7 * 7 }}"


def test_words_of_data_stay_text(tmp_path):
    make(tmp_path, "one", WORLD)
    make(tmp_path, "two", changed({WORDS: HOSTILE, "questions.0.options": [HOSTILE, "cat"]}))
    found = compare_datasets("made/one", "made/two", tmp_path)
    page = render_page(found)
    assert "<script" not in page and "&lt;script&gt;" in page and "{{ 7 * 7 }}" in page
    assert "src=" not in page and re.findall(r'href="([^"]*)"', page) == ["#reworded"]
    text = "\n".join(text_lines(found))
    assert "\x1b" not in text and "\u202e" not in text


def test_the_command_writes_what_it_is_asked_for(tmp_path):
    worlds = {"one": WORLD, "two": changed({"questions.2.split": "val"})}
    digests = [read_manifest(make(tmp_path, *each))["digest"] for each in worlds.items()]
    told = call("diff", "made/one", "made/two", "--root", tmp_path)
    assert told.returncode == 0
    assert "split val: 0.0 % (0) -> 33.3 % (1)" in told.stdout and "1 moved" in told.stdout
    table = call("diff", "made/one", "made/two", "--root", tmp_path, "--format", "parquet")
    place = tmp_path / "diffs" / f"made-{digests[0]}..made-{digests[1]}.parquet"
    assert table.stdout == f"{place}\n"
    assert pl.read_parquet(place)["question_id_after"].to_list() == ["q3"]
    out = tmp_path / "page.html"
    page = call(
        "diff", "made/one", "made/two", "--root", tmp_path, "--format", "html", "--out", out
    )
    assert page.stdout == f"{out}\n" and "1 moved" in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("made/one", "made/none"), "no dataset made/none"),
        (("made/one", "made@none"), "no tag none of made"),
        (("made/one", "made/old"), "lack asks, claim: compare datasets that this release"),
        (("made/one", "made/cut"), "made/cut/ledger.parquet has changed since it was published"),
        (("made/one", "made/edited"), "made/edited/manifest.json has changed since it was"),
        (("made/one", "made/two", "--out", "x"), "--out needs --format html or --format parquet"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_line(arguments, told, tmp_path):
    make(tmp_path, "one", WORLD)
    make(tmp_path, "old", WORLD, without=("asks", "claim"))
    os.truncate(make(tmp_path, "cut", WORLD) / "ledger.parquet", 200)
    edited = make(tmp_path, "edited", WORLD) / "manifest.json"
    edited.write_text(json.dumps(json.loads(edited.read_text()) | {"num_samples": 5}))
    done = call("diff", *arguments, "--root", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("stage", ["ingest", "plan", "write", "judge"])
def test_a_damaged_artifact_says_as_little_as_one_that_is_gone(stage, tmp_path):
    told = []
    for change in (lambda path: os.truncate(path, 200), Path.unlink):
        root = tmp_path / change.__name__
        before = make(root, "one", WORLD)
        after = make(root, "two", changed({WORDS: "Dog?", "questions.0.requests": ["w-2"]}))
        for path in (root / "artifacts" / stage).glob("*.parquet"):
            change(path)
        told.append(list(text_lines(compare_datasets(str(before), str(after), root))))
    assert told[0] == told[1]


def test_a_real_build_with_another_margin_names_the_margin(two_builds):
    (before, after) = two_builds
    root = before.parents[2]
    found = compare_datasets(str(before), str(after), root).rows
    causes = {cause["what"] for row in found["causes"] for cause in row}
    assert causes == {"proof.size_ratio is 1.8, was 1.6"}
    assert {"added", "removed"} <= set(found["kind"])
    assert "size" in set(found.filter(kind="added")["category"])


@pytest.mark.parametrize(
    ("shards", "cuts"),
    [
        ([], []),
        (["0-12"], [["0-12"], ["0-12"], ["0-12"]]),
        (
            ["0-12", "0-5", "5-10", "10-12"],
            [["0-12", "0-5", "5-10", "10-12"], ["0-12"], ["0-5", "5-10", "10-12"]],
        ),
        (["0-5", "5-10", "0-12"], [["0-5", "5-10", "0-12"], ["0-12"]]),
        (["0-5"], [["0-5"], ["0-5"], ["0-5"]]),
        (["0-5", "10-12"], [["0-5", "10-12"]]),
    ],
)
def test_tables_of_other_shards_are_not_read_twice(shards, cuts):
    def path_of(shard: str) -> Path:
        start, stop = map(int, shard.split("-"))
        return Path(f"aa-{start:07d}-{stop:07d}.parquet")

    names = {shard: path_of(shard) for shard in shards}
    shown = {path: shard for shard, path in names.items()}
    assert [[shown[path] for path in cut] for cut in cuts_of([*names.values()])] == cuts
