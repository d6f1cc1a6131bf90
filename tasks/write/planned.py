"""Planned: the model words a claim that is already chosen; it cannot change the claim's objects."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from schemas.chat import ReasonedForm, ReplyForm
from schemas.claim import Category, Claim, decode_claim, encode_claim
from schemas.completion.letters import stated_letter
from schemas.completion.publish import LETTERS, published_ids
from schemas.proof.evidence import Standing
from schemas.proof.naming import Naming
from schemas.question import Level
from schemas.scene_graph import Scene
from tasks.language.forms.table import form_of
from tasks.language.terms import terms_of
from tasks.write.document import (
    dumped,
    frame_of_picture,
    names_of,
    picture_part,
    relationship_part,
    thing_part,
    warnings_of,
)
from tasks.write.offered import offered_claims
from tasks.write.texts import Plain, form_problems, meaning_problems, told, without_letters


def _stated(answer: Any) -> Any:
    return (stated_letter(answer) if isinstance(answer, str) else None) or answer


def _in_small_letters(level: Any) -> Any:
    return level.strip().lower() if isinstance(level, str) else level


def _number(rating: Any) -> Any:
    found = RATING.fullmatch(rating) if isinstance(rating, str) else None
    return int(found[1]) if found else rating


RATING = re.compile(r"\s*(\d{1,2})(?:\s*/\s*10)?\s*")
"""A rating as a text: "7", "7/10"."""
Letter = Annotated[Literal["A", "B", "C", "D"], BeforeValidator(_stated)]
Difficulty = Annotated[Level, BeforeValidator(_in_small_letters)]
Rating = Annotated[Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], BeforeValidator(_number)]
EMPTY: Mapping[str, Any] = {
    "objects": [], "question": "", "options": [], "answer": "A", "level": "easy", "rating": 1
}  # fmt: skip
"""What a reply holds that cannot tell."""


class WrittenOption(ReplyForm):
    text: Plain
    claim: str


# No docstrings: they would become part of the schema that the model is shown.
class WrittenReply(ReasonedForm):
    can_tell: bool

    # Left empty, in whatever way, is what a model is told to leave them.
    @model_validator(mode="before")
    @classmethod
    def _without_the_rest(cls, reply: Any) -> Any:
        is_empty = isinstance(reply, dict) and reply.get("can_tell") is False
        return reply | EMPTY if is_empty else reply


# Where `can_tell` is false, no answer can be given, or the planned one is wrong; then the other
# fields mean nothing.
class WrittenQuestion(WrittenReply):
    question: Plain
    options: list[WrittenOption]
    answer: Letter
    level: Difficulty
    rating: Rating


@dataclass(frozen=True)
class Order:
    """What the model has to word: claims by their keys in the document, the key of the one that
    holds (None where the model must find it), and the `names` of the objects."""

    claims: Mapping[str, Claim]
    true_claim: str | None
    asks: str
    names: Mapping[int, str]


def order_of(
    row: Mapping[str, Any], scene: Scene, num_options: Mapping[Category, int], seed: int
) -> Order:
    """The order for a row of SUBGRAPH; the seed decides the sequence of the claims."""
    right, *wrong = offered_claims(row, num_options)
    texts = [right, *wrong]
    Random(f"{seed}:{row['question_id']}").shuffle(texts)
    claims = {f"c{number}": decode_claim(text) for number, text in enumerate(texts, start=1)}
    is_known = row["evidence"] != Standing.UNKNOWN
    return Order(
        claims=claims,
        true_claim=f"c{texts.index(right) + 1}" if is_known else None,
        asks=row["asks"],
        names=names_of(scene) | dict(zip(row["objects"], row["names"], strict=True)),
    )


def planned_document(
    row: Mapping[str, Any], order: Order, scene: Scene, max_side: int | None
) -> str:
    """The document for a row of SUBGRAPH; `max_side` is that of the photograph, None without."""
    naming, ids = Naming(scene), published_ids(scene)
    size = frame_of_picture(scene, max_side)
    claims = list(order.claims.values())
    # Where several claims may hold, the planned one must not be recognisable.
    asked = claims[0] if order.true_claim is None else order.claims[order.true_claim]
    return dumped(
        {
            "picture": picture_part(size),
            "category": row["category"],
            "asks": row["asks"],
            "ask": form_of(asked).wanted(asked, row["asks"], row["evidence"], order.names),
            "level": row["level"],
            "evidence": row["evidence"],
            "things": [
                thing_part(scene.objects[key], scene, ids, size) for key in sorted(row["objects"])
            ],
            "relationships": relationship_part(scene.relationships, ids, row["objects"]),
            "beware": warnings_of(naming, claims, ids, size),
            "claims": {
                key: _claim_part(claim, ids, order.names) for key, claim in order.claims.items()
            },
            "true_claim": order.true_claim,
            "num_options": len(claims),
        }
    )


def _claim_part(claim: Claim, ids: Mapping[int, str], names: Mapping[int, str]) -> dict[str, Any]:
    return terms_of(claim, ids) | {"means": form_of(claim).means(claim, names)}


def planned_problem(
    written: WrittenQuestion, order: Order, *, is_judged: bool = True
) -> str | None:
    """What is wrong with a reply, in words for the model; None where nothing is."""
    if not written.can_tell:
        return None
    keys = [option.claim for option in written.options]
    expected = ", ".join(order.claims)
    if sorted(keys) != sorted(order.claims):
        return f"the options must stand for each of {expected} once, found {', '.join(keys)}"
    place = LETTERS.index(written.answer)
    if place >= len(keys):
        return f"the answer is {written.answer}, but there are {len(keys)} options"
    if order.true_claim is not None and keys[place] != order.true_claim:
        return (
            f"the answer must be the letter of the option that stands for {order.true_claim}, "
            f"found {written.answer}, which stands for {keys[place]}"
        )
    options = _texts(written)
    claims = [order.claims[key] for key in keys]

    def problems() -> Iterator[str]:
        yield from form_problems(written.question, options)
        words = written.question, options, claims, order.asks, order.names
        yield from meaning_problems(*words, is_judged=is_judged)

    return told(problems())


def planned_columns(written: WrittenQuestion, order: Order) -> dict[str, Any]:
    """The columns of QUESTION that a sound reply decides. The level stays the planned one."""
    claims = [encode_claim(order.claims[option.claim]) for option in written.options]
    place = LETTERS.index(written.answer)
    return {
        "claim": claims[place],
        "question": written.question.strip(),
        "options": _texts(written),
        "option_claims": claims,
        "answer": place,
        "rating": written.rating,
        "writer_level": written.level.value,
    }


def _texts(written: WrittenQuestion) -> Sequence[str]:
    return without_letters([option.text for option in written.options])
