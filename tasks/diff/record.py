"""Record: what a dataset and the artifacts of its stages say of how it was made."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from schemas.dataset_folder import name_of_dataset, read_manifest, sample_files
from tasks.artifact import SEAL, artifacts_of, read_seal, sealed_content

SCENES, QUESTIONS = "image_id", "question_id"
"""The columns by which rows about images, and about questions, are found."""

NEEDED = (
    QUESTIONS, SCENES, "category", "level", "asks", "claim", "question_only", "options", "split",
    "answer_text", "answer_text_only",
)  # fmt: skip
"""Columns without which samples cannot be compared."""


SHARD = re.compile(r"-(\d+)-(\d+)\.")
"""In the name of a shard: its first image, and the one after its last."""


@dataclass(frozen=True)
class Record:
    """A dataset folder and the root that holds its artifacts, which may be gone."""

    folder: Path
    root: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return read_manifest(self.folder)

    @property
    def name(self) -> str:
        return name_of_dataset(self.manifest)

    @property
    def stages(self) -> Mapping[str, Mapping[str, str]]:
        """Recipe and content digest of each stage that ran, in their order."""
        stages: dict[str, dict[str, str]] = self.manifest["stages"]
        return stages

    def content(self, stage: str) -> str | None:
        """None where the stage did not run."""
        return self.stages[stage].get("content", "") if stage in self.stages else None

    @cached_property
    def recipes(self) -> dict[str, dict[str, Any]]:
        """The recipes of the stages whose seals are here."""
        found = {}
        for stage, facts in self.stages.items():
            digest = facts["recipe"].split("+")[0]
            seals = sorted((self.root / "artifacts" / stage).glob(f"{digest}*{SEAL}"))
            with suppress(ValueError):  # a damaged seal says nothing, as one that is gone
                for place in seals[:1]:
                    sealed = place.with_name(place.name.removesuffix(SEAL))
                    found[stage] = read_seal(sealed)["recipe"]
        return found

    @cached_property
    def _artifacts(self) -> dict[str, list[Path]]:
        return {stage: self._tables(stage, facts) for stage, facts in self.stages.items()}

    def _tables(self, stage: str, facts: Mapping[str, str]) -> list[Path]:
        """Of a stage, as far as they hold what the dataset was made of: `--again` makes an artifact
        of the same name hold other replies. Where builds were cut into other shards, those of one
        cut. None where one is damaged."""
        with suppress(ValueError):
            for paths in cuts_of(artifacts_of(self.root, stage, facts["recipe"])):
                with suppress(ValueError):
                    if sealed_content(paths) == facts.get("content"):
                        return paths
        return []

    def rows(self, stage: str, column: str, wanted: Collection[str]) -> pl.DataFrame | None:
        """The rows of a stage whose `column` is one of `wanted`; None where its artifacts are gone
        or were made again with other replies, and no rows where the stage did not run."""
        if stage not in self.stages:
            return pl.DataFrame(schema={column: pl.String})
        rows = self.table(stage)
        if rows is None:
            return None
        # The index keeps ids as the source has them, which may be numbers.
        is_wanted = pl.col(column).cast(pl.String).is_in(list(wanted))
        return rows.filter(is_wanted).collect()

    def table(self, stage: str) -> pl.LazyFrame | None:
        """All rows of a stage; None where it did not run, or its artifacts are gone or were made
        again with other replies."""
        paths = self._artifacts.get(stage)
        return pl.scan_parquet(paths) if paths else None

    @cached_property
    def samples(self) -> pl.DataFrame:
        """All samples without their photographs, by question id; ValueError where they lack a
        column that is compared."""
        rows = pl.scan_parquet(sample_files(self.folder))
        names = rows.collect_schema().names()
        if missing := [name for name in NEEDED if name not in names]:
            raise ValueError(
                f"the samples of {self.folder} lack {', '.join(missing)}: compare datasets that "
                "this release, or one like it, has built"
            )
        return rows.drop("images", strict=False).sort(QUESTIONS).collect()


def cuts_of(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Ways to have every image once from the tables of one recipe, which builds with other shards
    may have cut otherwise: all tables, else shards that follow one another, the largest first and
    the smallest first."""
    if not paths:
        return
    yield list(paths)
    shards = [
        (int(found[1]), int(found[2]), path) for path in paths if (found := SHARD.search(path.name))
    ]
    if len(shards) < len(paths):
        return
    end = max(stop for _, stop, _ in shards)
    for direction in (-1, 1):
        at = 0
        cut: list[Path] = []
        while following := [(stop, path) for start, stop, path in shards if start == at < stop]:
            at, path = sorted(following, key=lambda one: direction * one[0])[0]
            cut.append(path)
        if at == end:
            yield cut


def root_of(folder: Path, root: Path) -> Path:
    """The root that a dataset folder stands below, ROOT/datasets/NAME/DIGEST; else `root`."""
    place = folder.resolve()
    is_below = place.parents[1].name == "datasets"
    return place.parents[2] if is_below else root
