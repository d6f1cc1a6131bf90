"""Existences: whether there is a thing of a class, or one so related to another."""

from collections.abc import Iterator
from functools import cache

from schemas.claim import ExistenceClaim
from schemas.scene_graph import SceneObject
from schemas.vocabulary.classes import load_vocabulary
from tasks.extract.interactions import interactions
from tasks.extract.proposal import Proposal
from tasks.extract.view import View

CONTACT = {"touch", "rest"}
"""Conditions of predicates whose ends touch."""
MIN_SHARED = 2
"""Things shown that belong to a setting ("kitchen") and so make it likely: one may be anywhere."""


@cache
def _common_classes() -> tuple[str, ...]:
    classes = load_vocabulary().classes.values()
    return tuple(entry.name for entry in classes if entry.is_common and entry.is_askable)


def propose_existences(view: View, num_options: int) -> Iterator[Proposal]:
    for thing in view.alone:
        claim = ExistenceClaim(str(thing.class_name), present=True)
        absent = [ExistenceClaim(str(thing.class_name), present=False)]
        yield Proposal("present", claim, absent, facet="present")
    for class_name in likely_classes(view):
        claim = ExistenceClaim(class_name, present=False)
        present = [ExistenceClaim(class_name, present=True)]
        kind = view.classes[class_name].kind
        hardness = int(any(view.kind(thing) is kind for thing in view.alone))
        yield Proposal("present", claim, present, facet="absent", hardness=hardness)
    yield from _related_existences(view)


def likely_classes(view: View) -> Iterator[str]:
    """Classes without any annotated thing, of settings that MIN_SHARED things shown share."""
    settings = [
        setting for thing in view.alone for setting in view.classes[str(thing.class_name)].settings
    ]
    likely = {setting for setting in settings if settings.count(setting) >= MIN_SHARED}
    for class_name in _common_classes():
        if not (
            view.classes[class_name].settings.isdisjoint(likely) or class_name in view.facts.members
        ):
            yield class_name


def _related_existences(view: View) -> Iterator[Proposal]:
    """Is there a <class> that is <predicate> a <class>? Where the answer is no, one end of a true
    relationship is replaced by something of its kind that the picture shows as well."""

    def asked(one: SceneObject, name: str, other: SceneObject, hardness: int) -> Proposal:
        present, absent = (
            ExistenceClaim(str(one.class_name), is_present, name, str(other.class_name))
            for is_present in (True, False)
        )
        if hardness == 1:
            return Proposal("present", present, [absent], facet="present", hardness=1)
        return Proposal("present", absent, [present], facet="absent", hardness=hardness)

    related = [*interactions(view, contact=False), *interactions(view, contact=True)]
    for subject, name, target in related:
        if target.object_id not in view.by_id or view.facts.predicates[name].needs not in CONTACT:
            continue
        ends = [(subject, target, 1)]
        ends += [(other, target, 2) for other in view.of_kind(subject, target)]
        ends += [(subject, other, 2) for other in view.of_kind(target, subject)]
        for one, other, hardness in ends:
            if one.class_name != other.class_name:  # "a dog holding a dog" is no question
                yield asked(one, name, other, hardness)
