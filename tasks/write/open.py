"""Open: the model sees the whole scene graph and chooses category and objects itself.

Its claims use published ids; the part in which they differ is the one that is asked for. Nothing is
proved here: `verify` decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, Union

from pydantic import ConfigDict, Field

from schemas.chat import ReplyForm
from schemas.claim import (
    CLASS_FIELDS,
    PREDICATE_FIELDS,
    Category,
    Claim,
    classes_of,
    encode_claim,
    objects_of,
)
from schemas.completion.publish import LETTERS, published_ids
from schemas.proof.evidence import Standing
from schemas.proof.naming import Naming
from schemas.question import Level
from schemas.scene_graph import Scene
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import canonical_predicate, load_predicates
from tasks.language.forms.table import FORMS, form_of
from tasks.language.reading import parts, read_words
from tasks.language.terms import claim_of
from tasks.language.words.phrases import Reading
from tasks.write.document import (
    dumped,
    frame_of_picture,
    names_of,
    picture_part,
    relationship_part,
    thing_part,
)
from tasks.write.planned import Letter, Rating
from tasks.write.texts import form_problems, meaning_problems, told, without_letters

MAX_THINGS = 100
"""Things that a document lists at most, the largest: about 40 tokens each. Few scenes have more."""
MAX_RELATIONSHIPS = 150
"""Relationships that a document lists at most: about 15 tokens each."""
MAX_OBJECTS = 12
"""Ids that a reply may list: a question names at most five things, or counts a few more."""

if TYPE_CHECKING:
    Terms: TypeAlias = ReplyForm
else:
    # Relation and reach share their terms.
    Terms = Union[tuple(dict.fromkeys(form.terms for form in FORMS.values()))]  # noqa: UP007


def _any_of(schema: dict[str, Any]) -> None:
    """Replace oneOf by anyOf: schemas that servers enforce allow only anyOf, but pydantic writes
    oneOf with the discriminator `category`, with which it reports the problems of one form only."""
    schema["additionalProperties"] = False
    claim = schema["properties"]["claim"]
    schema["properties"]["claim"] = {"anyOf": claim["oneOf"]}


class OpenOption(ReplyForm):
    model_config = ConfigDict(json_schema_extra=_any_of)

    text: str
    claim: Annotated[Terms, Field(discriminator="category")]


class OpenQuestion(ReplyForm):
    """`can_tell` False says that the scene offers no good question of these categories; the other
    fields then mean nothing."""

    can_tell: bool
    category: Category
    objects: list[str]
    question: str
    options: list[OpenOption]
    answer: Letter
    level: Level
    rating: Rating


def open_document(
    categories: Sequence[Category],
    level: str,
    num_options: Mapping[Category, int],
    scene: Scene,
    max_side: int | None,
    focus: int | None = None,
) -> str:
    """The document that offers these categories; `max_side` is that of the photograph, `focus` is a
    thing that the question should be about."""
    naming, ids = Naming(scene), published_ids(scene)
    size = frame_of_picture(scene, max_side)
    largest = sorted(scene.objects.values(), key=lambda thing: (-thing.box.area, thing.object_id))
    shown = sorted(thing.object_id for thing in largest[:MAX_THINGS])
    things = []
    for key in shown:
        thing = scene.objects[key]
        part = thing_part(thing, scene, ids, size) | {"only_one": naming.is_unique(key)}
        if thing.depth is not None:
            part["depth"] = round(thing.depth, 2)
        if thing.facing is not None:
            part["facing"] = thing.facing.value
        things.append(part)
    picture = picture_part(scene, size, max_side is not None)
    return dumped(
        {
            "picture": picture | {"is_exhaustive": scene.is_exhaustive},
            "things": things,
            "relationships": relationship_part(scene, ids, shown)[:MAX_RELATIONSHIPS],
            "categories": [category.value for category in categories],
            "level": level,
            "focus": ids[focus] if focus in shown else None,
            "num_options": {category.value: num_options[category] for category in categories},
        }
    )


def open_problem(
    written: OpenQuestion,
    categories: Sequence[Category],
    num_options: Mapping[Category, int],
    scene: Scene,
) -> str | None:
    """What is wrong with a reply, in words for the model; None where nothing is."""
    if not written.can_tell:
        return None
    if written.category not in categories:
        offered = ", ".join(categories)
        return f"category {written.category.value} is not offered: choose from {offered}"
    number = num_options[written.category]
    if len(written.options) != number:
        return f"{written.category.value} takes {number} options, found {len(written.options)}"
    if LETTERS.index(written.answer) >= number:
        return f"the answer is {written.answer}, but there are {number} options"
    keys = _keys(scene)
    unknown = sorted(set(written.objects) - keys.keys())
    if unknown:
        return f"objects: there is no thing with the id {unknown[0]!r}"
    if len(written.objects) > MAX_OBJECTS:
        return f"objects: at most {MAX_OBJECTS} ids"
    try:
        claims = claims_of(written, scene)
        names = names_of(scene)
        asks = asks_of(written, claims, names)
    except ValueError as error:
        return str(error)
    options = _texts(written)

    def problems() -> Iterator[str]:
        naming, ids = Naming(scene), published_ids(scene)
        for key in sorted({key for claim in claims for key in objects_of(claim)}):
            if not naming.is_unique(key):
                yield f"{ids[key]} is not the only one of its name: choose things with only_one"
        yield from form_problems(written.question, options)
        yield from meaning_problems(written.question, options, claims, asks, names)

    return told(problems())


def claims_of(written: OpenQuestion, scene: Scene) -> list[Claim]:
    """The claims of the options, in the words of our own tables.

    ValueError, in words for the model, where one says nothing of this scene.
    """
    keys = _keys(scene)
    found = []
    for letter, option in zip(LETTERS, written.options, strict=False):
        terms = option.claim.model_dump(mode="json")
        try:
            if terms["category"] != written.category.value:
                raise ValueError(
                    f"it is on {terms['category']}, the question on {written.category.value}"
                )
            found.append(_canonical(claim_of(_known(terms), keys)))
        except ValueError as error:
            raise ValueError(f"the claim of option {letter}: {error}") from None
    return found


def _known(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Terms with predicates and classes spelled as in our tables; ValueError for others."""
    said = {name: value for name, value in terms.items() if value is not None}
    predicates = {name: _predicate(said[name]) for name in said if name in PREDICATE_FIELDS}
    classes = {name: _class_name(said[name]) for name in said if name in CLASS_FIELDS}
    return {**terms, **predicates, **classes}


def _class_name(text: str) -> str:
    resolved = load_vocabulary().resolve(text).class_name
    if resolved is None or not load_vocabulary().classes[resolved].is_askable:
        raise ValueError(f"{text!r} is no class that is counted or looked for")
    return resolved


def _predicate(text: str) -> str:
    predicates = load_predicates()
    by_phrase = (name for name, entry in predicates.items() if entry.phrase == text)
    found = canonical_predicate(text) or next(by_phrase, None)
    if found is None:
        raise ValueError(f"there is no predicate {text!r}: choose one of the list")
    return found


def _canonical(claim: Claim) -> Claim:
    """The claim, unless its parts do not go together (ValueError)."""
    named = objects_of(claim)
    if len(set(named)) < len(named):
        raise ValueError("it names a thing twice")
    form = form_of(claim)
    flaw = form.flaw(claim) or form.absurd_number(claim)
    if flaw:
        raise ValueError(flaw)
    return claim


def asks_of(written: OpenQuestion, claims: Sequence[Claim], names: Mapping[int, str]) -> str:
    """The part in which the claims differ; where it may be either of two, the one that the question
    asks for. ValueError where they differ in more than one part or in none."""
    possible = []
    for asks in FORMS[written.category].asks:
        told_apart = [parts(claim, asks) for claim in claims]
        asked = {part for _, part in told_apart}
        if len({stem for stem, _ in told_apart}) == 1 and len(asked) == len(claims):
            possible.append(asks)
    if not possible:
        allowed = " or ".join(FORMS[written.category].asks)
        raise ValueError(
            f"the claims of the options must differ in one part ({allowed}) and agree in the rest"
        )
    options = _texts(written)
    fitting = (
        asks
        for asks in possible
        if read_words(written.question, options, claims, asks, names)[0] is not Reading.DIFFERS
    )
    return next(fitting, possible[0])


def open_columns(written: OpenQuestion, scene: Scene) -> dict[str, Any]:
    """The columns of QUESTION that a sound reply decides; `verify` finds the proof."""
    claims = claims_of(written, scene)
    place = LETTERS.index(written.answer)
    claim = claims[place]
    names = names_of(scene)
    asks = asks_of(written, claims, names)
    keys = _keys(scene)
    naming = Naming(scene)
    named = [key for one in (claim, *claims) for key in objects_of(one)]
    named += [key for name in classes_of(claim) for key in _members(naming, name)]
    objects = list(dict.fromkeys([*named, *(keys[text] for text in written.objects)]))
    return {
        "category": written.category.value,
        "asks": asks,
        "facet": asks,
        "claim": encode_claim(claim),
        "objects": objects,
        "names": [names[key] for key in objects],
        "relationships": [
            entry.relationship_id
            for entry in scene.relationships
            if entry.subject in objects and entry.object in objects
        ],
        "evidence": Standing.UNKNOWN.value,
        "margin": None,
        "detail": None,
        "salience": (written.rating - 1) / 9,
        "level": written.level.value,
        "rating": written.rating,
        "topic": form_of(claim).topic(claim),
        "question": written.question.strip(),
        "options": _texts(written),
        "option_claims": [encode_claim(one) for one in claims],
        "answer": place,
        "writer_level": written.level.value,
    }


def _members(naming: Naming, class_name: str) -> list[int]:
    return [thing.object_id for thing in naming.members.get(class_name, ())]


def _keys(scene: Scene) -> dict[str, int]:
    return {text: key for key, text in published_ids(scene).items()}


def _texts(written: OpenQuestion) -> list[str]:
    return without_letters([option.text for option in written.options])
