"""Tiny scenes by hand: `scene([("dog", (x1, y1, x2, y2))], [(0, "on", 1)])`; ids are positions."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from hypothesis import strategies as st

from schemas.box import Box
from schemas.config.margins import ExtractConfig, ProofConfig
from schemas.config.models import WriteConfig
from schemas.proof.facts import Facts
from schemas.scene_graph import SCENE, Facing, Relationship, Scene, SceneObject
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import load_predicates

PROOF = ProofConfig(complete_classes=("*",))
OPEN = ProofConfig()
"""Nobody vouches for any class."""
EXTRACT = ExtractConfig()
NUM_OPTIONS = WriteConfig().num_options
CORNER = (0, 0, 30, 30)
FILL = ("wall", "floor", "ceiling", "sky", "grass", "road", "sand", "sidewalk", "dirt", "ground")
"""Names that no question asks about, to make a scene look thoroughly annotated."""

NAMES = ["dog", "dogs", "cat", "man", "boy", "person", "couch", "table", "cup", "grass", "gizmo"]
SAID = ["on", "under", "in", "next to", "near", "behind", "in front of", "left of", "right of",
        "above", "below", "holding", "riding", "sitting on", "far from", "frolicking"]  # fmt: skip


def thing(object_id: int, name: str, box: Sequence[int], **known: Any) -> SceneObject:
    resolved = load_vocabulary().resolve(name)
    values = {
        "object_id": object_id,
        "name": name,
        "class_name": resolved.class_name,
        "is_plural": resolved.is_plural,
        "is_doubtful": False,
        "blocks": tuple(sorted(resolved.mentions - {resolved.class_name})),
        "box": Box(*box),
    }
    return SceneObject(**values | known)


def scene(
    objects: Sequence[tuple[Any, ...]],
    relationships: Sequence[tuple[int, str, int]] = (),
    *,
    width: int = 900,
    height: int = 600,
    has_frame: bool = True,
    exhaustive: bool = False,
    image_id: str = "1",
) -> Scene:
    """Objects are (name, box) or (name, box, further fields); the picture is 900 by 600."""
    return Scene(
        image_id=image_id,
        width=width,
        height=height,
        has_frame=has_frame,
        is_exhaustive=exhaustive,
        objects={
            number: thing(number, name, box, **(known[0] if known else {}))
            for number, (name, box, *known) in enumerate(objects)
        },
        relationships=tuple(
            Relationship(number, subject, predicate, target, predicate in load_predicates())
            for number, (subject, predicate, target) in enumerate(relationships)
        ),
    )


def facts(*args: Any, proof: ProofConfig = PROOF, **settings: Any) -> Facts:
    return Facts(scene(*args, **settings), proof)


def filled(*objects: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The objects, and stuff in a corner up to the number that makes an absence believable."""
    missing = PROOF.min_annotated - len(objects)
    return [*objects, *((name, CORNER) for name in (FILL * 2)[: max(missing, 0)])]


def scene_rows(*scenes: Scene) -> pl.DataFrame:
    """Scenes as rows of SCENE."""
    rows = [
        {
            "image_id": one.image_id,
            "width": one.width,
            "height": one.height,
            "has_frame": one.has_frame,
            "is_exhaustive": one.is_exhaustive,
            "coco_id": None,
            "photograph": None,
            "objects": [
                {
                    "object_id": entry.object_id,
                    "name": entry.name,
                    "class_name": entry.class_name,
                    "is_plural": entry.is_plural,
                    "is_doubtful": entry.is_doubtful,
                    "blocks": list(entry.blocks),
                    **entry.box._asdict(),
                    "attributes": list(entry.attributes),
                    "depth": entry.depth,
                    "facing": entry.facing,
                }
                for entry in one.objects.values()
            ],
            "relationships": [
                {
                    "relationship_id": entry.relationship_id,
                    "subject": entry.subject,
                    "predicate": entry.predicate,
                    "object": entry.object,
                    "is_canonical": entry.is_canonical,
                }
                for entry in one.relationships
            ],
        }
        for one in scenes
    ]
    return pl.DataFrame(rows, schema=SCENE)


@st.composite
def scenes(draw: st.DrawFn, at_least: int = 2, names: Sequence[str] = NAMES) -> Scene:
    """Random scenes of up to six things and six annotations, on a grid of ten pixels."""
    number = draw(st.integers(at_least, 6))
    is_known = draw(st.booleans())
    objects = []
    for _ in range(number):
        width, height = (10 * draw(st.integers(1, 30)) for _ in "wh")
        x, y = (
            10 * draw(st.integers(0, 90 - width // 10)),
            10 * draw(st.integers(0, 60 - height // 10)),
        )
        known = {}
        if is_known:
            known["depth"] = draw(st.sampled_from([0.0, 2.0, 2.2, 4.0, 9.0]))
            known["facing"] = draw(st.none() | st.sampled_from(Facing))
        objects.append((draw(st.sampled_from(names)), (x, y, x + width, y + height), known))
    ids = st.integers(0, number - 1)
    said = st.tuples(ids, st.sampled_from(SAID), ids).filter(lambda link: link[0] != link[2])
    return scene(objects, draw(st.lists(said, max_size=6)), exhaustive=draw(st.booleans()))
