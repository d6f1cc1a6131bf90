"""A scene is the same in whichever format it is written."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.test_sources import read

NAMES = ("dog", "tree", "man", "car", "table", "cup", "lamp", "book")
PREDICATES = ("near", "on", "behind", "left of", "holding", "wearing", "in front of", "under")
ATTRIBUTES = ("red", "blue", "wooden", "large", "wet")
WIDTH, HEIGHT = 640, 480


class Thing(NamedTuple):
    number: int
    name: str
    box: dict[str, int]
    attributes: list[str]


class Drawn(NamedTuple):
    image_id: int
    things: list[Thing]
    links: list[tuple[int, str, int]]
    """Places of two things, and the predicate between them."""


@st.composite
def scenes(draw: st.DrawFn, image_id: int) -> Drawn:
    things = []
    for place in range(draw(st.integers(1, 5))):
        x, y = draw(st.integers(0, WIDTH - 40)), draw(st.integers(0, HEIGHT - 40))
        w, h = draw(st.integers(5, WIDTH - x)), draw(st.integers(5, HEIGHT - y))
        attributes = draw(st.lists(st.sampled_from(ATTRIBUTES), max_size=2, unique=True))
        box = {"x": x, "y": y, "w": w, "h": h}
        number = image_id * 100 + place
        things.append(Thing(number, draw(st.sampled_from(NAMES)), box, attributes))
    ends = st.tuples(*[st.integers(0, len(things) - 1)] * 2).filter(lambda ends: ends[0] != ends[1])
    pairs = draw(st.lists(ends, max_size=4)) if len(things) > 1 else []
    links = [(one, draw(st.sampled_from(PREDICATES)), other) for one, other in pairs]
    return Drawn(image_id, things, links)


def written(path: Path, tree: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(tree))
    return path


def as_visual_genome(drawn: list[Drawn], folder: Path, key: str, own: str, called: str) -> Path:
    """The names of an image's id and of a thing's, and by what an attribute calls its thing."""
    numbers = count()
    written(
        folder / "image_data.json",
        [{key: one.image_id, "width": WIDTH, "height": HEIGHT} for one in drawn],
    )
    written(
        folder / "objects.json",
        [
            {key: one.image_id, "objects": [
                {own: thing.number, "names": [thing.name], **thing.box} for thing in one.things
            ]}
            for one in drawn
        ],
    )  # fmt: skip
    written(
        folder / "attributes.json",
        [
            {key: one.image_id, "attributes": [
                {own: thing.number, called: [thing.name], "attributes": thing.attributes}
                for thing in one.things
            ]}
            for one in drawn
        ],
    )  # fmt: skip

    def end(thing: Thing) -> dict[str, Any]:
        return {own: thing.number, "name": thing.name, **thing.box}

    def link(one: Drawn) -> Iterator[dict[str, Any]]:
        for first, predicate, second in one.links:
            ends = {"subject": end(one.things[first]), "object": end(one.things[second])}
            yield {"relationship_id": next(numbers), "predicate": predicate.upper(), **ends}

    written(
        folder / "relationships.json",
        [{key: one.image_id, "relationships": [*link(one)]} for one in drawn],
    )
    return folder


def as_scene_graphs(drawn: list[Drawn], folder: Path) -> Path:
    numbers = count()
    written(
        folder / "image_data.json",
        [{"image_id": one.image_id, "width": WIDTH, "height": HEIGHT} for one in drawn],
    )
    graphs = [
        {
            "image_id": one.image_id,
            "objects": [
                {
                    "object_id": thing.number,
                    "names": [thing.name],
                    "attributes": thing.attributes,
                    **thing.box,
                }
                for thing in one.things
            ],
            "relationships": [
                {
                    "relationship_id": next(numbers),
                    "predicate": predicate,
                    "subject_id": one.things[first].number,
                    "object_id": one.things[second].number,
                }
                for first, predicate, second in one.links
            ],
        }
        for one in drawn
    ]
    written(folder / "scene_graphs.json", graphs)
    return folder


def as_gqa(drawn: list[Drawn], folder: Path) -> Path:
    graphs = {
        str(one.image_id): {
            "width": WIDTH,
            "height": HEIGHT,
            "objects": {
                str(thing.number): {
                    "name": thing.name,
                    "attributes": thing.attributes,
                    "relations": [
                        {"name": predicate, "object": str(one.things[second].number)}
                        for first, predicate, second in one.links
                        if first == place
                    ],
                    **thing.box,
                }
                for place, thing in enumerate(one.things)
            },
        }
        for one in drawn
    }
    return written(folder / "graphs.json", graphs)


def facts(scenes: pl.DataFrame) -> dict[str, tuple[Any, ...]]:
    """Of each image its size, things and relationships, whatever the order."""
    found = {}
    for row in scenes.iter_rows(named=True):
        things = {
            one["object_id"]: (
                one["name"],
                *(one[edge] for edge in ("x1", "y1", "x2", "y2")),
                tuple(sorted(one["attributes"] or ())),
            )
            for one in row["objects"]
        }
        links = [
            (things[one["subject"]], one["predicate"], things[one["object"]])
            for one in row["relationships"]
        ]
        size = row["width"], row["height"]
        found[row["image_id"]] = (size, sorted(things.items()), sorted(links))
    return found


FORMATS: dict[str, tuple[str, Callable[[list[Drawn], Path], Path]]] = {
    "v1.0": ("visual-genome", lambda *at: as_visual_genome(*at, "id", "id", "object_names")),
    "scene graphs": ("visual-genome", as_scene_graphs),
    "gqa": ("gqa", as_gqa),
}


@settings(max_examples=5)
@given(st.tuples(*map(scenes, (1, 2, 3))))
def test_a_scene_is_the_same_in_every_format(tmp_path_factory, drawn):
    root = tmp_path_factory.mktemp("formats")
    folder = as_visual_genome(list(drawn), root / "v1.2", "image_id", "object_id", "names")
    expected = facts(read("visual-genome", folder, root / "v1.2-root")[0])
    assert len(expected) == len(drawn)
    for name, (kind, write) in FORMATS.items():
        path = write(list(drawn), root / name)
        assert facts(read(kind, path, root / f"{name}-root")[0]) == expected, name
