"""Pieces: of a table top or the like, annotators box what they see of it between other things."""

from schemas.box import Box, gap
from schemas.scene_graph import Scene, SceneObject
from schemas.vocabulary.classes import Vocabulary
from schemas.vocabulary.kinds import Kind, Trait

SET_ON_TOP = frozenset({Kind.TABLEWARE, Kind.CONTAINER, Kind.FOOD})
"""Kinds of things that stand on surfaces, and are smaller."""


def is_piece(thing: SceneObject, scene: Scene, vocabulary: Vocabulary) -> bool:
    """Whether its box is only a piece of a surface: what is set on surfaces is larger or wider than
    the box, and near."""
    if scene.is_exhaustive or not _has(thing, Trait.SURFACE, vocabulary):
        return False
    return any(
        _outgrows(other.box, thing.box) and is_set_on(other, vocabulary)
        for other in scene.objects.values()
    )


def is_set_on(thing: SceneObject, vocabulary: Vocabulary) -> bool:
    """Whether such things stand or lie on surfaces, and are smaller: not a tablecloth."""
    if thing.class_name is None:
        return False
    if any(_has(thing, trait, vocabulary) for trait in (Trait.SURFACE, Trait.FLOORED)):
        return False
    kind = vocabulary.classes[thing.class_name].kind
    return kind in SET_ON_TOP or _has(thing, Trait.SET_ON, vocabulary)


def _has(thing: SceneObject, trait: Trait, vocabulary: Vocabulary) -> bool:
    return thing.class_name is not None and vocabulary.has(thing.class_name, trait)


def _outgrows(box: Box, surface: Box) -> bool:
    """Whether a thing is too large to stand on no more than this, and so near that it may stand on
    the rest."""
    near = max(box.width, box.height, surface.width, surface.height)
    is_more = box.area > surface.area or box.width > surface.width
    return is_more and gap(box, surface) < near
