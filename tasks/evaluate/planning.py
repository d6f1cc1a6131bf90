"""Planning: what an evaluation would ask, and what that may take, before it asks anything.

The items of the benchmarks are loaded as the evaluation itself does.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evaluation.photographs import PhotographStore, photograph_size
from schemas.chat import Account, Request, Usage
from schemas.config.evaluation import EvaluateConfig, EvaluatedModel
from tasks.artifact import is_complete
from tasks.chat.completion import is_upstream_error
from tasks.chat.replies import open_replies
from tasks.estimate import BYTES_PER_TOKEN, PIXELS_PER_TOKEN
from tasks.evaluate.asked import Row, asked_of, shown_to
from tasks.evaluate.benchmark import check_benchmark, write_items
from tasks.evaluate.checkpoints import with_checkpoints
from tasks.evaluate.endpoint_replies import account_of, chat_of, messages_of
from tasks.evaluate.infer import parts_of, replies_artifact
from tasks.evaluate.sampling import write_sample
from tasks.evaluate.variants.stage import name_of_variants, num_rows, write_variants


class Planned(NamedTuple):
    """What a model would be asked of a benchmark. `known` of the `items` have a reply; tokens and
    dollars are of the others: `input_tokens` about, `output_tokens` and `dollars` at most.
    `dollars` is None where a price is not known, 0 for models on this machine."""

    model: str
    benchmark: str
    items: int
    known: int
    input_tokens: int
    output_tokens: int
    dollars: float | None


def plan_evaluation(config: EvaluateConfig, root: Path) -> list[Planned]:
    """One entry per model and benchmark, in their order. ValueError, OSError or RuntimeError where
    a benchmark cannot be loaded or a model is not there."""
    for entry in config.benchmarks:
        check_benchmark(entry)
    items = {
        entry.title: write_sample(
            write_items(entry, root), entry.title, config.items, config.seed, root
        )
        for entry in config.benchmarks
    }
    varied = {}
    if config.robustness.variants:
        for name, path in items.items():
            made, _ = write_variants(path, config.robustness, config.seed, root)
            if num_rows(made):
                varied[name_of_variants(name)] = made
    account = account_of(config, root)
    return [
        _planned(model, name, path, account, root)
        for model in with_checkpoints(config, root)[0].models
        for name, path in (items | varied).items()
        if (model.answers(name) if name in items else not model.files)
    ]


def _planned(
    model: EvaluatedModel, benchmark: str, items_path: Path, account: Account, root: Path
) -> Planned:
    items = pl.read_parquet(items_path)
    artifact = replies_artifact(items_path, benchmark, model, root)
    if model.files or is_complete(artifact):
        return Planned(model.name, benchmark, items.height, items.height, 0, 0, 0.0)
    store = PhotographStore(root)
    if model.local:
        known = {
            item_id
            for path in parts_of(artifact).glob("*.parquet")
            for item_id in pl.read_parquet(path, columns=["item_id"])["item_id"]
        }
        rest = items.filter(~pl.col("item_id").is_in(list(known)))
    else:
        rest = unanswered(items, model, account, store)
    return planned_of(rest, items.height, model, benchmark, store)


def planned_of(
    rest: pl.DataFrame,
    num_items: int,
    model: EvaluatedModel,
    benchmark: str,
    store: PhotographStore,
) -> Planned:
    """What is to be asked where `rest` of the items have no reply."""
    num_input = sum(_input_tokens(row, model, store) for row in rest.iter_rows(named=True))
    num_output = model.max_new_tokens * rest.height
    dollars: float | None = 0.0
    if model.chat:
        usage = Usage(rest.height, num_input, 0, num_output)
        dollars = usage.cost(model.chat.price, model.chat.batch)
    num_known = num_items - rest.height
    return Planned(model.name, benchmark, num_items, num_known, num_input, num_output, dollars)


def unanswered(
    items: pl.DataFrame, model: EvaluatedModel, account: Account, store: PhotographStore
) -> pl.DataFrame:
    """The items, or with a column `draw` the draws, to which the reply store has no reply."""
    kind, _, place = account.store.partition(":///")
    if kind == "sqlite" and not Path(place).exists():
        return items  # opening the store would make it
    chat = chat_of(model)
    digests = []
    for row in items.iter_rows(named=True):
        messages = messages_of(row, asked_of(row, model)["prompt"], model, store)
        digests.append(Request(chat, tuple(messages), draw=row.get("draw", 0)).digest)
    with closing(open_replies(account.store)) as replies:
        found = replies.read(digests)
    known = {digest for digest, reply in found.items() if not is_upstream_error(reply.raw)}
    return items.filter(pl.Series([digest not in known for digest in digests], dtype=pl.Boolean))


def _input_tokens(item: Row, model: EvaluatedModel, store: PhotographStore) -> int:
    """As local models count pictures, or about as hosted ones do."""
    sizes = [photograph_size(store.read(digest)) for digest in shown_to(model, item)]
    num_bytes = len(asked_of(item, model)["prompt"].encode("utf-8", "replace"))
    if model.local:
        pictures = sum(model.sight.num_tokens(model.seen_size(size)) for size in sizes)
    else:
        shown = map(model.shown_size, sizes)
        pictures = sum(width * height // PIXELS_PER_TOKEN for width, height in shown)
    return num_bytes // BYTES_PER_TOKEN + pictures


def print_planned(
    planned: Sequence[Planned], budget: float | None, console: Console, unit: str = "items"
) -> None:
    """What would be asked, in which unit, and whether the budget suffices."""
    table = Table(title="What would be asked", title_justify="left")
    for name in ("model", "questions of"):
        table.add_column(name, overflow="fold")
    for name in (unit, "to ask", "tokens in, about", "tokens out, at most", "US dollars"):
        table.add_column(name, justify="right")
    for entry in planned:
        table.add_row(
            Text(entry.model),
            Text(entry.benchmark),
            f"{entry.items:,}",
            f"{entry.items - entry.known:,}",
            f"{entry.input_tokens:,}",
            f"{entry.output_tokens:,}",
            _dollars(entry.dollars),
        )
    console.print(table)
    console.print(Text(told_of(planned, budget, unit)), soft_wrap=True)


def told_of(planned: Sequence[Planned], budget: float | None, unit: str = "items") -> str:
    """All of it in one line."""
    num_asked = sum(entry.items - entry.known for entry in planned)
    num_input = sum(entry.input_tokens for entry in planned)
    num_output = sum(entry.output_tokens for entry in planned)
    told = f"{num_asked:,} {unit} to ask, {num_input:,} tokens in and at most {num_output:,} out"
    dollars = sum(entry.dollars or 0.0 for entry in planned)
    if dollars:
        told += f", for about ${dollars:,.2f} at most"
    if any(entry.dollars is None for entry in planned):
        told += ", besides what has no known price" if dollars else ", at a price that is not known"
    if budget is None or not dollars:
        return f"{told}."
    told += f"; the budget is ${budget:,.2f}, which earlier runs may have used in part"
    return f"{told}." if dollars <= budget else f"{told}: it may not suffice."


def _dollars(dollars: float | None) -> str:
    if dollars is None:
        return "price not known"
    return f"{dollars:,.2f}" if dollars else ""
