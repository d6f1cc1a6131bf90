"""Replies of others, from the command line: two models are compared without asking one."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from schemas.config.evaluation import BenchmarkConfig, EvaluatedModel
from schemas.replacing import MACHINE
from tasks.evaluate.about import about_model
from tasks.evaluate.benchmark import write_items
from tasks.evaluate.imported import import_replies, imported_config, named_files
from tests.commands import call

MINIATURES = (
    'benchmarks=[{name="mindcube_tiny",path="miniature"},{name="spbench_si",path="miniature"}]'
)


@pytest.fixture(scope="module")
def root(prefect_server, tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("imported")


@pytest.fixture(scope="module")
def files(root) -> list[Path]:
    """What VLMEvalKit and lmms-eval keep of two models: one is right, the other says A."""
    config = BenchmarkConfig(name="mindcube_tiny", path="miniature")
    items = pl.read_parquet(write_items(config, root)).to_dicts()
    table = [
        {"index": k, "id": row["item_id"], "answer": row["answer"], "question": "?",
         "prediction": f"<answer>{row['answer']}</answer>"}
        for k, row in enumerate(items)
    ]  # fmt: skip
    knows = root / "knows_MindCubeBench_tiny_raw_qa.json"
    knows.write_text(json.dumps(table))
    says_a = root / "org__says-a" / "20261128_101010_samples_mindcube_tiny.jsonl"
    says_a.parent.mkdir()
    lines = [
        {"doc_id": k, "target": "{answer}", "filtered_resps": "A", "resps": ["<think>E.</think>A"]}
        for k in range(len(items))
    ]
    says_a.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return [knows, says_a]


def evaluate(root: Path, *arguments: str | Path):
    return call("evaluate", "--root", root, "--set", MINIATURES, *arguments)


@pytest.mark.long
def test_two_models_are_compared_by_their_files_alone(root, files, tmp_path):
    done = evaluate(
        root, "--replies", files[0], "--replies", files[1], "--export", tmp_path / "out"
    )
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip().splitlines()[-1])
    scores = pl.read_parquet(folder / "scores.parquet").filter("is_main")
    found = {(row["model"], row["rule"]): row["value"] for row in scores.iter_rows(named=True)}
    answers = pl.read_parquet(folder / "items.parquet")
    share = 100 * (answers.filter(model="knows")["answer"] == "A").mean()
    assert found["knows", "official"] == found["knows", "easi"] == 100.0
    assert found["says-a", "official"] == pytest.approx(share)
    # MindCube's own parser takes the letter with a full stop from the thought.
    assert found["says-a", "official_parser"] == 0.0
    about = json.loads((folder / "evaluation.json").read_text())
    assert about["models"][1]["place"] == f"replies in {files[1].name}"
    pairs = pl.read_parquet(folder / "pairs.parquet")
    assert pairs.select("model", "other", "only_other").rows() == [("knows", "says-a", 0)]
    page, text = ((folder / f"report.{kind}").read_text() for kind in ("html", "md"))
    assert "1 tests" in page and "Holm" in page and "Holm" in text
    assert "56.3" not in page  # of GPT-5, which no model here is
    exported = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert exported == ["knows_mindcube_tiny.tsv", "says-a_mindcube_tiny.tsv"]
    left = folder.with_name(f"0123.partial-1-{MACHINE}-{2**22 + 7}")  # no process has this id
    left.mkdir()
    again = evaluate(root, "--replies", tmp_path / "out" / exported[1])
    assert not left.exists()
    same = pl.read_parquet(Path(again.stdout.strip().splitlines()[-1]) / "items.parquet")
    assert same["text"].to_list() == answers.filter(model="says-a")["text"].to_list()


def test_files_of_replies_are_told_by_name_and_digest(files, tmp_path):
    told = []
    for folder, more in (("one", ""), ("two", ""), ("three", "\n")):
        file = tmp_path / folder / files[0].name
        file.parent.mkdir()
        file.write_text(files[0].read_text() + more)
        model = EvaluatedModel(name="m", files={"mindcube_tiny": [str(file)]})
        told.append(about_model(model, tmp_path))
    assert told[0].place == f"replies in {files[0].name}"
    assert told[0].digest == told[1].digest != told[2].digest
    assert len(told[0].digest) == 16


@pytest.mark.parametrize(
    ("name", "model", "benchmark"),
    [
        ("Qwen2.5-VL-7B_ViewSpatialBench.xlsx", "Qwen2.5-VL-7B", "viewspatial"),
        ("m_x_SparBench_tiny_extract_matching.xlsx", "m_x", "spar_bench_tiny"),
        ("gpt_3DSRBench.tsv", "gpt", "3dsrbench"),
        ("gpt_3DSRBench_circular_exact_matching_result.xlsx", "gpt", "3dsrbench"),
        ("gpt_3DSRBench_openai_result.xlsx", "gpt", "3dsrbench"),
        ("gpt_BLINK.tsv", "gpt", "blink_whole"),
        ("a b_blink.tsv", "a-b", "blink_whole"),
        ("blink=my replies.tsv", "my-replies", "blink"),
        ("org__m/20260101_101010_samples_mindcube_tiny.jsonl", "m", "mindcube_tiny"),
        ("m/samples_embspatial.jsonl", "m", "embspatial"),
        ("m/samples_blink_multi_view_reasoning.jsonl", "m", "blink_whole"),
    ],
)
def test_a_files_name_says_model_and_benchmark(name, model, benchmark, tmp_path):
    given, _, file = name.rpartition("=")
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    (found,) = named_files([f"{given}={path}" if given else str(path)])
    assert (found.model, found.benchmark, found.path) == (model, benchmark, path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no configuration: name a .toml file, or files with --replies"),
        (["--replies", "none.xlsx"], "no file of replies at none.xlsx: correct its path"),
        (["--replies", "{x}"], "says no benchmark: write it as BENCHMARK="),
        (["--replies", "mmvp={x}"], "there are replies to mmvp, which the configuration lacks"),
        (
            ["--replies", "{0}", "--replies", "{0}"],
            "knows_MindCubeBench_tiny_raw_qa.json is named twi",
        ),
        (
            ["--replies", "{0}", "--replies", "{copy}"],
            "/copy/knows_MindCubeBench_tiny_raw_qa.json ",
        ),
        (["--replies", "nosuch={x}"], "no benchmark nosuch: there are "),
        (["--replies", "mmvp="], "name the file of replies after ="),
        (["--replies", "mindcube_tiny={deep}"], "deep.json is nested too deep: get it again"),
        (["--replies", "{0}", "--export", "{x}"], "unknown.json is a file: name a folder"),
        (["--replies", "{0}", "--export-as", "pkl"], "no format pkl of replies: there are xlsx, t"),
    ],
)
def test_what_cannot_be_imported_is_one_line_and_exit_code_2(arguments, message, root, files):
    unknown = shutil.copy(files[0], root / "unknown.json")
    deep = root / "deep.json"
    deep.write_text("[" * 100_000)
    (root / "copy").mkdir(exist_ok=True)
    copy = shutil.copy(files[0], root / "copy")
    places = {"{copy}": copy, "{x}": unknown, "{0}": files[0], "{deep}": deep}
    words = list(arguments)
    for mark, place in places.items():
        words = [word.replace(mark, str(place)) for word in words]
    refused = evaluate(root, *words)
    assert refused.returncode == 2, refused.stderr
    assert message in refused.stderr.strip().splitlines()[-1]
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("entries", [["mmvp"], "mmvp", {"name": "mmvp"}, 3])
def test_benchmarks_that_are_no_tables_are_told(entries, tmp_path):
    (tmp_path / "gpt.jsonl").write_text("")
    with pytest.raises(ValueError, match=r"write each as \[\[benchmarks\]\] with its name"):
        imported_config([f"mmvp={tmp_path / 'gpt.jsonl'}"], {"benchmarks": entries})


def test_files_about_parts_are_one_model(root, tmp_path):
    """lmms-eval keeps a file for each task of BLINK, and counts its items from 0 on."""
    config = BenchmarkConfig(name="blink_whole", path="miniature")
    items_path = write_items(config, root)
    items = pl.read_parquet(items_path)
    files = []
    for task in ("Jigsaw", "Multi-view_Reasoning"):
        answer = items.filter(subset=task)["answer"][0]
        line = {"doc_id": 0, "target": f"({answer})", "filtered_resps": f"{task}: {answer}"}
        files.append(tmp_path / f"samples_blink_{task.lower().replace('-', '_')}.jsonl")
        files[-1].write_text(json.dumps(line))
    found = import_replies(items_path, files, "m")
    said = dict(found.drop_nulls("text").select("item_id", "text").iter_rows())
    assert {name: text.split(":")[0] for name, text in said.items()} == {
        "val_Jigsaw_1": "Jigsaw", "val_Multi-view_Reasoning_1": "Multi-view_Reasoning"
    }  # fmt: skip
    assert found["item_id"].to_list() == items["item_id"].to_list()
    told = r"jigsaw.jsonl and .*jigsaw.jsonl both have a reply to item val_Jigsaw_1: keep one"
    with pytest.raises(ValueError, match=told):
        import_replies(items_path, [files[0], Path(shutil.copy(files[0], tmp_path.parent))], "m")


def test_files_of_one_model_with_some_rows_each_count_together(root, files, tmp_path):
    rows = json.loads(files[0].read_text())
    halves = [tmp_path / half / files[0].name for half in ("first", "second")]
    for path, some in zip(halves, (rows[:4], rows[4:]), strict=True):
        path.parent.mkdir()
        path.write_text(json.dumps(some))
    done = evaluate(root, "--replies", halves[0], "--replies", halves[1])
    assert done.returncode == 0, done.stderr
    found = pl.read_parquet(Path(done.stdout.strip().splitlines()[-1]) / "items.parquet")
    assert found["is_right"].to_list() == [True] * len(rows)


@pytest.mark.parametrize(
    ("text", "what", "number"),
    [
        ("Failed to obtain answer via API.", "'Failed to obtain answer' in place of a reply", 2),
        (" ", "an empty reply, as lmms-eval writes where it got none,", 9),
    ],
)
def test_replies_that_a_harness_did_not_get_are_told_and_wrong(
    root, files, tmp_path, text, what, number
):
    rows = json.loads(files[0].read_text())
    failed = [row | {"prediction": text} for row in rows[2:]]
    path = tmp_path / "part" / files[0].name
    path.parent.mkdir()
    path.write_text(json.dumps(rows[:2] + failed))
    done = evaluate(root, "--replies", path)
    assert f"{what} to {len(failed)} of {len(rows)} items" in done.stderr
    assert f": {number} replies, " in done.stderr
    found = pl.read_parquet(Path(done.stdout.strip().splitlines()[-1]) / "items.parquet")
    assert found["is_right"].sum() == 2


@pytest.mark.parametrize("order", [1, -1])
def test_what_another_run_asked_again_counts(root, files, tmp_path, order):
    """VLMEvalKit writes that it got no reply in place of one."""
    rows = json.loads(files[0].read_text())
    failed = [row | {"prediction": "Failed to obtain answer via API."} for row in rows[2:]]
    parts = [tmp_path / part / files[0].name for part in ("first", "again")]
    for path, some in zip(parts, (rows[:2] + failed, rows[2:]), strict=True):
        path.parent.mkdir()
        path.write_text(json.dumps(some))
    done = evaluate(root, *(word for path in parts[::order] for word in ("--replies", path)))
    assert done.returncode == 0, done.stderr
    found = pl.read_parquet(Path(done.stdout.strip().splitlines()[-1]) / "items.parquet")
    assert found["is_right"].to_list() == [True] * len(rows)


@pytest.mark.long
def test_a_blind_model_says_which_items_need_no_picture(root, files, tmp_path):
    """By its name, where its replies are imported."""
    blind = shutil.copy(files[0], tmp_path / "Gpt-blind_mindcube_tiny.json")
    done = evaluate(root, "--replies", files[1], "--replies", blind)
    folder = Path(done.stdout.strip().splitlines()[-1])
    items = pl.read_parquet(folder / "audit.parquet")
    assert items["is_blind_right"].all()
    assert items["num_models"].unique().to_list() == [1]
    assert json.loads((folder / "evaluation.json").read_text())["blind"] == ["Gpt-blind"]


def test_a_file_about_other_rows_is_refused_at_the_first_that_differs(root, files):
    wrong = root / "wrong_spbench_si.json"
    wrong.write_text(json.dumps([{"index": 0, "answer": "Z", "prediction": "A"}]))
    refused = evaluate(root, "--replies", wrong)
    assert refused.returncode == 2
    assert "1 rows that do not say their item" in refused.stderr.strip().splitlines()[-1]
