"""Recipes: all that differs in what two builds say of one stage, apart from what earlier stages
made."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas.code_version import SHOWN
from tasks.diff.record import Record
from tasks.review.inputs import REVIEWS
from tasks.status import flat

OVERRIDE = "override"
"""What recipes call the file that takes the place of what a stage makes."""
NOT_RECORDED = "not recorded"


class Cause(NamedTuple):
    """`kind` is one of source row, configuration key, code version, prompt, model, reply, witness,
    override, review and NOT_RECORDED; `stage` is where it acts."""

    kind: str
    what: str
    stage: str


def own_causes(stage: str, one: Record, two: Record) -> list[Cause]:
    """All that differs in the recipes of a stage, apart from what earlier stages made."""
    if (stage in one.stages) is not (stage in two.stages):
        told = "runs, did not" if stage in two.stages else "does not run, did"
        kind = "witness" if stage in ("witness", "look") else "configuration key"
        return [Cause(kind, f"{stage} {told}", stage)]
    if one.content(stage) == two.content(stage):
        return []
    old, new = one.recipes.get(stage), two.recipes.get(stage)
    if old is None or new is None:
        return _by_manifest(stage, one, two)
    found = []
    if given := _override(stage, old, new):
        return [given]
    if old["version"] != new["version"]:
        what = f"the code of {stage} is version {new['version']}, was {old['version']}"
        found.append(Cause("code version", what, stage))
    found += _keys(stage, old["config"], new["config"])
    made = (one.stages.keys() | two.stages.keys()) - {stage}
    for name in sorted((old["inputs"].keys() | new["inputs"].keys()) - made):
        if old["inputs"].get(name) != new["inputs"].get(name):
            found += _file_causes(stage, name, one, two)
    return found


def _override(stage: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Cause | None:
    """Where a file took the place of what a stage makes, before or after: nothing else of its
    recipe decides."""
    before, after = (recipe["config"].get(OVERRIDE) for recipe in (old, new))
    if before == after:
        if old["inputs"].get(OVERRIDE) == new["inputs"].get(OVERRIDE):
            return None
        return Cause(OVERRIDE, f"override.{stage} {after} holds something else", stage)
    names = [f"the file {name}" if name else "not set" for name in (after, before)]
    return Cause(OVERRIDE, f"override.{stage} is {names[0]}, was {names[1]}", stage)


def _keys(stage: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Cause]:
    before, after = flat(dict(old)), flat(dict(new))
    return [
        Cause(_kind(stage, key), _told(stage, key, before.get(key), after.get(key)), stage)
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


IN_CONFIGURATION = {"kind": "source.kind", "num_options": "write.num_options"}
"""What a recipe calls otherwise than the configuration."""


def _told(stage: str, key: str, old: Any, new: Any) -> str:
    if key in ("prompt", "prompts"):
        return f"the prompt of {stage} has changed"
    name = f"source.{key}" if key.startswith("render.") else IN_CONFIGURATION.get(key, key)
    return f"{name} is {new}, was {old}"


def _kind(stage: str, key: str) -> str:
    leaf = key.rpartition(".")[2]
    if key in ("prompt", "prompts"):
        return "prompt"
    if leaf == "model" or key.startswith("model "):
        return "model"
    if leaf == "draw":
        return "reply"
    return "witness" if key.startswith(("witness ", "independent ")) else "configuration key"


FILES = {
    "source": ("source row", "the source's annotations have changed"),
    "photographs": ("source row", "the source's photographs have changed"),
    "vocabulary": ("code version", "the vocabulary's tables have changed"),
    "coco names": ("code version", "the names of COCO's classes have changed"),
    REVIEWS: ("review", "what reviewers found has changed"),
}
"""What files that no stage made are called in recipes, and what they stand for."""


def _file_causes(stage: str, name: str, one: Record, two: Record) -> list[Cause]:
    if name in ("source", "photographs") and {"render"} <= one.stages.keys() & two.stages.keys():
        return []  # drawn by a stage, whose own recipe says why it drew something else
    if stage == "exclude":
        return [Cause("configuration key", "the lists of select.exclude have changed", stage)]
    if stage in ("witness", "look") and name not in FILES:
        return [Cause("witness", f"the witness's {name} have changed", stage)]
    kind, what = FILES.get(name, ("code version", f"{name} has changed"))
    return [Cause(kind, what, "index" if name == "source" else stage)]


def _by_manifest(stage: str, one: Record, two: Record) -> list[Cause]:
    """Where the artifacts are gone, every key of the configuration may be a cause."""
    found = _keys(stage, one.manifest["config"], two.manifest["config"])
    others = (*code_causes(one, two), *library_causes(one, two))
    return found + [Cause(kind, what, stage) for kind, what in others]


def code_causes(one: Record, two: Record) -> list[tuple[str, str]]:
    old, new = (record.manifest.get("code") or {} for record in (one, two))
    if old == new and not new.get("is_changed"):
        return []
    told = [
        f"{(code.get('commit') or code.get('version') or 'not known')[:SHOWN]}"
        f"{' with local changes' if code.get('is_changed') else ''}"
        for code in (new, old)
    ]
    if old == new:  # what was changed is not recorded
        return [("code version", f"the code is commit {told[0]} in both builds, perhaps others")]
    return [("code version", f"the code is commit {told[0]}, was {told[1]}")]


def library_causes(one: Record, two: Record) -> list[tuple[str, str]]:
    old, new = (record.manifest.get("versions") or {} for record in (one, two))
    return [
        ("code version", f"{name} is {new.get(name)}, was {old.get(name)}")
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
