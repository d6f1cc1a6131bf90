"""An annotator of drawn scenes who works as those of Visual Genome did: not everything is boxed,
boxes are rough, words differ, and relationships are partial, repeated and now and then wrong.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, NamedTuple

from bench.laboratory.rates import Rates
from bench.laboratory.relations import stands
from bench.laboratory.truths import TRUE
from bench.laboratory.words import HYPERNYMS, LOOKALIKES, SYNONYMS, WORN
from bench.laboratory.world import LIVING, Box, TrueScene, TrueThing

SMALL_SHARE = 0.004
"""Of the picture: smaller things are often left out."""
BACKGROUND_DEPTH = 12.0
"""Metres."""
ALSO_SAID = {
    "on": ("on", "on", "on top of", "is on"),
    "sitting on": ("sitting on", "sits on", "on", "seated on"),
    "standing on": ("standing on", "on", "stands on"),
    "riding": ("riding", "on", "rides"),
    "holding": ("holding", "holds", "has", "carrying"),
    "under": ("under", "below", "beneath"),
    "in front of": ("in front of", "before"),
    "behind": ("behind",),
    "next to": ("next to", "beside", "near", "by"),
    "facing": ("facing", "looking at"),
    "above": ("above", "over"),
    "inside": ("in", "flying in"),
}
"""How annotators write a relationship."""
NOTED = ("above", "in front of", "behind", "next to", "facing", "left of", "right of")
"""Relationships of place, which annotators note now and then."""
SIDE_SHARE = 0.1
"""Left and right are noted this much less often than other places: annotators rarely say them."""
FIRST_PREDICATES = ("on", "in", "behind", "next to", "wearing", "has", "near", "under", "holding")
"""What a wrong relationship says: the most frequent predicates."""
NONSENSE = ("lacks", "are fully", "has five", "green by", "show")
PLURALS = {
    "man": "men", "woman": "women", "sheep": "sheep", "bus": "buses", "couch": "couches",
    "bench": "benches", "bush": "bushes", "box": "boxes",
}  # fmt: skip
Row = dict[str, Any]


@dataclass
class Note:
    """One annotated object: `means` are the numbers of the true things that its box shows."""

    object_id: int
    names: list[str]
    box: tuple[int, int, int, int]
    means: tuple[int, ...]


class Annotation(NamedTuple):
    """`rows` are those of image_data, objects, attributes and relationships; `means` gives the
    true things of each object id."""

    rows: tuple[Row, Row, Row, Row]
    means: dict[int, tuple[int, ...]]


class Annotator:
    """One scene's annotation in the making."""

    def __init__(self, scene: TrueScene, rates: Rates, seed: int) -> None:
        self.scene = scene
        self.rates = rates
        self.rng = random.Random(f"{seed}:{scene.image_id}:annotator")
        self.notes: list[Note] = []

    def happens(self, share: float) -> bool:
        return self.rng.random() < share

    def annotation(self) -> Annotation:
        for things in self._noticed():
            self._note(things)
        self._box_again()
        self.rng.shuffle(self.notes)
        for number, note in enumerate(self.notes):
            note.object_id = self.scene.image_id * 1000 + number + 1
        relationships = list(self._relationships())
        scene = self.scene
        image = {
            "image_id": scene.image_id, "width": scene.width, "height": scene.height,
            "url": f"drawn/VG_100K/{scene.image_id}.jpg", "coco_id": None, "flickr_id": None,
        }  # fmt: skip
        rows = (
            image,
            {"image_id": scene.image_id, "objects": [self._object_row(n) for n in self.notes]},
            {"image_id": scene.image_id, "attributes": [self._attributes(n) for n in self.notes]},
            {"image_id": scene.image_id, "relationships": relationships},
        )
        return Annotation(rows, {note.object_id: note.means for note in self.notes})

    # --- which things, in which boxes, by which names

    def _noticed(self) -> Iterator[list[TrueThing]]:
        """What gets one box: a thing, or several of one class."""
        rates, by_name = self.rates, defaultdict(list)
        for thing in self.scene.things:
            if thing.area > 0 and not thing.is_part:
                by_name[thing.name].append(thing)
        for things in by_name.values():
            things.sort(key=lambda thing: -thing.area)
            if len(things) > 1 and self.happens(rates.grouped):
                yield things
                continue
            for place, thing in enumerate(things):
                if not self.happens(self._left_out(thing, is_sibling=place > 0)):
                    yield [thing]
                    yield from (
                        [part]
                        for part in self.scene.things
                        if part.owner == thing.number and self.happens(rates.parts)
                    )

    def _left_out(self, thing: TrueThing, is_sibling: bool) -> float:
        """How likely it is that a thing is not annotated."""
        rates, kept = self.rates, 1.0
        is_small = thing.area < SMALL_SHARE * self.scene.width * self.scene.height
        is_far = thing.is_ground or thing.z > BACKGROUND_DEPTH
        for applies, share in (
            (is_sibling, rates.siblings_left_out),
            (is_small, rates.small_left_out),
            (is_far, rates.background_left_out),
            (not (is_sibling or is_small or is_far), rates.left_out),
        ):
            kept *= 1 - share if applies else 1.0
        return 1 - kept

    def _note(self, things: Sequence[TrueThing]) -> None:
        edges = [thing.box for thing in things]
        around = (
            min(box[0] for box in edges), min(box[1] for box in edges),
            max(box[2] for box in edges), max(box[3] for box in edges),
        )  # fmt: skip
        name = things[0].name
        plural = [PLURALS.get(name, f"{name}s")]
        names = plural if len(things) > 1 else self._names(things[0])
        box = self._drawn(around, self.rates.shifted, self.rates.cut)
        self.notes.append(Note(0, names, box, tuple(thing.number for thing in things)))

    def _names(self, thing: TrueThing) -> list[str]:
        rates, word = self.rates, self._word(thing)
        if self.happens(rates.sentences):
            forms = (f"{word} is {thing.color}.", f"is {word} {thing.color}?", f"a {word} is here.")
            return [self.rng.choice(forms)]
        names = [word]
        if self.happens(rates.several_names):
            others = [note.names[0] for note in self.notes] or [word]
            second = self.rng.choice(others) if self.happens(0.5) else self._synonym(thing)
            names += [second] if second != word else []
        return names

    def _word(self, thing: TrueThing) -> str:
        if thing.name in LOOKALIKES and self.happens(self.rates.wrong_word):
            return self.rng.choice(LOOKALIKES[thing.name])
        return self._synonym(thing) if self.happens(self.rates.other_word) else thing.name

    def _synonym(self, thing: TrueThing) -> str:
        words = (*SYNONYMS.get(thing.name, ()), *HYPERNYMS.get(thing.name, ()))
        return self.rng.choice(words) if words else thing.name

    def _drawn(self, box: Box, shifted: float, cut: float) -> tuple[int, int, int, int]:
        """A box as somebody draws it; the thing's own where both shares are 0."""
        left, top, right, bottom = box
        sides = (right - left, bottom - top) * 2
        edges = [
            edge + self.rng.gauss(0, 1) * shifted * side
            for edge, side in zip(box, sides, strict=True)
        ]
        if self.happens(cut):
            place = self.rng.randrange(4)
            missed = self.rng.uniform(0.2, 0.45) * sides[place]
            edges[place] += missed if place < 2 else -missed
        x1 = round(min(max(edges[0], 0), self.scene.width - 2))
        y1 = round(min(max(edges[1], 0), self.scene.height - 2))
        x2 = round(min(max(edges[2], x1 + 2), self.scene.width))
        y2 = round(min(max(edges[3], y1 + 2), self.scene.height))
        return x1, y1, x2, y2

    def _box_again(self) -> None:
        """Some things are boxed by a second annotator, who did not see the first one's box."""
        for note in list(self.notes):
            if self.happens(self.rates.same_box):
                box = note.box
            elif self.happens(self.rates.similar_box):
                box = self._drawn(note.box, 0.06, 0.0)
            else:
                continue
            thing = self.scene.things[note.means[0]]
            names = [self._word(thing)] if len(note.means) == 1 else list(note.names)
            self.notes.append(Note(0, names, box, note.means))

    # --- relationships

    def _relationships(self) -> Iterator[Row]:
        found: list[tuple[Note, str, Note]] = []
        said: set[frozenset[int]] = set()
        ends = [note for note in self.notes if len(note.means) == 1]
        for one, other in permutations(ends, 2):
            pair = frozenset((one.object_id, other.object_id))
            if one.means == other.means or (pair in said and self.happens(self.rates.one_sided)):
                continue
            predicate = self._noted(
                self.scene.things[one.means[0]], self.scene.things[other.means[0]]
            )
            if predicate:
                said.add(pair)
                found.append(self._misread(one, predicate, other, ends))
        found += [entry for entry in found if self.happens(self.rates.repeated)]
        self.rng.shuffle(found)
        first = self.scene.image_id * 1000 + 500
        for number, (one, predicate, other) in enumerate(found):
            yield {
                "relationship_id": first + number,
                "predicate": predicate.upper()
                if self.happens(self.rates.upper_case)
                else predicate,
                "synsets": [] if self.happens(self.rates.no_synset) else ["along.r.01"],
                "subject": self._end(one),
                "object": self._end(other),
            }

    def _noted(self, a: TrueThing, b: TrueThing) -> str | None:
        """What the annotator says of the pair, if anything."""
        for predicate in self._bonds(a, b):
            if self.happens(self.rates.bonds_noted):
                return self.rng.choice(ALSO_SAID.get(predicate, (predicate,)))
            return None
        if a.is_part or b.is_part or a.is_ground or b.is_ground:
            return None
        if not self.happens(self.rates.places_noted):
            return None
        for name in self.rng.sample(NOTED, len(NOTED)):
            if name in ("left of", "right of") and not self.happens(SIDE_SHARE):
                continue
            if stands(self.scene, a, name, b) is TRUE:
                return self.rng.choice(ALSO_SAID.get(name, (name,)))
        return None

    def _bonds(self, a: TrueThing, b: TrueThing) -> Iterator[str]:
        if a.carrier == b.number and a.bond != "holding":
            yield a.bond
        elif b.carrier == a.number and b.bond == "holding":
            yield "holding"
        elif b.owner == a.number:
            yield "wearing" if b.name in WORN else "has"
        elif b.is_ground and self.scene.ground_below(a) == b.number:
            yield "standing on" if a.name in LIVING and self.happens(0.4) else "on"
        elif a.is_flying and b.name == "sky":
            yield "inside"

    def _misread(
        self, one: Note, predicate: str, other: Note, ends: Sequence[Note]
    ) -> tuple[Note, str, Note]:
        """The relationship as written: now and then wrong."""
        if self.happens(self.rates.nonsense):
            return one, self.rng.choice(NONSENSE), other
        if not self.happens(self.rates.wrong_relationship):
            return one, predicate, other
        kind = self.rng.randrange(3)
        if kind == 0:
            return other, predicate, one
        if kind == 1:
            return one, self.rng.choice(FIRST_PREDICATES), other
        return one, predicate, self.rng.choice([end for end in ends if end is not one])

    # --- rows

    def _place(self, note: Note) -> Row:
        x1, y1, x2, y2 = note.box
        synset = f"{note.names[0].split()[-1].strip('.?')}.n.01"
        is_bare = self.happens(self.rates.no_synset)
        return {
            "object_id": note.object_id, "synsets": [] if is_bare else [synset],
            "x": x1, "y": y1, "w": x2 - x1, "h": y2 - y1,
        }  # fmt: skip

    def _object_row(self, note: Note) -> Row:
        return {"names": note.names, **self._place(note)}

    def _end(self, note: Note) -> Row:
        name = note.names[0]
        if self.happens(self.rates.other_end_name):
            name = self._synonym(self.scene.things[note.means[0]])
        return {"name": name, **self._place(note)}

    def _attributes(self, note: Note) -> Row:
        row = self._object_row(note)
        if self.happens(self.rates.no_attributes):
            return row
        thing = self.scene.things[note.means[0]]
        words = [thing.color] if thing.color else []
        if words and self.happens(self.rates.wrong_attribute):
            words = [self.rng.choice(("red", "blue", "green", "white", "black"))]
        if thing.pose in ("sitting", "standing"):
            words.append(thing.pose)
        return row | ({"attributes": words} if words else {})


def annotate(scene: TrueScene, rates: Rates, seed: int) -> Annotation:
    """Deterministic by (scene, rates, seed)."""
    return Annotator(scene, rates, seed).annotation()
