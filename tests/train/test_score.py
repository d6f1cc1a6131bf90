"""`spatialthinker score`: rows in, rewards out, and one line for what cannot be read."""

import gzip
import json
import logging
import sys
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess

import polars as pl
import pytest
from rich.console import Console

from flows import cli
from tasks.train.score import SCORES, print_means, reward_of, score_file, scores_path, write_scores
from tests.commands import call
from tests.training.test_rewards import CAT, DOG, GOLD, SCENE, completion_of, gold_of

ROW = {"completion": completion_of(SCENE), "gold": GOLD, "width": 100, "height": 100}


def written(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "completions.jsonl"
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(b"\n".join(lines))
    return path


@pytest.fixture
def dataset(tmp_path) -> Path:
    folder = tmp_path / "dataset"
    (folder / "data").mkdir(parents=True)
    for split, name, scene in (("train", "q1", SCENE), ("val", "q2", {"objects": [DOG]})):
        columns = {"question_id": [name], "answer_option_text": [gold_of(scene)]}
        frame = pl.DataFrame({**columns, "width": [100], "height": [100], "cost": [None]})
        frame.write_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder


def test_a_row_per_completion_in_order(tmp_path):
    half = ROW | {"completion": completion_of({"objects": [DOG]}), "question_id": "q7"}
    path = written(tmp_path, ROW, b"", half, b"  ", ROW | {"completion": "\ud800"})
    scores = score_file(path)
    assert scores.schema == SCORES
    assert scores.rows() == [
        (1, None, 1, 1, 1, 1, 1),
        (3, "q7", 1, pytest.approx(0.35), 1, 0.5, pytest.approx(0.77)),
        (5, None, 0, 0, 0, 0, 0),
    ]


@pytest.mark.parametrize(
    "content",
    [
        ROW["completion"],
        [{"type": "text", "text": ROW["completion"]}],
        [{"type": "thinking", "thinking": "a"}, {"type": "text", "text": ROW["completion"]}],
        [{"type": "reasoning", "text": "a"}, {"text": ROW["completion"]}],
        [{"type": "text", "text": ROW["completion"]}, {"type": "image_url", "image_url": {}}],
    ],
)
def test_a_completion_may_be_a_conversation_of_which_the_last_message_counts(content, tmp_path):
    said = [
        {"role": "user", "content": "<image> Where?"},
        {"role": "assistant", "content": content},
    ]
    scores = score_file(
        written(tmp_path, ROW | {"completion": said}, ROW | {"completion": said[1:]})
    )
    assert scores["total"].to_list() == [1, 1]


def test_golds_come_from_a_dataset(tmp_path, dataset):
    text = completion_of({"objects": [DOG, CAT]})
    rows = [{"question_id": name, "completion": text} for name in ("q2", "q1", "q2")]
    scores = score_file(written(tmp_path, *rows, ROW), dataset)
    assert scores["question_id"].to_list() == ["q2", "q1", "q2", None]
    # q2 has one object and no relationship: count 1 - 1/1. q1 lacks its relationship: 0.7.
    assert scores["count"].to_list() == [0, 0.7, 0, 1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b"{", "not JSON: "),
        (b'{"completion": "a', "not JSON: Unterminated string starting at column 16"),
        (b"\xff", "not UTF-8, as JSON lines are"),
        (b'{"a":' + b"[" * 100_000, "recursion"),
        (b"7", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        ({"gold": GOLD}, "completion is missing or not text: it has gold; rename"),
        ({"output": "x", "gts": "y"}, "completion is missing or not text: it has gts, output;"),
        ([ROW], "a JSON array: write each of its objects on one line"),
        (ROW | {"completion": ["text"]}, "completion is missing or not text"),
        (ROW | {"completion": []}, "completion is missing or not text"),
        (ROW | {"completion": [{"role": "user"}]}, "completion is missing or not text"),
        (
            ROW | {"completion": [{"content": [{"image": "x"}]}]},
            "completion is missing or not text",
        ),
        ({"completion": "x"}, "it lacks gold, width and height, or a question_id"),
        ({"completion": "x", "question_id": 7}, "question_id is not text"),
        (ROW | {"question_id": "\ud800"}, "question_id is not text"),
        ({"completion": "x", "question_id": "q1"}, "it needs a dataset: give --dataset FOLDER"),
        (ROW | {"gold": 7}, "gold is not text"),
        (ROW | {"width": "100"}, "width and height are missing or not numbers"),
        (ROW | {"height": True}, "width and height are missing or not numbers"),
        (ROW | {"height": 0}, "no image has a size of 100 x 0"),
        (ROW | {"gold": "(B) behind"}, "broken gold '(B) behind'"),
        (ROW | {"gold": gold_of({"objects": [DOG, DOG]})}, "the id of object 1 is"),
    ],
)
def test_a_bad_line_is_named(tmp_path, row, message):
    path = written(tmp_path, ROW, row)
    with pytest.raises(ValueError) as error:
        score_file(path)
    assert str(error.value).startswith(f"{path} line 2: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_completions_in_parquet_are_asked_for_as_json_lines(tmp_path):
    path = tmp_path / "completions_00010.parquet"
    pl.DataFrame({"step": [10], "prompt": ["?"], "completion": ["<answer>"]}).write_parquet(path)
    with pytest.raises(ValueError, match=r"parquet line 1: a Parquet file: write its rows as JSON"):
        score_file(path)


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (gzip.compress(b"{}", mtime=0), "packed by gzip: unpack the file first"),
        (b"PK\x03\x04\x14\0", "packed by zip"),
        (b"ARROW1\0\0", "an Arrow file: write its rows as JSON lines"),
    ],
)
def test_completions_that_are_packed_or_no_text_are_told_from_bad_lines(tmp_path, start, told):
    path = tmp_path / "completions.jsonl"
    path.write_bytes(start)
    with pytest.raises(ValueError, match=f"jsonl line 1: {told}"):
        score_file(path)


def test_a_question_that_the_dataset_lacks_is_named(tmp_path, dataset):
    path = written(tmp_path, {"question_id": "q9", "completion": "x"})
    with pytest.raises(ValueError, match=r"line 1: .*/dataset has no question q9"):
        score_file(path, dataset)


def test_the_reward_may_be_another(tmp_path):
    path = written(tmp_path, ROW | {"completion": f"So {ROW['completion'][-30:]}"}, ROW)
    totals = {
        kind: score_file(path, reward=reward_of(kind))["total"].to_list()
        for kind in ("dense", "published", "sparse", "published-sparse")
    }
    assert totals["dense"] == [0, 1]
    assert totals["published"] == [0, pytest.approx(1, abs=1e-6)]
    assert totals["sparse"][1] == 1 and totals["published-sparse"] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--kind", "dens"], "error: reward dens: Input should be 'dense', 'published'"),
        (["--similarity", "fuzzy"], "error: no label similarity 'fuzzy': exact, spacy:MODEL or"),
        (["--similarity", "spacy:x"], "error: label similarity spacy:x needs spacy"),
        (["--kind", "sparse", "--similarity", "exact"], 'kind = "sparse" takes no similarity'),
    ],
)
def test_a_reward_that_cannot_be_had_is_one_line(options, message, tmp_path):
    done = call("score", written(tmp_path, ROW), *options)
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.rewards.*"))


def scored_with(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> CompletedProcess[str]:
    """What `score` says where the package spacy is this code."""
    (folder / "spacy.py").write_text(code)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "spacy", raising=False)
    done = call("score", written(folder, ROW), "--similarity", "spacy:x")
    sys.modules.pop("spacy", None)  # monkeypatch would put it back
    return done


@pytest.mark.parametrize(
    "code",
    [
        "raise ImportError('cannot import name Doc')",
        "raise OSError('libtorch.so: cannot open shared object file')",
        "raise ValueError('numpy.dtype size changed')",
        "import sys; sys.exit(1)",
        "import sys; load = lambda name: sys.exit('no such model')",
    ],
)
def test_a_package_of_similarities_that_does_not_work_is_one_line(code, tmp_path, monkeypatch):
    done = scored_with(code, tmp_path, monkeypatch)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: label similarity spacy:x: ")


LOADS = """
import logging, warnings

logging.getLogger("spacy").addHandler(logging.StreamHandler())

def load(name):
    logging.getLogger("spacy").warning("trained elsewhere")
    warnings.warn("the model is of another version")
    logging.getLogger("spacy.util").warning("cannot pin a revision")
    if name == "none":
        raise OSError("no such model")
    return lambda label: type("Doc", (), {"vector": [1.0, 2.0]})
"""


def test_a_package_that_finds_no_model_is_heard_only_where_it_finds_one(
    tmp_path, monkeypatch, caplog, capsys
):
    (tmp_path / "spacy.py").write_text(LOADS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(logging.getLogger("spacy"), "handlers", [])
    monkeypatch.delitem(sys.modules, "spacy", raising=False)
    with pytest.warns(UserWarning, match="of another version"):
        score_file(written(tmp_path, ROW), reward=reward_of("dense", "spacy:found"))
    assert caplog.messages == ["trained elsewhere", "cannot pin a revision"]
    assert capsys.readouterr().err.count("trained elsewhere") == 1
    done = call("score", written(tmp_path, ROW), "--similarity", "spacy:none")
    sys.modules.pop("spacy", None)  # monkeypatch would put it back
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: label similarity spacy:none: cannot load none: no such model")
    assert caplog.messages == ["trained elsewhere", "cannot pin a revision"]


@pytest.mark.parametrize(
    "code", ["raise MemoryError", "def load(name):\n    raise MemoryError('buffer')"]
)
def test_a_machine_without_memory_makes_no_package_a_broken_one(code, tmp_path, monkeypatch):
    done = scored_with(code, tmp_path, monkeypatch)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and line.startswith("error: memory ran out"), line


def test_what_is_no_dataset_is_told(tmp_path, dataset):
    path = written(tmp_path, {"question_id": "q1", "completion": "x"})
    with pytest.raises(ValueError, match="is not a dataset folder"):
        score_file(path, tmp_path)
    (only,) = (dataset / "data").glob("train-*")
    pl.DataFrame({"question_id": ["q1"]}).write_parquet(only)
    (dataset / "data" / "val-00000-of-00001.parquet").unlink()
    with pytest.raises(ValueError, match="lacks the columns answer_option_text, height, width"):
        score_file(path, dataset)


def test_no_completions_are_told(tmp_path):
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(ValueError, match="no completions at"):
            score_file(path)
    with pytest.raises(ValueError, match="holds no completions"):
        score_file(written(tmp_path, b"\n\n"))


def test_scores_are_written_as_parquet_or_json_lines(tmp_path):
    scores = score_file(written(tmp_path, ROW, ROW))
    for name, read in (("a.parquet", pl.read_parquet), ("a.jsonl", pl.read_ndjson)):
        write_scores(scores, tmp_path / "new" / name)
        assert read(tmp_path / "new" / name).rows() == scores.rows()


def test_scores_stand_beside_the_completions_unless_told_otherwise(tmp_path):
    path = tmp_path / "completions.jsonl"
    assert scores_path(path, None) == tmp_path / "completions.rewards.jsonl"
    assert scores_path(path, tmp_path / "a.parquet") == tmp_path / "a.parquet"
    with pytest.raises(ValueError, match=r"ends with .parquet or .jsonl"):
        scores_path(path, tmp_path / "a.csv")
    with pytest.raises(ValueError, match="is the file of completions"):
        scores_path(path, path)


def test_the_table_shows_means(tmp_path):
    scores = score_file(written(tmp_path, ROW, ROW | {"completion": "no"}))
    shown = StringIO()
    print_means(scores, Console(width=80, file=shown))
    text = shown.getvalue()
    assert "Rewards of 2 completions" in text
    assert text.count("0.5000") == 5


@pytest.mark.parametrize(("row", "code"), [(ROW, 0), (b"{", 2)])
def test_the_command(tmp_path, capsys, row, code):
    path = written(tmp_path, row)
    out = tmp_path / "out.parquet"
    with pytest.raises(SystemExit) as stopped:
        cli.main(["score", str(path), "--out", str(out)])
    assert stopped.value.code == code
    told = capsys.readouterr()
    if code:
        assert told.err.startswith(f"error: {path} line 1: not JSON")
        assert told.err.count("\n") == 1
        assert told.out == ""
        assert not out.exists()
    else:
        assert told.out.splitlines()[-1] == str(out)
        assert pl.read_parquet(out)["total"].to_list() == [1.0]
