"""Why: the history of one image or of one question, from the artifacts that a dataset names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.chat import Reply
from schemas.dataset_folder import builds_below, check_files, sample_files
from schemas.manifest import recipe_of
from schemas.printable import printable
from tasks.artifact import artifacts_of, ledger_path_of
from tasks.chat.account import REPLIES
from tasks.chat.completion import read_completion
from tasks.chat.replies import open_replies
from tasks.publish.card import dollars_told
from tasks.publish.costs import TOKENS
from tasks.publish.meant import meant_by, rows_of_stage
from tasks.report.report import link_to

Row = dict[str, Any]


class History(NamedTuple):
    """What the stages after extract know of a question; None where it did not reach them."""

    unplanned: str | None
    asked: Row | None
    sample: Row | None
    left_out: str | None
    cost: float | None
    replies: Mapping[str, Reply] | str


ALWAYS_MADE = ("index", "ingest", "extract", "plan", "verify", "select")
"""Stages of every build, whose artifacts are read."""


def newest_dataset(root: Path) -> Path:
    """The dataset folder that was published last."""
    builds = builds_below(root)
    if not builds:
        raise FileNotFoundError(
            f"no dataset below {root / 'datasets'}: run spatialthinker build first"
        )
    return builds[0]


def explain(name: str, dataset: Path, root: Path, replies: str | None = None) -> Iterator[str]:
    """Lines on an image id or a question id; ValueError where the dataset's build knows neither.
    `replies` is the address of the build's reply store, where it is not the file below the root."""
    return map(printable, _explain(name, dataset, root, replies))


def _explain(name: str, dataset: Path, root: Path, replies: str | None) -> Iterator[str]:
    manifest = check_files(dataset)
    digests = {stage: facts["recipe"] for stage, facts in manifest["stages"].items()}
    digests |= {stage: recipe_of(manifest, stage) for stage in ALWAYS_MADE}
    column, image_id = meant_by(name, dataset, digests, root)
    yield f"dataset {dataset}"
    yield from _image_lines(image_id, digests, root)
    wanted = pl.col(column) == (image_id if column == "image_id" else name)
    candidates = _rows(root, "extract", digests["extract"], wanted)
    planned = _rows(root, "plan", digests["plan"], wanted)
    plan = dict(planned.select("question_id", "reason").iter_rows())
    last = "judge" if "judge" in digests else "verify"
    asked = _by_id(_rows(root, last, digests[last], wanted))
    samples = _by_id(_rows(root, "select", digests["select"], wanted))
    ledger = pl.read_parquet(dataset / "ledger.parquet").filter(pl.col("image_id") == image_id)
    left_out = dict(ledger.filter(stage="select").select("item", "reason").iter_rows())
    costs = dict(ledger.select("item", "cost").drop_nulls().iter_rows())
    costs |= _costs_of_samples(dataset, image_id)
    stored = _stored_replies(asked.values(), root, replies)
    if column == "image_id":
        num_written = sum(row["question"] is not None for row in asked.values())
        yield f"{candidates.height} candidates, {num_written} written, {len(samples)} selected"
    for row in candidates.iter_rows(named=True):
        key = row["question_id"]
        history = History(
            plan.get(key),
            asked.get(key),
            samples.get(key),
            left_out.get(key),
            costs.get(key),
            stored,
        )
        yield ""
        yield f"{key} ({row['level']}, rating {row['rating']})"
        yield f"  claim     {row['claim']}"
        yield f"  evidence  {_evidence(row)}"
        yield from _fate(row, history)
        if address := link_to(dataset, key):
            yield f"  report    {address}"


def _evidence(row: Row) -> str:
    margin = f" (margin {row['margin']:.2f})" if row["margin"] is not None else ""
    return f"{row['evidence']}: {row['detail']}{margin}"


def _fate(candidate: Row, history: History) -> Iterator[str]:
    if history.unplanned:
        yield f"  plan      not asked: {history.unplanned}"
        return
    question, sample = history.asked, history.sample
    if not question:
        yield "  write     not written"
        return
    if question["write_usage"]:
        yield f"  writer    {question['writer']}: {_took(question['write_usage'])}"
        yield from _reply_lines(question["write_replies"], history.replies)
    if question["question"] is None:
        yield f"  write     no question: {question['reason']}: {question['reason_detail']}"
        yield from _cost_lines(question, history.cost)
        return
    options = sample["options"] if sample else question["options"]
    claims = sample["option_claims"] if sample else question["option_claims"]
    yield f"  question  {question['question']}"
    for letter, option, claim in zip("ABCD", options, claims, strict=False):
        mark = "*" if claim == question["claim"] else " "
        yield f"          {mark} ({letter}) {option}"
    if question["claim"] != candidate["claim"]:
        yield f"  claim     {question['claim']}"
    if question["writer_level"]:
        yield f"  level     {question['level']}, the writer finds it {question['writer_level']}"
    if question["reading"]:
        meaning = {
            "read": "the words say what the claims say",
            "unread": "only a judge can tell whether the words say what the claims say",
        }
        yield f"  reading   {question['reading']}: {meaning[question['reading']]}"
    if _evidence(question) != _evidence(candidate):
        yield f"  evidence  {_evidence(question)}"
    if question.get("verdict"):
        yield from _judge_lines(question, history.replies)
    elif question["reason"]:
        yield f"  verify    rejected: {question['reason']}: {question['reason_detail']}"
    yield from _cost_lines(question, history.cost)
    if sample:
        yield f"  select    in {sample['split']}, answer {sample['answer_option_text_only']}"
    elif history.left_out:
        yield f"  select    left out: {history.left_out}"


def _judge_lines(question: Row, replies: Mapping[str, Reply] | str) -> Iterator[str]:
    yield f"  judge     {question['judge']}: {_took(question['judge_usage'])}"
    for vote, why in zip(question["votes"], question["vote_reasons"], strict=True):
        yield f"    vote    {vote or 'nothing usable'}{f': {why}' if why else ''}"
    if question["blind_votes"]:
        yield f"  blind     without the picture: {_took(question['blind_usage'])}"
    for vote in question["blind_votes"]:
        yield f"    vote    {vote or 'nothing usable'}"
    if None in (*question["votes"], *question["blind_votes"]):
        yield from _reply_lines(question["judge_replies"], replies)
    lost = f", rejected: {question['reason']}: {question['reason_detail']}"
    yield f"  verdict   {question['verdict']}{lost if question['reason'] else ''}"
    if question["blind_answered"] is not None:
        found = "right" if question["blind_answered"] else "not right"
        yield f"            without the picture {found} in every order of the options"


def _took(usage: Mapping[str, int]) -> str:
    calls, tokens_in, cached, out = (usage[name] for name in TOKENS)
    return (
        f"{calls} {'call' if calls == 1 else 'calls'}, {tokens_in:,} tokens in "
        f"({cached:,} cached), {out:,} out"
    )


def _cost_lines(question: Row, cost: float | None) -> Iterator[str]:
    if question["write_usage"] or question.get("judge_usage"):
        yield f"  cost      {dollars_told(cost)}"


def _reply_lines(
    digests: Sequence[str] | None, replies: Mapping[str, Reply] | str
) -> Iterator[str]:
    """The models' replies word for word; where `replies` is a text, it says why none can be
    shown."""
    for digest in digests or ():
        if isinstance(replies, str):
            yield f"    reply   {digest}: {replies}"
        elif digest not in replies:
            yield f"    reply   {digest}: is not in the reply store"
        else:
            raw = replies[digest].raw
            first, *others = (read_completion(raw).text or raw.decode("utf-8", "replace")).split(
                "\n"
            )
            yield f"    reply   {first}"
            yield from (f"            {line}" for line in others)


def _stored_replies(
    questions: Iterable[Row], root: Path, address: str | None
) -> dict[str, Reply] | str:
    """The replies about the questions by digest, or why there are none."""
    digests = [
        digest
        for row in questions
        for digest in (*(row["write_replies"] or ()), *(row.get("judge_replies") or ()))
    ]
    if not digests:
        return {}
    place = root.resolve() / REPLIES
    if address is None and not place.exists():
        return f"the reply store is not at {place}"
    try:
        store = open_replies(address or f"sqlite:///{place}")
    except (OSError, ValueError) as error:
        return str(error)
    try:
        return store.read(digests)
    finally:
        store.close()


def _costs_of_samples(dataset: Path, image_id: str) -> dict[str, float]:
    shards = pl.scan_parquet(sample_files(dataset))
    rows = shards.filter(pl.col("image_id") == image_id).select("question_id", "cost")
    return dict(rows.drop_nulls().collect().iter_rows())


def _image_lines(image_id: str, digests: dict[str, str], root: Path) -> Iterator[str]:
    wanted = pl.col("image_id") == image_id
    scenes = _rows(root, "ingest", digests["ingest"], wanted, "image_id")
    for row in scenes.iter_rows(named=True):
        names = sorted({thing["name"] for thing in row["objects"]})
        yield (
            f"image {image_id}: {row['width']} x {row['height']} pixels, "
            f"{len(row['objects'])} objects, {len(row['relationships'])} relationships"
        )
        yield f"  objects   {', '.join(names)}"
    ledgers = [
        ledger_path_of(path)
        for stage in ("ingest", "index", "witness")
        if stage in digests
        for path in artifacts_of(root, stage, digests[stage])
    ]
    changes = (
        pl.scan_parquet([path for path in ledgers if path.exists()])
        .filter(wanted)
        .unique()
        .collect()
    )
    for row in changes.sort("reason", "item").iter_rows(named=True):
        yield f"  {row['action']:<9} {row['item']}: {row['reason']} ({row['detail']})"
    if digests.get("photographs"):
        photographs = _rows(root, "photographs", digests["photographs"], wanted, "image_id")
        for row in photographs.iter_rows(named=True):
            fate = row["reason"] or f"sound, sha256 {row['sha256'][:16]}"
            yield f"  photograph {fate}"


def _rows(
    root: Path, stage: str, digest: str, wanted: pl.Expr, key: str = "question_id"
) -> pl.DataFrame:
    """Each row from the oldest artifact that holds it: further ones were made after the dataset, to
    complete its shards or with shards of another size."""
    rows = rows_of_stage(root, stage, digest).filter(wanted)
    return rows.unique(key, keep="first", maintain_order=True).collect()


def _by_id(frame: pl.DataFrame) -> dict[str, Row]:
    return {row["question_id"]: row for row in frame.iter_rows(named=True)}
