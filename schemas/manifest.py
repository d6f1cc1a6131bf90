"""Manifest: what everyone who reads a dataset's manifest.json relies on.

A manifest may hold more. One that was made by hand or damaged is refused where it is read, not
where a reader would stumble over it.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Count = Annotated[int, Field(ge=0, lt=2**63)]
"""A number of rows, which a table can hold."""
Row = dict[str, Any]


class Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class File(Entry):
    sha256: str


class Stage(Entry):
    recipe: str


class Source(Entry):
    kind: str


class Config(Entry):
    images: str
    source: Source


class Lost(Entry):
    """A row of tasks.publish.funnel."""

    stage: str
    outcome: str
    reason: str
    category: str | None
    rows: Count


class Quota(Entry):
    category: str
    level: str
    wanted: Count
    chosen: Count


class Judging(Entry):
    """The summary of tasks.judge.summary."""

    rule: str
    blind_rule: str
    verdicts: list[Row]
    guessing: list[Row]
    agreement: list[Row]
    rejected: list[Row]


class Manifest(Entry):
    name: str
    digest: str
    files: dict[str, File]
    config: Config
    stages: dict[str, Stage]
    num_samples: Count
    num_images: Count
    splits: dict[str, Count]
    models: dict[str, str]
    funnel: list[Lost]
    quotas: list[Quota]
    costs: list[Row]
    judging: Judging | None


def problem_of(manifest: Any) -> str:
    """What is wrong with a manifest, empty where nothing is."""
    if not isinstance(manifest, dict):
        return "is not an object"
    try:
        Manifest.model_validate(manifest)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{'lacks' if first['type'] == 'missing' else 'holds something else as'} {where}"
    for name in manifest["files"]:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            return f"names {name}, which is not in its folder"
    return ""


def recipe_of(manifest: Mapping[str, Any], stage: str) -> str:
    """Of the artifact that a stage made for the dataset; ValueError where none is recorded."""
    try:
        recipe: str = manifest["stages"][stage]["recipe"]
    except KeyError:
        raise ValueError(
            f"the manifest.json of {manifest['name']} has no recipe of the stage {stage}: build "
            "the dataset again"
        ) from None
    return recipe


def digest_of_manifest(manifest: Mapping[str, Any]) -> str:
    """As tasks.publish.stage.build_manifest computes it."""
    facts = {name: fact for name, fact in manifest.items() if name not in ("digest", "code")}
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
