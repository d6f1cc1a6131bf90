"""Open: the model sees the whole scene graph and chooses objects and options itself.

Its claims use published ids; the part in which they differ is the one that is asked for. Nothing is
proved here: `verify` decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import create_model

from schemas.chat import ReplyForm
from schemas.claim import (
    CLASS_FIELDS,
    PREDICATE_FIELDS,
    Category,
    Claim,
    RelationClaim,
    classes_of,
    encode_claim,
    objects_of,
)
from schemas.completion.publish import LETTERS, published_ids
from schemas.proof.evidence import Standing
from schemas.proof.facts import Facts
from schemas.scene_graph import Relationship, Scene
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import canonical_predicate, load_predicates
from tasks.language.forms.table import FORMS, form_of
from tasks.language.reading import parts, read_words
from tasks.language.references import find_references
from tasks.language.terms import claim_of
from tasks.language.words.phrases import Reading
from tasks.language.words.references import text_of
from tasks.write.document import (
    dumped,
    frame_of_picture,
    names_of,
    picture_part,
    relationship_part,
    thing_part,
)
from tasks.write.planned import Difficulty, Letter, Rating, WrittenReply
from tasks.write.texts import Plain, form_problems, meaning_problems, told, without_letters

MAX_THINGS = 100
"""Things that a document lists at most, the largest: about 40 tokens each. Few scenes have more."""
MAX_RELATIONSHIPS = 150
"""Relationships that a document lists at most: about 15 tokens each."""
MAX_CALLED = 3
"""Ways to call a thing that a document lists at most."""
MAX_OBJECTS = 12
"""Ids that a reply may list: a question names at most five things, or counts a few more."""


class OpenOption(ReplyForm):
    text: Plain
    claim: ReplyForm


# Where `can_tell` is false, the scene offers no good question of the category; then the other
# fields mean nothing.
class OpenQuestion(WrittenReply):
    objects: list[str]
    question: Plain
    options: Sequence[OpenOption]
    answer: Letter
    level: Difficulty
    rating: Rating


@cache
def open_form(category: Category) -> type[OpenQuestion]:
    """The form of a reply whose claims are of a category: models are not shown those of others."""
    terms = FORMS[category].terms
    option: Any = create_model("OpenOption", __base__=OpenOption, claim=(terms, ...))
    form: type[OpenQuestion] = create_model(
        "OpenQuestion", __base__=OpenQuestion, options=(list[option], ...)
    )
    return form


def open_document(
    category: Category,
    level: str,
    num_options: int,
    facts: Facts,
    max_side: int | None,
    focus: int | None = None,
) -> str:
    """The document that asks for a question; `max_side` is that of the photograph, None without,
    `focus` is a thing that the question should be about. A relationship that boxes,
    a witness or another one speaks against is not shown: what is said by it would be refused."""
    scene = facts.scene
    ids = published_ids(scene)
    size = frame_of_picture(scene, max_side)
    largest = sorted(scene.objects.values(), key=lambda thing: (-thing.box.area, thing.object_id))
    shown = sorted(thing.object_id for thing in largest[:MAX_THINGS])
    things = []
    for key in shown:
        thing = scene.objects[key]
        references = facts.references.of(key)
        is_plain = any(reference.is_plain for reference in references)
        part = thing_part(thing, scene, ids, size) | {"only_one": is_plain}
        if references and not is_plain:
            part["called"] = list(map(text_of, references[:MAX_CALLED]))
        if thing.depth is not None:
            part["depth"] = round(thing.depth, 2)
        if thing.facing is not None:
            part["facing"] = thing.facing.value
        things.append(part)
    believed = [one for one in scene.relationships if _is_believed(one, facts)]
    return dumped(
        {
            "picture": picture_part(size) | {"is_exhaustive": scene.is_exhaustive},
            "things": things,
            "relationships": relationship_part(believed, ids, shown)[:MAX_RELATIONSHIPS],
            "category": category.value,
            "level": level,
            "focus": ids[focus] if focus in shown else None,
            "num_options": num_options,
        }
    )


def _is_believed(one: Relationship, facts: Facts) -> bool:
    claim = RelationClaim(one.subject, one.predicate, one.object)
    return not one.is_canonical or facts.holds(claim).supports


def open_problem(
    written: OpenQuestion,
    category: Category,
    num_options: int,
    facts: Facts,
    *,
    is_judged: bool = True,
) -> str | None:
    """What is wrong with a reply, in words for the model; None where nothing is."""
    if not written.can_tell:
        return None
    if len(written.options) != num_options:
        return f"{category.value} takes {num_options} options, found {len(written.options)}"
    if LETTERS.index(written.answer) >= num_options:
        return f"the answer is {written.answer}, but there are {num_options} options"
    scene = facts.scene
    keys = _keys(scene)
    unknown = sorted(set(written.objects) - keys.keys())
    if unknown:
        return f"objects: there is no thing with the id {unknown[0]!r}"
    if len(written.objects) > MAX_OBJECTS:
        return f"objects: at most {MAX_OBJECTS} ids"
    try:
        claims = claims_of(written, category, scene)
        references = find_references((written.question, *_texts(written)), claims, facts)
        names = {key: text_of(reference) for key, reference in references.items()}
        asks = asks_of(written, category, claims, names)
    except ValueError as error:
        return str(error)
    options = _texts(written)

    def problems() -> Iterator[str]:
        ids = published_ids(scene)
        for key, reference in sorted(references.items()):
            if facts.references.picks(reference) != key:
                yield (
                    f"{ids[key]} may not be the only one of its name: choose things with only_one, "
                    "or use the words of called"
                )
        yield from form_problems(written.question, options)
        words = written.question, options, claims, asks, names
        yield from meaning_problems(*words, is_judged=is_judged)

    return told(problems())


def claims_of(written: OpenQuestion, category: Category, scene: Scene) -> list[Claim]:
    """The claims of the options, in the words of our own tables.

    ValueError, in words for the model, where one says nothing of this scene.
    """
    keys = _keys(scene)
    found = []
    for letter, option in zip(LETTERS, written.options, strict=False):
        terms = option.claim.model_dump(mode="json")
        try:
            found.append(_canonical(claim_of(category, _known(terms), keys)))
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


def asks_of(
    written: OpenQuestion, category: Category, claims: Sequence[Claim], names: Mapping[int, str]
) -> str:
    """The part in which the claims differ; where it may be either of two, the one that the question
    asks for. ValueError where they differ in more than one part or in none."""
    possible = []
    for asks in FORMS[category].asks:
        told_apart = [parts(claim, asks) for claim in claims]
        asked = {part for _, part in told_apart}
        if len({stem for stem, _ in told_apart}) == 1 and len(asked) == len(claims):
            possible.append(asks)
    if not possible:
        allowed = " or ".join(FORMS[category].asks)
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


def open_columns(written: OpenQuestion, category: Category, facts: Facts) -> dict[str, Any]:
    """The columns of QUESTION that a sound reply decides; `verify` finds the proof."""
    scene = facts.scene
    claims = claims_of(written, category, scene)
    place = LETTERS.index(written.answer)
    claim = claims[place]
    references = find_references((written.question, *_texts(written)), claims, facts)
    names = names_of(scene) | {key: text_of(entry) for key, entry in references.items()}
    asks = asks_of(written, category, claims, names)
    keys = _keys(scene)
    named = [key for one in (claim, *claims) for key in objects_of(one)]
    named += [key for name in classes_of(claim) for key in _members(facts, name)]
    objects = list(dict.fromkeys([*named, *(keys[text] for text in written.objects)]))
    return {
        "category": category.value,
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


def _members(facts: Facts, class_name: str) -> list[int]:
    return [thing.object_id for thing in facts.members.get(class_name, ())]


def _keys(scene: Scene) -> dict[str, int]:
    return {text: key for key, text in published_ids(scene).items()}


def _texts(written: OpenQuestion) -> list[str]:
    return without_letters([option.text for option in written.options])
