"""Dollars by hand: of a row, of a stage and of a published sample; never guessed."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.chat import Failure, Usage
from schemas.columns import frame_of
from schemas.config.build import PipelineConfig
from schemas.config.chat import ChatConfig, PriceConfig
from schemas.question import JUDGED, MISSING, VERIFIED
from tasks.chat.account import account_of, check_keys, spent_by
from tasks.publish.costs import (
    cost_of_rows,
    count_costs,
    count_unanswered,
    dollars,
    prices_of,
    total_costs,
)

PRICE = {"input": 2.0, "output": 8.0}
CACHED = PRICE | {"cached": 0.5}
MILLION = 1_000_000


def usage(calls: int, fresh: int, cached: int, output: int) -> dict[str, int]:
    """The model reads fresh tokens and cached ones."""
    return {
        "calls": calls,
        "input_tokens": fresh + cached,
        "cached_tokens": cached,
        "output_tokens": output,
    }


MILLIONS = usage(1, MILLION, MILLION, MILLION)


def chat(price: dict[str, float] | None, **settings: Any) -> dict[str, Any]:
    return {"model": "m", "price": price, **settings}


def config(
    write: dict[str, Any] | None = None, judge: dict[str, Any] | None = None, **more: Any
) -> PipelineConfig:
    tree: dict[str, Any] = {
        "name": "tiny",
        "seed": 1,
        "images": "embed",
        "source": {"kind": "rendered"},
        "quota": {"num_samples": 9},
    }
    if write:
        tree["write"] = {"writer": "model", "chat": write}
    if judge:
        tree["judge"] = {"chat": judge}
    return PipelineConfig.model_validate(tree | more)


def question(number: int, category: str, **columns: Any) -> dict[str, Any]:
    return {"question_id": f"q{number}", "category": category, **columns}


def judged(*rows: dict[str, Any]) -> pl.DataFrame:
    return frame_of([dict.fromkeys(JUDGED.names()) | row for row in rows], JUDGED)


@pytest.mark.parametrize(
    ("price", "settings", "took", "paid"),
    [
        (PRICE, {}, usage(1, MILLION, 0, 0), 2.0),
        (PRICE, {}, usage(1, 0, 0, MILLION), 8.0),
        # Without a price of their own cached tokens cost what others do.
        (PRICE, {}, MILLIONS, 12.0),
        (CACHED, {}, MILLIONS, 10.5),
        (CACHED, {"batch": True}, MILLIONS, 5.25),
        (CACHED | {"batch": 0.25}, {"batch": True}, MILLIONS, 2.625),
        (CACHED | {"batch": 0.25}, {}, MILLIONS, 10.5),
        ({"input": 0.0, "output": 0.0}, {}, MILLIONS, 0.0),
        # A server that counts cached tokens beside the others, not among them, is not owed less.
        (CACHED, {}, usage(1, -5, 10, 0), 5e-6),
        (PRICE, {}, None, 0.0),
        (PRICE, {}, usage(0, 0, 0, 0), 0.0),
        (None, {}, usage(1, 5, 0, 5), None),
        (None, {}, usage(0, 0, 0, 0), 0.0),
        (None, {}, None, 0.0),
    ],
)
def test_what_a_row_cost(
    price: dict[str, float] | None,
    settings: dict[str, Any],
    took: dict[str, int] | None,
    paid: float | None,
) -> None:
    about = ChatConfig.model_validate(chat(price, **settings))
    frame = judged(question(1, "size", write_usage=took))
    assert frame.select(dollars("write_usage", about)).item() == paid
    if took and took["calls"]:
        # Budgets and bills are of one mind.
        counted = Usage(**took).cost(price and PriceConfig(**price), about.batch)
        assert counted == paid


def test_templates_cost_nothing() -> None:
    frame = judged(question(1, "size"))
    assert frame.select(dollars("write_usage", None)).item() == 0.0
    assert frame.select(cost_of_rows(frame.columns, config())).item() == 0.0
    assert pl.select(cost_of_rows(["question_id"], config())).item() == 0.0


@pytest.mark.parametrize(
    ("write", "judge", "paid"),
    [
        (PRICE, PRICE, 12.0 + 12.0 + 8.0),
        (CACHED, PRICE, 10.5 + 12.0 + 8.0),
        (None, PRICE, None),
        (PRICE, None, None),
    ],
)
def test_a_question_costs_what_its_writer_and_judges_took(
    write: dict[str, float] | None, judge: dict[str, float] | None, paid: float | None
) -> None:
    blind = usage(3, 0, 0, MILLION)
    took = {"write_usage": MILLIONS, "judge_usage": MILLIONS, "blind_usage": blind}
    frame = judged(question(1, "size", **took))
    expression = cost_of_rows(frame.columns, config(chat(write), chat(judge)))
    assert frame.select(expression).item() == paid


@pytest.fixture
def questions(tmp_path: Path) -> list[Path]:
    """Two shards: sizes of which one is published, depths of which none is."""
    rows = [
        question(1, "size", write_usage=MILLIONS, judge_usage=MILLIONS, blind_usage=MILLIONS),
        question(2, "size", write_usage=MILLIONS, judge_usage=MILLIONS),
        question(3, "size", write_usage=usage(0, 0, 0, 0)),
        question(4, "depth", write_usage=MILLIONS),
    ]
    paths = []
    for number, part in enumerate((rows[:2], rows[2:])):
        paths.append(tmp_path / f"{number}.parquet")
        judged(*part).write_parquet(paths[-1])
    return paths


SAMPLES = pl.DataFrame({"category": ["size"], "question_id": ["q1"]})


def test_costs_per_stage_and_category(questions: list[Path]) -> None:
    costs = count_costs(questions, SAMPLES, config(chat(PRICE), chat(CACHED)))
    columns = ("stage", "category", "questions", "samples", "calls", "cost", "cost_per_sample")
    assert costs.select(columns).rows() == [
        ("write", "depth", 1, 0, 1, 12.0, None),
        ("write", "size", 2, 1, 2, 24.0, 24.0),
        ("judge", "depth", 0, 0, 0, 0.0, None),
        ("judge", "size", 2, 1, 3, 31.5, 31.5),
    ]
    assert costs["input_tokens"].to_list() == [
        number * 2 * MILLION for number in (1, 2, 0, 3)
    ]  # cached ones are among them
    assert costs["cached_tokens"].to_list() == [number * MILLION for number in (1, 2, 0, 3)]
    assert costs["output_tokens"].to_list() == [number * MILLION for number in (1, 2, 0, 3)]


def test_costs_of_all_samples_hold_all_that_was_lost(questions: list[Path]) -> None:
    costs = count_costs(questions, SAMPLES, config(chat(PRICE), chat(CACHED)))
    columns = ("stage", "questions", "samples", "calls", "cost", "cost_per_sample")
    assert total_costs(costs, 4).select(columns).rows() == [
        ("write", 3, 4, 3, 36.0, 9.0),
        ("judge", 2, 4, 3, 31.5, 7.875),
    ]


def test_one_price_that_is_not_known_spoils_only_its_own_stage(questions: list[Path]) -> None:
    costs = count_costs(questions, SAMPLES, config(chat(PRICE), chat(None)))
    # Nobody judged depths, which is known to cost nothing.
    assert costs["cost"].to_list() == [12.0, 24.0, 0.0, None]
    assert costs["cost_per_sample"].to_list() == [None, 24.0, None, None]
    assert total_costs(costs, 4)["cost"].to_list() == [36.0, None]
    assert total_costs(costs, 4)["cost_per_sample"].to_list() == [9.0, None]


def test_only_stages_that_ask_a_model_are_told_of(questions: list[Path], tmp_path: Path) -> None:
    assert count_costs(questions, SAMPLES, config()).is_empty()
    assert count_costs(questions, SAMPLES, config(chat(PRICE)))["stage"].unique().item() == "write"
    verified = tmp_path / "verified.parquet"
    pl.read_parquet(questions).select(VERIFIED.names()).write_parquet(verified)
    costs = count_costs([verified], SAMPLES, config(chat(PRICE)))
    assert costs.select("category", "cost").rows() == [("depth", 12.0), ("size", 24.0)]


def test_what_a_later_run_may_still_get_is_counted(tmp_path: Path) -> None:
    unread = "judge-unjudged"
    rows = [
        question(1, "size", reason=Failure.NO_REPLY.value, reason_detail="503: overloaded"),
        question(2, "size", reason=unread, reason_detail=MISSING),
        question(3, "size", reason=unread, reason_detail="reply-refused: no"),
        question(4, "size", reason=Failure.REFUSED.value, reason_detail="no"),
        question(5, "size"),
    ]
    path = tmp_path / "judged.parquet"
    judged(*rows).write_parquet(path)
    assert count_unanswered([path]) == 2
    judged(*rows[2:]).write_parquet(path)
    assert count_unanswered([path]) == 0


def test_prices_decide_a_dataset_and_the_place_of_the_store_does_not(tmp_path: Path) -> None:
    plain = config(chat(PRICE))
    assert prices_of(plain) != prices_of(config(chat(CACHED)))
    assert prices_of(plain) != prices_of(config(chat(PRICE, batch=True)))
    assert prices_of(plain) == prices_of(config(chat(PRICE, max_concurrent=3)))
    account = account_of(config(budget=3.0), tmp_path)
    assert (account.payer, account.budget) == ("tiny", 3.0)
    assert account.store == f"sqlite:///{tmp_path}/replies.sqlite"
    address = "postgresql://me@host/replies"
    assert account_of(config(replies=address), tmp_path).store == address


def test_a_key_that_is_missing_is_named_with_its_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIS_KEY", "sk-test-0123456789")
    monkeypatch.delenv("HER_KEY", raising=False)
    his, hers = (chat(PRICE, api_key_env=name) for name in ("HIS_KEY", "HER_KEY"))
    check_keys(config())
    check_keys(config(his, his))
    check_keys(config(his, hers | {"base_url": "http://localhost:8000/v1"}))
    with pytest.raises(ValueError, match=r"variable HER_KEY, or name another one in judge\.chat"):
        check_keys(config(his, hers))


def test_a_store_that_cannot_say_what_is_spent_is_told(tmp_path, caplog):
    account = account_of(config(budget=3.0), tmp_path)
    assert (spent_by(account), caplog.messages) == (0.0, [])
    (tmp_path / "replies.sqlite").write_bytes(b"damaged" * 1000)
    assert spent_by(account) == 0.0
    (told,) = caplog.messages
    assert told.startswith("what is spent is not known: the reply store ")
    assert "replies.sqlite is damaged or not a database (" in told
