"""Exchange: questions and reviews in the formats of Argilla and Label Studio.

Both are lists of JSON objects, one per question. What is imported is known by its key, so that what
another program changed of the words is a question that nobody knows.

Argilla: what `dataset.records.to_json` writes and `from_json` reads
(https://docs.argilla.io/latest/reference/argilla/records/records). Label Studio: tasks with
annotations (https://labelstud.io/guide/task_format).
"""

import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

import polars as pl

from schemas.photographs import media_type
from schemas.review import Exchange, ReviewVerdict, reviews_of
from tasks.publish.shown import photographs_of
from tasks.review.book import open_book

ABOUT = ("question_id", "image_id", "category", "evidence")
VERDICT, COMMENT = "verdict", "comment"
"""Names of what is asked for in the other programs."""
MAX_PLAIN = 40
"""Letters of an account that a reviewer's name keeps."""
NAMESPACE = uuid5(NAMESPACE_URL, "spatialthinker/reviewer")
"""Argilla knows people by UUIDs: a reviewer's is made of the name."""


class Said(NamedTuple):
    """What somebody said of a question, in another program."""

    key: str
    reviewer: str
    verdict: ReviewVerdict
    comment: str


def user_of(reviewer: str) -> str:
    return str(uuid5(NAMESPACE, reviewer))


def export_reviews(
    items: pl.DataFrame, reviews: pl.DataFrame, dataset: Path, name: str, exchange: Exchange
) -> str:
    """The items (tasks.review.items.reviewable) with what was said of them, as JSON; with their
    photographs where the dataset has them."""
    said: dict[str, list[Said]] = defaultdict(list)
    for key, reviewer, verdict, comment in reviews.select(
        "key", "reviewer", VERDICT, COMMENT
    ).iter_rows():
        said[key].append(Said(key, reviewer, ReviewVerdict(verdict), comment or ""))
    render = _argilla if exchange is Exchange.ARGILLA else _label_studio
    shown = _addresses(dataset, set(items["image_id"]))
    records = [
        render(item, shown.get(item["image_id"]), name, said[item["key"]])
        for item in items.iter_rows(named=True)
    ]
    return json.dumps(records, ensure_ascii=False, indent=1) + "\n"


def _addresses(dataset: Path, images: Set[str]) -> dict[str, str]:
    """The photographs as data addresses, by image."""
    return {
        image_id: f"data:{media_type(data)};base64,{b64encode(data).decode()}"
        for some in photographs_of(dataset, images)
        for image_id, data in some.items()
    }


def _argilla(
    item: Mapping[str, Any], photograph: str | None, name: str, said: Sequence[Said]
) -> dict[str, Any]:
    responses: dict[str, list[dict[str, str]]] = {VERDICT: [], COMMENT: []}
    for one in said:
        user = user_of(one.reviewer)
        responses[VERDICT].append({"value": one.verdict.value, "user_id": user})
        if one.comment:
            responses[COMMENT].append({"value": one.comment, "user_id": user})
    return {
        "id": item["key"],
        "fields": {
            "photograph": photograph,
            "question": item["question"],
            "options": "\n".join(item["options"]),
            "label": item["label"],
        },
        "metadata": {"dataset": name, **{key: item[key] for key in ABOUT}},
        "suggestions": {},
        "responses": responses,
        "vectors": {},
    }


def _label_studio(
    item: Mapping[str, Any], photograph: str | None, name: str, said: Sequence[Said]
) -> dict[str, Any]:
    return {
        "data": {
            "key": item["key"],
            "photograph": photograph,
            "question": item["question"],
            "options": "\n".join(item["options"]),
            "label": item["label"],
            "dataset": name,
            **{key: item[key] for key in ABOUT},
        },
        "annotations": [
            {"completed_by": {"email": one.reviewer}, "result": _results(one)} for one in said
        ],
    }


def _results(said: Said) -> list[dict[str, Any]]:
    found = [
        {
            "from_name": VERDICT,
            "to_name": "question",
            "type": "choices",
            "value": {"choices": [said.verdict.value]},
        }
    ]
    if said.comment:
        found.append(
            {
                "from_name": COMMENT,
                "to_name": "question",
                "type": "textarea",
                "value": {"text": [said.comment]},
            }
        )
    return found


def import_reviews(path: Path, items: pl.DataFrame, root: Path, name: str, dataset: str) -> str:
    """Add what was said in another program to the reviews of a dataset's name; what stands there
    already is not added again. Returns what was done, in one line.

    Raises ValueError, naming the file, where it is neither's.
    """
    try:
        records = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"{path} cannot be read as JSON ({told}): name an export") from None
    known_users = {user_of(one): one for one in set(reviews_of(root, name)["reviewer"])}
    said = _read(path, records, known_users)
    known = {item["key"]: item for item in items.iter_rows(named=True)}
    by_reviewer: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        if one.key in known:
            by_reviewer[one.reviewer].append(one)
    num_added = 0
    for reviewer, theirs in sorted(by_reviewer.items()):
        with open_book(root, name, reviewer) as book:
            for one in theirs:
                state = book.state(one.key)
                if (state.verdict, state.comment) == (one.verdict, one.comment):
                    continue
                item = known[one.key] | {"dataset": dataset}
                book.add(item, state.answered, one.verdict, one.comment)
                num_added += 1
    num_unknown = sum(one.key not in known for one in said)
    return (
        f"{num_added} verdicts of {len(by_reviewer)} reviewers added, "
        f"{len(said) - num_added - num_unknown} known already, "
        f"{num_unknown} of questions that {dataset} lacks"
    )


def _read(path: Path, records: Any, users: Mapping[str, str]) -> list[Said]:
    found: list[Said] = []
    if not isinstance(records, list):
        raise ValueError(f"{path} is no list of records, as Argilla and Label Studio write them")
    for number, record in enumerate(records):
        try:
            read = _from_argilla if "responses" in record else _from_label_studio
            said = list(read(record, users))
            "".join(one.comment for one in said).encode()  # half a character cannot be kept
            found += said
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ValueError(
                f"record {number} of {path} is neither Argilla's nor Label Studio's "
                f"({_told(error)}): export it again"
            ) from None
    return found


def _told(error: Exception) -> str:
    match error:
        case KeyError():
            return f"it has no {error.args[0]}"
        case TypeError() | AttributeError() | IndexError():
            return "a part of it has another shape"
        case _:
            return str(error)


def _from_argilla(record: Mapping[str, Any], users: Mapping[str, str]) -> Iterator[Said]:
    responses = record["responses"]
    comments = {one["user_id"]: one["value"] for one in responses.get(COMMENT, ())}
    for one in responses.get(VERDICT, ()):
        user = str(UUID(one["user_id"]))
        reviewer = users.get(user, f"argilla-{user[:8]}")
        yield Said(
            str(record["id"]),
            reviewer,
            ReviewVerdict(one["value"]),
            str(comments.get(one["user_id"], "")),
        )


def _from_label_studio(record: Mapping[str, Any], users: Mapping[str, str]) -> Iterator[Said]:
    for annotation in record["annotations"]:
        if annotation.get("was_cancelled"):
            continue
        values = {one["from_name"]: one["value"] for one in annotation["result"]}
        if VERDICT in values:
            (verdict,) = values[VERDICT]["choices"]
            comment = " ".join(values.get(COMMENT, {}).get("text", ()))
            reviewer = _annotator(annotation.get("completed_by"))
            yield Said(str(record["data"]["key"]), reviewer, ReviewVerdict(verdict), comment)


def _annotator(completed_by: Any) -> str:
    """A reviewer's name for who annotated: an id, or an account with an address. Different people
    have different names: what a name cannot hold of theirs is in its last letters."""
    if isinstance(completed_by, Mapping):
        completed_by = completed_by.get("email") or completed_by.get("id")
    if completed_by is None:
        return "label-studio"
    account = str(completed_by).lower()
    if account.isascii() and account.isdigit():
        return f"label-studio-{account[:MAX_PLAIN]}"
    text = account.partition("@")[0]
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)
    plain = plain.strip("-")[:MAX_PLAIN]
    if plain and plain == account:
        return plain
    return f"{plain or 'somebody'}-{sha256(account.encode()).hexdigest()[:6]}"
