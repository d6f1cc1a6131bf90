"""The table of classes, data/vocabulary/classes.toml: its rows, read and checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from schemas.vocabulary.kinds import NEVER_ASKED, Kind, Trait

NONE: frozenset[str] = frozenset()
FIELDS = {
    "parent",
    "also",
    "settings",
    "landmark",
    "common",
    "lookalikes",
    "crowd",
    "mass",
    "ambiguous",
    "single",
}
"""What a row of classes.toml may have; the head of that file explains the fields."""


@dataclass(frozen=True, slots=True)
class ObjectClass:
    """`plurals_also` are those of `also`, in its order. `lookalikes` is symmetric; an ambiguous
    class lists its senses there. `is_single`: a photograph that shows one hardly ever shows another
    (in fewer than about one of seven)."""

    name: str
    kind: Kind
    parent: str | None
    also: tuple[str, ...]
    plural: str
    plurals_also: tuple[str, ...]
    settings: frozenset[str]
    is_landmark: bool
    is_common: bool
    is_crowd: bool
    is_mass: bool
    is_ambiguous: bool
    is_single: bool
    lookalikes: frozenset[str]

    @property
    def is_askable(self) -> bool:
        return self.kind not in NEVER_ASKED and not (
            self.is_ambiguous or self.is_crowd or self.is_mass
        )


def walk_up(classes: Mapping[str, ObjectClass], class_name: str) -> Iterator[str]:
    seen: set[str] = set()
    above: str | None = class_name
    while above is not None:
        if above in seen:
            raise ValueError(f"class {class_name!r} is its own ancestor: break its parent chain")
        seen.add(above)
        yield above
        above = classes[above].parent


def read_classes(tables: Mapping[str, Any]) -> dict[str, ObjectClass]:
    """Classes as written: settings not yet inherited, lookalikes not yet symmetric."""
    plurals = tables["plurals"] | {name: name for name in tables["unchanged"]}
    unused = set(plurals)
    classes: dict[str, ObjectClass] = {}
    for kind in Kind:
        for name, entry in tables[kind].items():
            if unknown := entry.keys() - FIELDS:
                raise ValueError(
                    f"class {name!r} has fields {sorted(unknown)}: use {sorted(FIELDS)}"
                )
            if name in classes:
                raise ValueError(f"class {name!r} is in two tables: keep it in one of them")
            also = tuple(entry.get("also", ()))
            unused.difference_update((name, *also))
            classes[name] = ObjectClass(
                name=name,
                kind=kind,
                parent=entry.get("parent"),
                also=also,
                plural=plurals.get(name, f"{name}s"),
                plurals_also=tuple(plurals.get(other, f"{other}s") for other in also),
                settings=frozenset(entry.get("settings", "").split()),
                is_landmark=entry.get("landmark", False),
                is_common=entry.get("common", False),
                is_crowd=entry.get("crowd", False),
                is_mass=entry.get("mass", False),
                is_ambiguous=entry.get("ambiguous", False),
                is_single=entry.get("single", False),
                lookalikes=frozenset(entry.get("lookalikes", ())),
            )
    if unused:
        raise ValueError(f"plurals are listed of {sorted(unused)}: not names of classes")
    return classes


def completed(
    written: Mapping[str, ObjectClass], settings: frozenset[str]
) -> dict[str, ObjectClass]:
    """The classes, settings inherited and lookalikes symmetric; ValueError where one names a class
    or a setting that does not exist."""
    check_references(written, settings)
    mixed_up = {name: set(one.lookalikes) for name, one in written.items()}
    for one in written.values():
        for other in one.lookalikes:
            mixed_up[other].add(one.name)
    return {
        name: replace(
            one,
            lookalikes=frozenset(mixed_up[name]),
            settings=inherited_settings(written, name),
        )
        for name, one in written.items()
    }


def check_references(classes: Mapping[str, ObjectClass], settings: frozenset[str]) -> None:
    for one in classes.values():
        parents = {one.parent} - {None}
        if unknown := (one.lookalikes | parents) - classes.keys():
            raise ValueError(f"class {one.name!r} names {sorted(map(str, unknown))}: not classes")
        if unknown := one.settings - settings:
            raise ValueError(f"class {one.name!r} has settings {sorted(unknown)}: not in the list")


def read_traits(
    tables: Mapping[str, Any], classes: Mapping[str, ObjectClass]
) -> dict[Trait, frozenset[str]]:
    """The classes of each trait; ValueError where one of the two does not exist."""
    written = tables["traits"]
    if unknown := set(written) ^ set(Trait):
        raise ValueError(f"the traits are not {', '.join(Trait)}: {sorted(unknown)}")
    for trait, names in written.items():
        if unknown := set(names) - classes.keys():
            raise ValueError(f"trait {trait!r} names {sorted(unknown)}: not classes")
    return {trait: frozenset(written[trait]) for trait in Trait}


def inherited_settings(classes: Mapping[str, ObjectClass], class_name: str) -> frozenset[str]:
    above = (classes[name].settings for name in walk_up(classes, class_name))
    return next(filter(None, above), NONE)
