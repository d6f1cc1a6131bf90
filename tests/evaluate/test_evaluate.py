"""Evaluation from end to end: a tiny local model, an endpoint on loopback, every benchmark."""

import base64
import io
import json
import re
import shutil
import subprocess
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from evaluation.images import sent
from evaluation.photographs import PhotographStore
from evaluation.prompting import prompt_of
from flows.evaluate import EvaluationFailedError
from schemas.benchmark import MASK, PromptTemplate, fact
from schemas.chat import Account
from schemas.completion.frames import smart_resize
from schemas.config.evaluation import (
    BenchmarkConfig,
    EvaluateConfig,
    EvaluatedModel,
    load_evaluate_config,
)
from tasks.artifact import read_seal, seal_path_of
from tasks.chat.errors import ChatRefusedError
from tasks.evaluate.asked import asked_of
from tasks.evaluate.benchmark import load_benchmark, write_items
from tasks.evaluate.endpoint_replies import ask_endpoint
from tests.builds import save_config
from tests.commands import REPOSITORY, call
from tests.servers.endpoint import serve
from tests.servers.faults import Completion, Faults

CONFIGS = sorted((REPOSITORY / "configs" / "evaluate").glob("*.toml"))
TINY = {
    "name": "tiny",
    "max_new_tokens": 6,
    "min_pixels": 3136,
    "max_pixels": 12544,
    "local": {"model": "tiny", "batch_size": 4, "dtype": "float32"},
}
THREE = [{"name": name, "path": "miniature"} for name in ("mmvp", "blink", "robospatial_home")]


def tree_of(**changes: Any) -> dict[str, Any]:
    tree = {"name": "tried", "seed": 3, "num_bootstrap": 20, "models": [TINY], "benchmarks": THREE}
    return tree | changes


def evaluate(config: Path, root: Path) -> subprocess.CompletedProcess[str]:
    return call("evaluate", config, "--root", root)


def read_items(config: BenchmarkConfig, root: Path) -> pl.DataFrame:
    return pl.read_parquet(write_items(config, root))


def run(tree: dict[str, Any], root: Path) -> Path:
    from flows.evaluate import run_evaluation

    return run_evaluation(EvaluateConfig.model_validate(tree), root)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configurations_are_valid_and_named_after_their_file(path):
    assert load_evaluate_config(path).name == path.stem


@pytest.fixture(scope="module")
def root(prefect_server, tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("evaluated")


def item_key(image: bytes, text: str) -> str:
    return sha256(image + text.encode()).hexdigest()


def perfect_replier(items: pl.DataFrame, model: EvaluatedModel, root: Path):
    """A model that looks at the very picture that it was sent, and knows the answer."""
    known, store = {}, PhotographStore(root)
    for row in items.iter_rows(named=True):
        size = row["width"], row["height"]
        text = prompt_of(row, model.template, model.frame_of(size))
        known[item_key(sent(store.read(row["images"][-1]), size), text)] = row

    def reply(body: dict[str, Any]) -> str:
        picture, words = body["messages"][-1]["content"]
        data = base64.b64decode(picture["image_url"]["url"].partition("base64,")[2])
        row = known[item_key(data, words["text"])]
        if row["kind"] == "point":
            (x1, y1), _, (x2, y2), _ = json.loads(row["answer"])
            return f"<answer>({(x1 + x2) / 2}, {(y1 + y2) / 2})</answer>"
        return f"<think>I see.</think>\n<answer>{row['answer']}</answer>"

    return reply


def chat_model(url: str, **changes: Any) -> dict[str, Any]:
    chat = {"model": "perfect", "base_url": url, "api_key_env": None, "timeout_seconds": 10.0}
    price = {"input": 1.0, "output": 2.0}
    return {
        "name": "perfect",
        "template": "reasoning",
        "frame": "paper_compatible",
        "chat": chat | {"price": price},
    } | changes


@pytest.mark.long
def test_a_perfect_endpoint_scores_100_on_everything_and_is_asked_once(root):
    config = load_evaluate_config(REPOSITORY / "configs" / "evaluate" / "sample.toml")
    benchmarks = [entry.model_dump() | {"path": "miniature"} for entry in config.benchmarks]
    items = pl.concat([read_items(entry, root) for entry in config.benchmarks])
    model = EvaluatedModel.model_validate(chat_model("http://127.0.0.1:1"))
    with serve(perfect_replier(items, model, root)) as endpoint:
        tree = tree_of(models=[chat_model(endpoint.url)], benchmarks=benchmarks)
        folder = run(tree, root)
        num_asked = len(endpoint.requests)
        shutil.rmtree(root / "artifacts" / "infer")
        assert run(tree, root) == folder
        assert len(endpoint.requests) == num_asked
    scores = pl.read_parquet(folder / "scores.parquet")
    official = scores.filter(pl.col("rule") == "official")
    assert official["value"].to_list() == pytest.approx([100.0] * official.height)
    replies = pl.read_parquet(folder / "items.parquet")
    assert (replies["cost"] > 0).all()
    # The published parser takes most of these replies for A.
    paper = scores.filter(pl.col("rule") == "paper_compatible", pl.col("is_main"))
    assert paper["value"].min() < 100


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (tree_of(models=[TINY | {"local": {"model": "nothing-here"}}]), "no model nothing-here"),
        (tree_of(models=[TINY, TINY]), "the model tiny is listed twice"),
        (
            tree_of(benchmarks=[{"name": "postbnch", "path": "miniature"}]),
            "no benchmark postbnch: there are cv_bench, blink",
        ),
        (tree_of(benchmarks=[THREE[0], THREE[0]]), "the benchmark mmvp is listed twice"),
        (
            tree_of(benchmarks=[{"name": "mmvp", "path": "/no/such"}]),
            "nothing was evaluated: mmvp has no copy at /no/such: correct its path",
        ),
        (tree_of(models=[{"name": "none"}]), "give one of the sections local, chat and files"),
        (
            tree_of(
                models=[{"name": "m", "chat": {"model": "gpt-4o", "api_key_env": "NO_SUCH_KEY"}}]
            ),
            "no key for gpt-4o: set the environment variable NO_SUCH_KEY",
        ),
        (
            tree_of(models=[{"name": "m", "chat": {"model": "gpt-4o"}}], budget=1.0),
            "budget needs to know what is spent: set m.chat.price.input and .output",
        ),
        (
            tree_of(replies="postgresql://me:secret@host/db"),
            "replies: no password here: put it into PGPASSWORD or ~/.pgpass",
        ),
        (tree_of(replies="mysql://host/db"), "write it as postgresql://user@host/database"),
    ],
)
def test_what_cannot_be_evaluated_is_one_line_and_exit_code_2(
    tree, message, prefect_server, tmp_path
):
    refused = evaluate(save_config(tmp_path / "c.toml", tree), tmp_path)
    assert refused.returncode == 2, refused.stderr
    assert message in refused.stderr.strip().splitlines()[-1]
    assert "Traceback" not in refused.stderr
    assert "secret" not in refused.stderr


@pytest.mark.long
def test_validation_splits_of_several_datasets_stand_side_by_side(root, drawn_dataset):
    splits = [
        {"name": "stvqa_val", "path": str(drawn_dataset)},
        {"name": "stvqa_val", "label": "elsewhere", "path": "miniature"},
    ]
    with serve(lambda _: "<answer>(A)</answer>") as endpoint:
        folder = run(tree_of(models=[chat_model(endpoint.url)], benchmarks=splits), root)
    scores = pl.read_parquet(folder / "scores.parquet")
    assert scores["benchmark"].unique().sort().to_list() == ["elsewhere", "stvqa_val"]
    grounding = pl.read_parquet(folder / "grounding.parquet")
    assert grounding["benchmark"].unique().sort().to_list() == ["elsewhere", "stvqa_val"]
    report = (folder / "report.md").read_text()
    dataset = f"{drawn_dataset.parent.name}/{drawn_dataset.name}"
    assert f"| STVQA validation | {dataset} |" in report
    assert "| elsewhere | its miniature, drawn here |" in report
    page = (folder / "report.html").read_text()
    asked = pl.read_parquet(folder / "items.parquet").filter(benchmark="stvqa_val")
    assert set(re.findall(r"<code>spatialthinker why --dataset (\S+) (\S+)</code>", page)) == {
        (dataset, item) for item in asked["item_id"].str.replace("stvqa_val-", "")
    }


def test_a_blind_model_is_shown_no_pictures(root):
    tree = tree_of(name="blind", benchmarks=[{"name": "mindcube_tiny", "path": "miniature"}])
    with serve(lambda _: "A") as endpoint:
        sees = chat_model(endpoint.url)
        sees["chat"]["model"] = "looks"  # nobody asked it anything before
        blind = sees | {"name": "not", "blind": True}
        folder = run(tree | {"models": [sees, blind]}, root)
        kinds = [
            sorted({part["type"] for message in body["messages"] for part in _parts(message)})
            for body in (record.body for record in endpoint.requests)
        ]
    assert sorted(kinds) == [["image_url", "text"]] * 9 + [["text"]] * 9
    assert pl.read_parquet(folder / "audit.parquet")["is_blind_right"].null_count() == 0


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text"}] if isinstance(content, str) else content


@pytest.mark.long
def test_an_endpoint_that_does_not_reply_leaves_errors_that_are_asked_again(root):
    tree = tree_of(name="away", benchmarks=[{"name": "spatialbench", "path": "miniature"}])
    with serve(lambda _: "(A)", faults=Faults(rates={"drop": 0.5})) as endpoint:
        model = chat_model(endpoint.url, name="shy")
        model["chat"] |= {"model": "shy", "max_attempts": 1}
        first = run(tree | {"models": [model]}, root)
        share = pl.read_parquet(first / "scores.parquet")["error_share"][0]
        assert 0 < share < 1
        endpoint.faults = Faults()
        second = run(tree | {"models": [model]}, root)
    assert second != first
    assert pl.read_parquet(second / "scores.parquet")["error_share"][0] == 0


def test_an_endpoint_that_replies_to_nothing_is_no_score(root):
    tree = tree_of(
        name="away", benchmarks=[{"name": "spatialbench", "path": "miniature", "max_items": 3}]
    )
    with serve(lambda _: "(A)", faults=Faults(rates={"garbage": 1.0})) as endpoint:
        model = chat_model(endpoint.url, name="silent")
        model["chat"] |= {"model": "silent", "max_attempts": 1}
        with pytest.raises(EvaluationFailedError, match=r"replied to none of \d+ items \(.*JSON"):
            run(tree | {"models": [model]}, root)
        endpoint.faults = Faults()
        folder = run(tree | {"models": [model]}, root)
    assert pl.read_parquet(folder / "scores.parquet")["error_share"][0] == 0


def test_a_budget_holds_for_an_evaluation_and_pictures_count_by_their_size(root):
    tree = tree_of(name="paid", benchmarks=[{"name": "spatialbench", "path": "miniature"}])
    with serve(lambda _: "(A)") as endpoint:
        model = chat_model(endpoint.url, name="paid", max_new_tokens=100)
        model["chat"] |= {"model": "paid", "tokens_per_minute": 10_000_000}
        # What is set aside for a picture of 400 x 300: 400 tokens, at a dollar a million.
        folder = run(tree | {"models": [model], "budget": 0.01}, root)
        num_items = pl.read_parquet(folder / "items.parquet").height
        assert len(endpoint.requests) == num_items > 0
        model["chat"] |= {"model": "dear", "price": {"input": 1000.0, "output": 1000.0}}
        with pytest.raises(EvaluationFailedError, match=r"the budget of 0\.01 US dollars does not"):
            run(tree | {"models": [model], "budget": 0.01}, root)
        assert len(endpoint.requests) == num_items


def test_a_sample_of_items_is_asked_and_a_larger_one_asks_for_the_rest(root, tmp_path):
    with serve(lambda _: "(A)") as endpoint:
        model = chat_model(endpoint.url, name="sampled")
        model["chat"] |= {"model": "sampled"}  # others have paid for the replies of theirs
        tree = tree_of(
            name="sampled", models=[model], benchmarks=[{"name": "mmstar", "path": "miniature"}]
        )
        config = save_config(tmp_path / "sampled.toml", tree)
        planned = call("evaluate", config, "--items", "3", "--plan", "--root", root)
        assert "3 items to ask" in planned.stdout
        folder = run(tree | {"items": 3}, root)
        assert len(endpoint.requests) == 3
        told = "- items: at most 3 of each benchmark, drawn with seed 3, each category by its share"
        assert told in (folder / "report.md").read_text(encoding="utf-8")
        run(tree | {"items": 6}, root)
        assert len(endpoint.requests) == 6


def test_replies_in_files_are_all_scored(tmp_path):
    model = {"name": "theirs", "files": {"mmvp": ["theirs.tsv"]}}
    with pytest.raises(ValueError, match="items: the replies of theirs are in files and cost"):
        EvaluateConfig.model_validate(tree_of(models=[model], items=4))


@pytest.mark.parametrize("harm", [Path.unlink, lambda seal: seal.write_text("{")])
def test_items_whose_seal_was_not_written_whole_are_loaded_again(harm, tmp_path):
    config = BenchmarkConfig.model_validate(THREE[0])
    first = load_benchmark.fn(config, None, 3, tmp_path)
    assert load_benchmark.fn(config, None, 3, tmp_path).name == "Cached"
    items = pl.read_parquet(first)
    harm(seal_path_of(first))
    again = load_benchmark.fn(config, None, 3, tmp_path)
    assert again == first
    assert read_seal(again)["content"]["rows"] == items.height
    again.write_bytes(b"")
    assert pl.read_parquet(load_benchmark.fn(config, None, 3, tmp_path)).equals(items)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("which", ["images", "masks"])
def test_photographs_that_are_gone_or_damaged_are_stored_again(which, harm, tmp_path):
    config = BenchmarkConfig.model_validate(THREE[2])
    items = pl.read_parquet(load_benchmark.fn(config, None, 3, tmp_path))
    digest = items["images"][0][0] if which == "images" else masks_of(items)[0]
    store = PhotographStore(tmp_path)
    sound = store.read(digest)
    harm(store.path(digest))
    with pytest.raises(ValueError, match="gone or damaged: run the same command again"):
        store.read(digest)
    assert pl.read_parquet(load_benchmark.fn(config, None, 3, tmp_path)).equals(items)
    assert store.read(digest) == sound
    assert load_benchmark.fn(config, None, 3, tmp_path).name == "Cached"


def masks_of(items: pl.DataFrame) -> list[str]:
    found = (fact(facts, MASK) for facts in items["facts"])
    return [digest for digest in found if digest]


@pytest.mark.long
def test_a_benchmark_that_cannot_be_scored_does_not_stop_the_others(tmp_path, prefect_server):
    """The masks are damaged while the model replies."""
    mmvp, points = (BenchmarkConfig.model_validate(THREE[number]) for number in (0, 2))
    masks = masks_of(read_items(points, tmp_path))
    store = PhotographStore(tmp_path)

    def reply(body: dict[str, Any]) -> str:
        for digest in masks:
            store.path(digest).write_bytes(b"")
        return "<answer>(0.5, 0.5)</answer>"

    with serve(reply) as endpoint:
        tree = tree_of(models=[chat_model(endpoint.url)], benchmarks=[THREE[2], THREE[0]])
        told = "1 of 2 evaluations failed, the first: the photograph .* is gone or damaged"
        with pytest.raises(EvaluationFailedError, match=told) as failed:
            run(tree, tmp_path)
        page = Path(str(failed.value).partition("report on the others: ")[2].rstrip(")"))
        scores = pl.read_parquet(page.parent / "scores.parquet")
        assert scores["benchmark"].unique().to_list() == [mmvp.name]
        num_asked = len(endpoint.requests)
        masks.clear()
        scores = pl.read_parquet(run(tree, tmp_path) / "scores.parquet")
        assert scores["benchmark"].unique().sort().to_list() == [mmvp.name, points.name]
        assert len(endpoint.requests) == num_asked


def test_an_endpoint_that_says_nothing_ends_its_benchmark_and_is_asked_again(tmp_path):
    entries = [BenchmarkConfig.model_validate(entry) for entry in THREE]
    mmvp, other = (read_items(entry, tmp_path) for entry in entries[:2])
    account = Account("nobody", f"sqlite:///{tmp_path / 'replies.sqlite'}")

    def silent(body: dict[str, Any]) -> str | Completion:
        told = body["messages"][-1]["content"][-1]["text"]
        return Completion("", "length") if told in prompts else "I cannot see a thing."

    with serve(silent) as endpoint:
        model = EvaluatedModel.model_validate(chat_model(endpoint.url))
        prompts = {asked_of(row, model)["prompt"] for row in mmvp.iter_rows(named=True)}
        with pytest.raises(ChatRefusedError, match="5 of 5 answers cannot be used, the last one as "
                           "reply-truncated: the reply has no text"):  # fmt: skip
            ask_endpoint(mmvp, model, account, tmp_path)
        replies, _, _ = ask_endpoint(other, model, account, tmp_path)
        assert replies["text"].unique().to_list() == ["I cannot see a thing."]
        num_asked, prompts = len(endpoint.requests), set()
        replies, missing, _ = ask_endpoint(mmvp, model, account, tmp_path)
        assert len(endpoint.requests) == num_asked + mmvp.height
        assert missing == [] and replies["error"].null_count() == mmvp.height


ITEM = {
    "question": "Which is larger?",
    "options": [{"letter": "A", "text": "dog"}, {"letter": "B", "text": "cat"}],
    "kind": "choice",
}


@pytest.mark.parametrize(
    ("template", "kind", "starts", "ends"),
    [
        ("spatial_thinker", "choice", "You FIRST observe the image", "(A) dog\n(B) cat"),
        ("published", "choice", "You FIRST observe the image", "(A) dog\n(B) cat"),
        ("reasoning", "choice", "Look at the picture", "\n\nWhich is larger?\n(A) dog\n(B) cat"),
        ("direct", "choice", "Which is larger?\n(A) dog", "and with nothing else."),
        ("direct", "text", "Which is larger?\nAnswer with a word", "and with nothing else."),
        ("direct", "point", "Which is larger?", "to 1 at the bottom."),
        ("spatial_thinker", "point", "You FIRST", "to 1 at the bottom."),
    ],
)  # fmt: skip
def test_prompts_state_question_options_and_what_is_wanted(template, kind, starts, ends):
    item = ITEM | {"kind": kind} | ({} if kind == "choice" else {"options": []})
    prompt = prompt_of(item, PromptTemplate(template), (640, 480))
    assert prompt.startswith(starts)
    assert prompt.endswith(ends)
    assert ("Image size: 640 x 480" in prompt) is (template == "spatial_thinker")


def test_the_stated_frame_is_the_one_that_is_shown():
    model = EvaluatedModel.model_validate(TINY)
    assert model.frame_of((400, 300)) == smart_resize(400, 300, min_pixels=3136, max_pixels=12544)
    paper = EvaluatedModel.model_validate(TINY | {"frame": "paper_compatible"})
    assert paper.frame_of((400, 300)) == (400, 300)


def test_pictures_are_sent_in_the_stated_size():
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(buffer, "WEBP")
    for size in ((40, 20), (56, 28)):
        with Image.open(io.BytesIO(sent(buffer.getvalue(), size))) as image:
            assert (image.size, image.format) == (size, "PNG")


def test_several_pictures_are_sent_in_order(root):
    from tasks.evaluate.endpoint_replies import messages_of

    store = PhotographStore(root)
    digests = []
    for color in ("red", "blue"):
        buffer = io.BytesIO()
        Image.new("RGB", (56, 56), color).save(buffer, "PNG")
        digests.append(store.put(buffer.getvalue()))
    model = EvaluatedModel.model_validate(chat_model("http://127.0.0.1:1"))
    messages = list(messages_of({"images": digests}, "Which?", model, store))
    assert [message.text for message in messages] == ["Picture 1:", "Which?"]
    loaded = [message.photograph.load() for message in messages if message.photograph]
    assert [sha256(data).hexdigest() for data in loaded] == digests


def test_a_picture_that_a_model_cannot_be_shown_is_refused_by_its_item():
    model = EvaluatedModel.model_validate(TINY)
    item = {"benchmark": "mmvp", "item_id": "7", "width": 1, "height": 300}
    with pytest.raises(ValueError, match=r"item 7 of mmvp: .* 1 x 300 pixels; leave the item out"):
        asked_of(item, model)


def test_items_of_a_picture_are_asked_one_after_another(root):
    items = read_items(BenchmarkConfig(name="spatialbench", path="miniature"), root)
    shown = items["images"].list.first().unique(maintain_order=True).to_list()[:3]
    parts = [
        items[:3].with_columns(
            item_id=pl.col("item_id") + f"-{turn}",
            question=pl.col("question") + f" {turn}",
            images=pl.Series([[one] for one in shown]),
        )
        for turn in range(3)
    ]
    items = pl.concat(parts)

    def reply(body: dict[str, Any]) -> str:
        picture, _ = body["messages"][-1]["content"]
        return f"<answer>{len(picture['image_url']['url'])}</answer>"

    with serve(reply) as endpoint:
        tree = chat_model(endpoint.url)
        tree["chat"] |= {"max_concurrent": 1, "extra_body": {"seed": 3}}
        model = EvaluatedModel.model_validate(tree)
        account = Account("ordered", f"sqlite:///{root}/ordered.sqlite")
        replies, missing, _ = ask_endpoint(items, model, account, root)
        assert not missing
        asked = [
            record.body["messages"][-1]["content"][0]["image_url"]["url"]
            for record in endpoint.requests
        ]
    assert replies["item_id"].to_list() == items["item_id"].to_list()
    turns = [picture for picture, _ in groupby(asked)]
    assert len(asked) == 9 and len(turns) == len(set(turns)) == 3
