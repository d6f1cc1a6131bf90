"""Deterministic models for the fake endpoint: from the decoded body of a chat completion to the
text of a reply."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from random import Random
from typing import Any

from schemas.box import Box
from schemas.claim import Category, Claim, ReachClaim, RelationClaim, objects_of
from schemas.completion.publish import LETTERS
from schemas.config.margins import ExtractConfig, ProofConfig
from schemas.config.models import WriteConfig
from schemas.proof.evidence import Standing
from schemas.proof.facts import Facts
from schemas.scene_graph import Facing, Relationship, Scene, SceneObject
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import load_predicates
from tasks.extract.candidates import find_candidates
from tasks.language.forms.table import form_of
from tasks.language.terms import claim_of, terms_of


def document_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON document that the first message of the user starts with."""
    content = next(entry["content"] for entry in body["messages"] if entry["role"] == "user")
    if not isinstance(content, str):
        content = next(part["text"] for part in content if part["type"] == "text")
    document, _ = json.JSONDecoder().raw_decode(content)
    return document


def draw(*key: object) -> Random:
    """Random numbers that depend on nothing but the key."""
    return Random(blake2b(repr(key).encode(), digest_size=8).hexdigest())


def generator(body: Mapping[str, Any]) -> str:
    """What a good writer replies to our prompts, in the words of the template writer."""
    document = document_of(body)
    written = _planned(document) if "claims" in document else _open(document)
    return json.dumps(written)


def _planned(document: Mapping[str, Any]) -> dict[str, Any]:
    keys = {entry["id"]: number for number, entry in enumerate(document["things"])}
    names = {number: entry["name"] for number, entry in enumerate(document["things"])}
    claims = {
        key: claim_of(
            Category(document["category"]),
            {name: value for name, value in terms.items() if name != "means"},
            keys,
        )
        for key, terms in document["claims"].items()
    }
    rng = draw(document["claims"], document["things"])
    true_claim = document["true_claim"] or rng.choice(sorted(claims))
    order = rng.sample(sorted(claims), len(claims))
    asks = document["asks"]
    options = [form_of(claims[key]).option(claims[key], asks, names) for key in order]
    said = _said(claims[true_claim], asks)
    grammar = form_of(said).grammar(said, asks, document["evidence"], options, names)
    return {
        "why": "the document says so",
        "can_tell": True,
        "question": grammar.draw(rng),
        "options": [{"text": text, "claim": key} for text, key in zip(options, order, strict=True)],
        "answer": LETTERS[order.index(true_claim)],
        "level": document["level"],
        "rating": rng.randint(5, 9),
    }


def _said(claim: Claim, asks: str) -> Claim:
    """The template writer asks for the predicate of relations alone."""
    if isinstance(claim, ReachClaim) and asks == "predicate":
        return RelationClaim(claim.subject, claim.predicate, claim.object)
    return claim


def scene_in(document: Mapping[str, Any]) -> Scene:
    """The scene that a document of the open strategy shows."""
    shared = Counter(entry["name"] for entry in document["things"])
    things = {
        number: _thing(number, entry, is_shared=shared[entry["name"]] > 1)
        for number, entry in enumerate(document["things"], start=1)
    }
    keys = {entry["id"]: number for number, entry in enumerate(document["things"], start=1)}
    return Scene(
        image_id="shown",
        width=document["picture"]["width"],
        height=document["picture"]["height"],
        has_frame=True,
        is_exhaustive=document["picture"]["is_exhaustive"],
        objects=things,
        relationships=tuple(
            Relationship(number, keys[one], said, keys[other], said in load_predicates())
            for number, (one, said, other) in enumerate(document["relationships"])
        ),
    )


def _thing(number: int, entry: Mapping[str, Any], is_shared: bool) -> SceneObject:
    resolved = load_vocabulary().resolve(entry["name"])
    return SceneObject(
        object_id=number,
        name=entry["name"],
        class_name=resolved.class_name,
        is_plural=resolved.is_plural,
        # Something else of another name may be meant by its name.
        is_doubtful=not entry["only_one"] and not is_shared,
        blocks=tuple(sorted(resolved.mentions - {resolved.class_name})),
        box=Box(*entry["box"]),
        attributes=tuple(entry.get("attributes", ())),
        depth=entry.get("depth"),
        facing=Facing(entry["facing"]) if "facing" in entry else None,
    )


def _open(document: Mapping[str, Any]) -> dict[str, Any]:
    scene = scene_in(document)
    keys = {entry["id"]: number for number, entry in enumerate(document["things"], start=1)}
    is_unique = {
        number: entry["only_one"] for number, entry in enumerate(document["things"], start=1)
    }
    category = Category(document["category"])
    wanted = {category: document["num_options"]}
    found = [
        candidate
        for candidate in find_candidates(
            Facts(scene, ProofConfig(complete_classes=("*",))),
            ExtractConfig(max_per_category=12),
            {**WriteConfig().num_options, **wanted},
        )
        if candidate.category is category
        and candidate.evidence.standing is not Standing.UNKNOWN
        and len(candidate.alternatives) + 1 == document["num_options"]
        and all(is_unique[key] for key in candidate.objects)
    ]
    if not found:
        return {
            "why": "nothing is clear", "can_tell": False, "objects": [], "question": "",
            "options": [], "answer": "A", "level": "easy", "rating": 1,
        }  # fmt: skip
    rng = draw(document["things"], document["level"], document["focus"])
    focused = [one for one in found if keys.get(document["focus"]) in one.objects]
    candidate = rng.choice(focused or found)
    names = {key: thing.class_name or thing.name for key, thing in scene.objects.items()}
    ids = {number: entry["id"] for number, entry in enumerate(document["things"], start=1)}
    claims: list[Claim] = [candidate.claim, *candidate.alternatives]
    rng.shuffle(claims)
    form = form_of(candidate.claim)
    options = [form.option(claim, candidate.asks, names) for claim in claims]
    grammar = form.grammar(
        candidate.claim, candidate.asks, candidate.evidence.standing.value, options, names
    )
    return {
        "why": "boxes and relationships say so",
        "can_tell": True,
        "objects": [ids[key] for key in objects_of(candidate.claim)],
        "question": grammar.draw(rng),
        "options": [
            {"text": option, "claim": _listed(category, terms_of(claim, ids))}
            for option, claim in zip(options, claims, strict=True)
        ],
        "answer": LETTERS[claims.index(candidate.claim)],
        "level": document["level"],
        "rating": rng.randint(5, 9),
    }


def _listed(category: Category, terms: dict[str, Any]) -> dict[str, Any]:
    """All fields are required in replies, those that claims may leave out as well."""
    if category is Category.EXISTENCE:
        return {"predicate": None, "other_class": None} | terms
    return terms


class Models:
    """A generator and a judge behind one endpoint: the judge knows the answers that the generator
    has given. It is wrong about a `wrong` share of the questions, says "ambiguous" of an
    `ambiguous` one, and guesses the first option where it sees no picture."""

    def __init__(self, wrong: float = 0.0, ambiguous: float = 0.0) -> None:
        self.wrong = wrong
        self.ambiguous = ambiguous
        self.answers: dict[str, str] = {}

    def __call__(self, body: Mapping[str, Any]) -> str:
        asked = document_of(body)
        if "question" not in asked:
            return self._write(body)
        picture = picture_in(body)
        return self._vote(asked, picture) if picture else '{"answer": "A"}'

    def _write(self, body: Mapping[str, Any]) -> str:
        reply = generator(body)
        written = json.loads(reply)
        if written["options"]:
            right = written["options"][LETTERS.index(written["answer"])]["text"]
            key = key_of(written["question"], written["options"])
            # Pictures differ in the answers to questions of the same words.
            self.answers[key] = self.answers[picture_in(body) + key] = right
        return reply

    def _vote(self, asked: Mapping[str, Any], picture: str) -> str:
        options = asked["options"]
        key = key_of(asked["question"], [{"text": text} for text in options.values()])
        mood = draw("mood", key).random()
        if mood < self.ambiguous:
            return '{"why": "it cannot be told", "answer": "ambiguous"}'
        is_wrong = mood < self.ambiguous + self.wrong
        known = self.answers.get(picture + key, self.answers[key])
        right = next(letter for letter in options if options[letter] == known)
        other = next(letter for letter in options if letter != right)
        answer = other if is_wrong else right
        return json.dumps({"why": "it looks like that", "answer": answer})


def picture_in(body: Mapping[str, Any]) -> str:
    """The data URL of the picture that is shown, if there is one."""
    contents = (entry["content"] for entry in body["messages"])
    parts = (part for content in contents if isinstance(content, list) for part in content)
    return next((part["image_url"]["url"] for part in parts if part["type"] == "image_url"), "")


def key_of(question: str, options: Iterable[Mapping[str, str]]) -> str:
    """A question with its options, whatever their order."""
    return " | ".join([question, *sorted(option["text"] for option in options)])
