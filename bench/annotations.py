"""Files as large and as dirty as Visual Genome v1.2, drawn from a fixed seed.

Names, boxes and predicates are drawn independently, so nothing in an image belongs together: this
is enough to measure reading and cleaning, but useless to ask questions about.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np

from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import load_predicates

FILES = ("image_data.json", "objects.json", "relationships.json")
OBJECTS_PER_IMAGE, LINKS_PER_IMAGE = 35.7, 21.8
"""Means: 108,077 images then have 3.8 M objects and 2.3 M relationships, as Visual Genome has."""
NUM_NAMES, NUM_STRANGE_PREDICATES = 2000, 300
"""Different names of objects, and predicates outside the vocabulary; Visual Genome has more."""
SEED = 7  # any number: the same one writes the same files
SIZES = np.array([(500, 375), (500, 333), (375, 500), (640, 480), (800, 600), (1024, 768)])
"""Width and height in pixels: common sizes of the photographs."""
COMMON = "tree man window shirt wall building person sky ground sign head hand hair table car woman"
COMMON_PREDICATES = (
    "on",
    "has",
    "in",
    "of",
    "wearing",
    "with",
    "behind",
    "holding",
    "on a",
    "near",
)
WORDS = ("red", "white", "black", "blue", "green", "brown", "wooden", "large", "small")

# Shares as measured in twenty images; the last three are 0 there and guessed.
TWO_NAMES, OTHER_END_NAME, UPPER_CASE, REPEATED = 0.13, 0.10, 0.465, 0.172
SAME_THING, NO_SYNSET = 0.075, 0.07
OUT_OF_FRAME, EMPTY_BOX, DANGLING = 0.005, 0.001, 0.005


class Thing(NamedTuple):
    """`place` is the JSON of box and synsets; `other_name` what an annotator may also call it."""

    object_id: int
    names: list[str]
    other_name: str
    place: str


def object_names(rng: np.random.Generator) -> list[str]:
    """The most frequent first: classes, plurals, classes after an adjective, sentences, and words
    that are not classes."""
    classes = load_vocabulary().classes
    rest = list(classes)
    rng.shuffle(rest)
    tails = [entry.plural for entry in classes.values()][::5]
    tails += [f"{WORDS[place % len(WORDS)]} {name}" for place, name in enumerate(rest[::4])]
    tails += [f"{name} is in the picture." for name in rest[::12]]
    mixed = [*rest, *tails]
    rng.shuffle(mixed)
    names = list(dict.fromkeys([*COMMON.split(), *mixed]))
    return [*names, *(f"thingum{place}" for place in range(NUM_NAMES - len(names)))][:NUM_NAMES]


def predicate_names() -> list[str]:
    strange = (f"does {place} to" for place in range(NUM_STRANGE_PREDICATES))
    return list(dict.fromkeys([*COMMON_PREDICATES, *load_predicates(), *strange]))


def draw_words(
    rng: np.random.Generator, words: Sequence[str], size: int, power: float
) -> list[str]:
    """By Zipf's law, the first words the most frequent."""
    shares = np.arange(1, len(words) + 1) ** -power
    places = np.searchsorted(np.cumsum(shares / shares.sum()), rng.random(size))
    return [words[place] for place in np.minimum(places, len(words) - 1).tolist()]


def draw_things(
    rng: np.random.Generator, names: Sequence[str], frame: np.ndarray, first_id: int, size: int
) -> Iterator[Thing]:
    """The objects of one image of the given width and height."""
    extents = np.exp(rng.normal(-1.9, 0.9, (size, 2))).clip(0.01, 0.98)
    sides = np.maximum(extents * frame, 4)
    corners = rng.random((size, 2)) * (frame - sides)
    boxes = np.hstack([corners, sides]).astype(int).tolist()
    words = draw_words(rng, names, 2 * size, 0.85)
    draws = rng.random((size, 5)).tolist()
    last: Thing | None = None
    for number, ((x, y, w, h), draw) in enumerate(zip(boxes, draws, strict=True)):
        is_same, is_two, no_synset, is_outside, is_empty = draw
        if last and is_same < SAME_THING:
            yield last._replace(object_id=first_id + number)
            continue
        left = x + w if is_outside < OUT_OF_FRAME else x
        width = 0 if is_empty < EMPTY_BOX else w
        name, other = words[2 * number : 2 * number + 2]
        synset = "" if no_synset < NO_SYNSET else f'"{name.split()[-1]}.n.01"'
        place = f'"x": {left}, "y": {y}, "w": {width}, "h": {h}, "synsets": [{synset}]'
        called = [name, other] if is_two < TWO_NAMES else [name]
        last = Thing(first_id + number, called, other, place)
        yield last


def object_text(thing: Thing) -> str:
    names = '", "'.join(thing.names)
    return f'{{"object_id": {thing.object_id}, "names": ["{names}"], {thing.place}}}'


def draw_links(
    rng: np.random.Generator,
    predicates: Sequence[str],
    things: Sequence[Thing],
    first_id: int,
    size: int,
) -> Iterator[str]:
    """The JSON of each relationship of one image; some only repeat an earlier one."""
    links: list[str] = []
    verbs = draw_words(rng, predicates, size, 1.1)
    ends = rng.integers(0, len(things), (size, 2)).tolist()
    draws = rng.random((size, 4)).tolist()
    for number, (verb, (one, other), draw) in enumerate(zip(verbs, ends, draws, strict=True)):
        is_repeated, is_upper, is_other, dangles = draw
        if links and is_repeated < REPEATED:
            link = links[one % len(links)]
        else:
            subject, target = things[one], things[other]
            name = target.other_name if is_other < 2 * OTHER_END_NAME else target.names[0]
            target_id = target.object_id + (10**9 if dangles < DANGLING else 0)
            predicate = verb.upper() if is_upper < UPPER_CASE else verb
            link = (
                f'"predicate": "{predicate}", "synsets": ["along.r.01"], '
                f'"object": {{"object_id": {target_id}, "name": "{name}", {target.place}}}, '
                f'"subject": {{"object_id": {subject.object_id}, "name": "{subject.names[0]}", '
                f"{subject.place}}}"
            )
        links.append(link)
        yield f'{{"relationship_id": {first_id + number}, {link}}}'


def draw_images(num_images: int) -> Iterator[tuple[str, str, str]]:
    """Records of the three files, in the order of FILES."""
    rng = np.random.default_rng(SEED)
    names, predicates = object_names(rng), predicate_names()
    frames = SIZES[rng.choice(len(SIZES), num_images)]
    num_things = np.maximum(rng.gamma(5, OBJECTS_PER_IMAGE / 5, num_images).astype(int), 1)
    num_links = rng.gamma(2, LINKS_PER_IMAGE / 2, num_images).astype(int)
    counts = zip(frames, num_things.tolist(), num_links.tolist(), strict=True)
    for image_id, (frame, size, links) in enumerate(counts, start=1):
        first_id = image_id * 1000
        things = list(draw_things(rng, names, frame, first_id, size))
        width, height = frame.tolist()
        yield (
            f'{{"width": {width}, "url": "https://cs.stanford.edu/people/rak248/VG_100K/'
            f'{image_id}.jpg", "height": {height}, "image_id": {image_id}, "coco_id": null, '
            '"flickr_id": null}',
            f'{{"image_id": {image_id}, "objects": [{", ".join(map(object_text, things))}]}}',
            '{"relationships": ['
            + ", ".join(draw_links(rng, predicates, things, first_id, links))
            + f'], "image_id": {image_id}}}',
        )


def write_annotations(folder: Path, num_images: int) -> None:
    """The three files, unless they are there; they appear when all are complete."""
    if all((folder / name).exists() for name in FILES):
        return
    folder.mkdir(parents=True, exist_ok=True)
    partial = [folder / f"{name}.partial" for name in FILES]
    with ExitStack() as stack:
        streams = [stack.enter_context(path.open("w", encoding="utf-8")) for path in partial]
        for number, records in enumerate(draw_images(num_images)):
            for stream, record in zip(streams, records, strict=True):
                stream.write(", " if number else "[")
                stream.write(record)
        for stream in streams:
            stream.write("]")
    for path, name in zip(partial, FILES, strict=True):
        path.replace(folder / name)
