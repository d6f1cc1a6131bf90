"""The browser of an evaluation's page: some items, each with what every model replied.

A page holds at most `MAX_ITEMS` items and `MAX_BYTES` of images and text. Three of four are items
that some model got wrong, as long as there are any. All are drawn evenly over the benchmarks, by
the digests of their names: the same results show the same items.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain, islice
from typing import Any, NamedTuple

import polars as pl

from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.photographs import PhotographStore
from evaluation.points import read_polygon
from schemas.benchmark import AnswerKind, fact
from schemas.dataset_folder import why_command
from tasks.evaluate.boxes import boxes_of, gold_boxes, point_of
from tasks.evaluate.view import title_of
from tasks.pages.shown_photographs import data_address, shrunk

MAX_ITEMS = 200
"""Items of a page: as many as a person can look through."""
MAX_BYTES = 15 << 20
"""Bytes of images and texts: such a page can still be sent by mail."""
MAX_IMAGES = 4
"""Images of one item: most have one or two."""
MAX_PICTURE = 45_000
"""Bytes of an image: small enough that those of MAX_ITEMS fit into MAX_BYTES."""
MAX_TEXT = 12_000
"""Characters of a reply: about 3,000 tokens, more than replies are allowed by default."""

READ_AS = {
    "letter": "as a letter",
    "text": "as the text of an option",
    "correct": "as the letter called correct",
    "boxed": "in a box",
    "phrase": "behind a phrase",
    "polygon": "as a point",
    "mask": "as a point",
    "tag": "in its answer tag",
    "several": "as several answers",
    "uncertain": "as not committing itself",
    "nothing": "",
}
"""How a reply was read (the methods of evaluation.verdicts.PARSED)."""

Row = dict[str, Any]
KEY = ["benchmark", "item_id"]


class Shown(NamedTuple):
    """An image on the page. `href` is a data URL, None where it cannot be shown; the sides are
    those of the photograph, in pixels."""

    name: str
    href: str | None
    width: int
    height: int


class Browser(NamedTuple):
    """`items` in the order of the page; `images` by digest; `num_items` is the number of all items,
    shown or not."""

    items: list[Row]
    images: dict[str, Shown]
    num_items: int


def browse(
    answers: pl.DataFrame,
    grounding: pl.DataFrame,
    store: PhotographStore,
    datasets: Mapping[str, str],
    room: int = MAX_BYTES,
) -> Browser:
    """`answers` has one row per model and item: the item, the reply, and what was read in it.
    `datasets` calls the datasets of benchmarks that are ours as `spatialthinker why` does; `room`
    limits the bytes of images and text."""
    rewards = {
        (row["model"], row["benchmark"], row["item_id"]): row
        for row in grounding.iter_rows(named=True)
    }
    items, images = list[Row](), dict[str, Shown]()
    chosen = choose_items(answers)
    for group in _groups(answers, list(islice(chosen, MAX_ITEMS))):
        replies = [reply_of(row, rewards) for row in group]
        new = {name: shown_of(name, store) for name in group[0]["images"][:MAX_IMAGES]}
        new = {name: image for name, image in new.items() if name not in images}
        room -= sum(len(image.href or "") for image in new.values())
        room -= sum(len(reply["text"]) + len(reply["prompt"]) for reply in replies)
        if room < 0:
            break
        images |= new
        dataset = datasets.get(group[0]["benchmark"], "")
        items.append(
            item_of(group[0], dataset) | {"replies": replies, "verdicts": verdicts_of(replies)}
        )
    order = list(BENCHMARKS)
    items.sort(
        key=lambda item: (
            order.index(item["benchmark"]) if item["benchmark"] in order else len(order),
            item["benchmark"],
            item["verdicts"] == ["right"],
        )
    )
    return Browser(items, images, answers.select(KEY).n_unique())


def choose_items(answers: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Benchmark and id of every item in the order in which they are taken."""
    found = answers.group_by(KEY, maintain_order=True).agg(
        is_right=pl.col("is_right").fill_null(False).all()
    )
    digests = [sha256(f"{name}/{key}".encode()).hexdigest() for name, key in found[KEY].rows()]
    ranked = found.with_columns(rank=pl.Series(digests, dtype=pl.String)).sort("rank")
    turn = pl.int_range(pl.len()).over("is_right", "benchmark")
    ranked = ranked.with_columns(turn=turn).sort("turn", "benchmark")
    wrong, right = (iter(ranked.filter(is_right=known)[KEY].rows()) for known in (False, True))
    while some := [*islice(wrong, 3), *islice(right, 1)]:
        yield from some


def _groups(answers: pl.DataFrame, chosen: Sequence[tuple[str, str]]) -> Iterator[list[Row]]:
    """The rows of each chosen item, models in their order."""
    wanted = pl.DataFrame(chosen, schema=dict.fromkeys(KEY, pl.String), orient="row")
    rows: dict[tuple[str, str], list[Row]] = {key: [] for key in chosen}
    for row in answers.join(wanted, on=KEY, how="semi").iter_rows(named=True):
        rows[row["benchmark"], row["item_id"]].append(row)
    yield from rows.values()


def verdicts_of(replies: Sequence[Row]) -> list[str]:
    """The different outcomes, and `split` where one model is right and another is not."""
    found = sorted({reply["outcome"] for reply in replies})
    return [*found, "split"] if "right" in found and len(found) > 1 else found


def item_of(row: Mapping[str, Any], dataset: str) -> Row:
    is_point = row["kind"] == AnswerKind.POINT.value
    question_id = fact(row["facts"], "question_id")
    return {
        "benchmark": row["benchmark"],
        "title": title_of(row["benchmark"]),
        "item_id": row["item_id"],
        "subset": row["subset"],
        "category": row["category"],
        "level": fact(row["facts"], "level"),
        "question": row["question"],
        "options": row["options"],
        "answer": None if is_point else row["answer"],
        "polygon": read_polygon(row["answer"]) if is_point else [],
        "images": row["images"][:MAX_IMAGES],
        "num_hidden_images": len(row["images"][MAX_IMAGES:]),
        "gold_boxes": gold_boxes(row),
        "sources": row["image_sources"],
        "why": why_command(question_id, dataset) if dataset and question_id else None,
    }


def reply_of(row: Mapping[str, Any], grounding: Mapping[tuple[str, str, str], Row]) -> Row:
    text, prompt = row["text"] or "", row["prompt"] or ""
    boxes, problem = boxes_of(row)
    return {
        "model": row["model"],
        "outcome": outcome_of(row),
        "parsed": row["parsed"],
        "read_as": READ_AS.get(row["method"] or "nothing", row["method"]),
        "conflict": row["conflict"],
        "is_truncated": row["is_truncated"],
        "paper_parsed": row["paper_parsed"],
        "paper_is_right": row["paper_is_right"],
        "has_text": row["text"] is not None,
        "text": text[:MAX_TEXT],
        "num_cut": max(len(text) - MAX_TEXT, 0),
        "prompt": prompt[:MAX_TEXT],
        "num_prompt_cut": max(len(prompt) - MAX_TEXT, 0),
        "error": row["error"],
        "tokens": row["output_tokens"],
        "boxes": boxes,
        "scene_problem": problem,
        "point": point_of(row),
        "grounding": grounding.get((row["model"], row["benchmark"], row["item_id"])),
    }


def outcome_of(row: Mapping[str, Any]) -> str:
    if row["is_error"] or row["text"] is None:
        return "error"
    if row["is_right"]:
        return "right"
    return "unread" if row["is_unparsed"] else "wrong"


def shown_of(digest: str, store: PhotographStore) -> Shown:
    """A photograph, small enough for a page."""
    try:
        made = shrunk(store.read(digest), MAX_PICTURE)
    except ValueError:
        made = None
    return Shown(digest, data_address(made[0]), *made[1]) if made else Shown(digest, None, 4, 3)


def examples_of(browser: Browser) -> list[Row]:
    """Per model and per case of tasks.evaluate.grounding_view.CASES the first item of the page
    whose reply has a scene of at least two objects."""
    found: dict[tuple[str, bool, bool], Row] = {}
    drawn = chain.from_iterable(
        ((item, reply) for reply in item["replies"] if reply["boxes"]) for item in browser.items
    )
    for item, reply in drawn:
        known = reply["grounding"]
        if known and known["is_graph_right"] is not None and known["num_predicted"] > 1:
            key = (reply["model"], known["is_graph_right"], bool(known["is_right"]))
            found.setdefault(key, {"item": item, "reply": reply, "case": key[1:]})
    return list(found.values())
