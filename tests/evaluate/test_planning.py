"""What an evaluation is foretold to ask is what its server is then asked."""

import base64
import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from schemas.config.evaluation import EvaluateConfig, load_evaluate_config
from tasks.chat.run import Run
from tasks.evaluate.benchmark import write_items
from tasks.evaluate.endpoint_replies import account_of
from tasks.evaluate.infer import parts_of, replies_artifact, write_replies
from tasks.evaluate.planning import Planned, plan_evaluation, told_of
from tests.builds import save_config
from tests.commands import REPOSITORY, call
from tests.evaluate.test_evaluate import TINY, chat_model, tree_of
from tests.servers.endpoint import serve
from tests.servers.faults import Faults

TWO = [{"name": name, "path": "miniature"} for name in ("spatialbench", "mindcube_tiny")]


def config_of(url: str = "http://127.0.0.1:9/v1", **changes: Any) -> EvaluateConfig:
    model = chat_model(url, max_new_tokens=100, **changes)
    return EvaluateConfig.model_validate(tree_of(models=[model], benchmarks=TWO))


def ask(config: EvaluateConfig, root: Path) -> None:
    """As the evaluation does, without scores."""
    (model,), account = config.models, account_of(config, root)
    for entry in config.benchmarks:
        items = write_items(entry, root)
        artifact = replies_artifact(items, entry.title, model, root)
        write_replies(items, entry.title, model, account, artifact, Run())


def tokens_of(body: dict[str, Any]) -> int:
    """Four bytes of text and 750 pixels are a token."""
    total = text = 0
    for message in body["messages"]:
        for part in message["content"]:
            if part["type"] == "image_url":
                data = part["image_url"]["url"].partition("base64,")[2]
                with Image.open(io.BytesIO(base64.b64decode(data))) as image:
                    total += image.width * image.height // 750
            else:
                text = len(part["text"].encode())  # of the last, the question
    return total + text // 4


def test_what_is_foretold_is_asked(tmp_path):
    with serve(lambda _: "(A)") as endpoint:
        config = config_of(endpoint.url)
        planned = plan_evaluation(config, tmp_path)
        assert not endpoint.requests
        assert not list(tmp_path.glob("replies*"))
        ask(config, tmp_path)
        asked = [tokens_of(record.body) for record in endpoint.requests]
    num_items = [entry.items for entry in planned]
    assert [entry.benchmark for entry in planned] == ["spatialbench", "mindcube_tiny"]
    assert sum(num_items) == len(asked)
    assert [entry.known for entry in planned] == [0, 0]
    assert sum(entry.input_tokens for entry in planned) == sum(asked)
    assert [entry.output_tokens for entry in planned] == [100 * number for number in num_items]
    # A dollar for a million tokens in, two out.
    assert [entry.dollars for entry in planned] == pytest.approx(
        [(entry.input_tokens + 2 * entry.output_tokens) / 1e6 for entry in planned]
    )
    again = plan_evaluation(config, tmp_path)
    assert [entry[2:] for entry in again] == [(number, number, 0, 0, 0.0) for number in num_items]


def test_what_has_a_reply_is_not_asked_for_again(tmp_path):
    with serve(lambda _: "(A)", faults=Faults(rates={"drop": 0.5})) as endpoint:
        config = config_of(endpoint.url)
        (model,) = config.models
        impatient = model.model_copy(
            update={"chat": model.chat.model_copy(update={"max_attempts": 1})}
        )
        ask(config.model_copy(update={"models": (impatient,)}), tmp_path)
        planned = plan_evaluation(config, tmp_path)
        assert all(0 < entry.known < entry.items for entry in planned)
        endpoint.faults, before = Faults(), len(endpoint.requests)
        ask(config, tmp_path)
        num_asked = len(endpoint.requests) - before
    assert sum(entry.items - entry.known for entry in planned) == num_asked


def test_a_blind_model_takes_the_words_alone(tmp_path):
    sees, blind = (plan_evaluation(config_of(blind=is_blind), tmp_path) for is_blind in (0, 1))
    # Pictures of 400 x 300.
    num_pictures = [
        pl.read_parquet(write_items(entry, tmp_path))["images"].list.len().sum()
        for entry in config_of().benchmarks
    ]
    assert num_pictures[1] > sees[1].items
    for one, other, number in zip(sees, blind, num_pictures, strict=True):
        assert one.input_tokens - other.input_tokens == number * 160


@pytest.mark.long
def test_batches_of_a_local_model_that_are_written_are_known(tmp_path):
    config = EvaluateConfig.model_validate(tree_of(models=[TINY], benchmarks=TWO[:1]))
    (model,), (entry,) = config.models, config.benchmarks
    (before,) = plan_evaluation(config, tmp_path)
    assert (before.known, before.dollars) == (0, 0.0)
    items = write_items(entry, tmp_path)
    parts = parts_of(replies_artifact(items, entry.title, model, tmp_path))
    parts.mkdir(parents=True)
    pl.read_parquet(items).head(4).select("item_id").write_parquet(parts / "00000000.parquet")
    (after,) = plan_evaluation(config, tmp_path)
    assert after.known == 4
    assert 0 < after.input_tokens < before.input_tokens


def entry(known: int = 0, dollars: float | None = 1.5) -> Planned:
    return Planned("model", "bench", 10, known, 1000, 2000, dollars)


ASKED = "10 items to ask, 1,000 tokens in and at most 2,000 out"


@pytest.mark.parametrize(
    ("planned", "budget", "told"),
    [
        ([entry()], None, f"{ASKED}, for about $1.50 at most."),
        ([entry(dollars=0.0)], 5.0, f"{ASKED}."),
        ([entry(dollars=None)], None, f"{ASKED}, at a price that is not known."),
        ([entry()], 1.5, f"{ASKED}, for about $1.50 at most; the budget is $1.50, which earlier "
         "runs may have used in part."),
        ([entry()], 1.49, f"{ASKED}, for about $1.50 at most; the budget is $1.49, which earlier "
         "runs may have used in part: it may not suffice."),
        ([entry(known=7), entry(dollars=None)], None, "13 items to ask, 2,000 tokens in and at "
         "most 4,000 out, for about $1.50 at most, besides what has no known price."),
    ],
)  # fmt: skip
def test_all_of_it_is_told_in_one_line(planned, budget, told):
    assert told_of(planned, budget) == told


def test_the_command_shows_it_and_asks_nothing(tmp_path):
    with serve(lambda _: "(A)") as endpoint:
        tree = tree_of(models=[chat_model(endpoint.url)], benchmarks=TWO, budget=0.0001)
        done = call(
            "evaluate", save_config(tmp_path / "c.toml", tree), "--root", tmp_path, "--plan"
        )
        assert not endpoint.requests
    assert done.returncode == 0, done.stderr
    assert "mindcube_tiny" in done.stdout
    assert "it may not suffice" in done.stdout.strip().splitlines()[-1]
    tree = tree_of(models=[chat_model("http://127.0.0.1:9/v1")], benchmarks=[{"name": "none"}])
    refused = call("evaluate", save_config(tmp_path / "c.toml", tree), "--plan")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "none" in refused.stderr.strip().splitlines()[-1]


@pytest.mark.long
def test_of_the_sample_each_benchmark_and_its_items_are_shown(tmp_path):
    path = REPOSITORY / "configs" / "evaluate" / "sample.toml"
    done = call("evaluate", path, "--plan", "--root", tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(entry.name in done.stdout for entry in load_evaluate_config(path).benchmarks)
    assert done.stdout.splitlines()[-1].startswith("252 items to ask, ")
    assert not done.stderr
