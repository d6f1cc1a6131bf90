"""Causes: what of two builds' records may have made a row of theirs differ.

Nothing is guessed. From the stage where a difference shows, the records of both builds are walked
backwards: over every stage that it depends on and that says something else of this question, or of
its image. Of each of these, all that differs in its recipe is a cause; so is a model's reply where
the same request got another one. Stages that choose among all questions (plan, select) depend on
those of all images. Where several causes are possible, all are named; where the records differ in
nothing, that is said.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl

from tasks.diff.recipes import NOT_RECORDED, Cause, code_causes, library_causes, own_causes
from tasks.diff.record import QUESTIONS, SCENES, Record
from tasks.status import flat

OWN: Mapping[str, tuple[str, ...]] = {
    "extract": (),
    "plan": ("pair_id", "alternative", "reason"),
    "write": (
        "question", "options", "option_claims", "answer", "level", "rating", "writer_level",
        "reason", "reason_detail",
    ),
    "verify": ("evidence", "margin", "detail", "reading", "reason", "reason_detail"),
    "judge": ("votes", "blind_votes", "verdict", "blind_answered", "reason"),
    "select": ("split", "group_id", "answer_only"),
}  # fmt: skip
"""The stages that say something of each question, in their order, and the columns that are their
own; of extract all are."""
CHOOSING = ("plan", "select")
"""Stages whose word on one question depends on all others."""
REQUESTS = {"write": ("write_replies",), "judge": ("judge_replies",)}
"""The columns that hold which requests a model was asked."""


class Question(NamedTuple):
    """The ids by which a question and its image are known before and after; None where a build does
    not have it at all."""

    before: str | None
    after: str | None
    image_before: str | None
    image_after: str | None


Says = Mapping[str, tuple[Any, ...]]


class Causes:
    """The possible causes of differences between two builds on these questions."""

    def __init__(self, one: Record, two: Record, questions: Collection[Question]) -> None:
        self.one, self.two = one, two
        self.stages = list(dict.fromkeys([*one.stages, *two.stages]))
        self._own = {stage: own_causes(stage, one, two) for stage in self.stages}
        self._inputs = {stage: self._inputs_of(stage) for stage in self.stages}
        ids = [[q[side] for q in questions if q[side]] for side in range(4)]
        self._said = {
            stage: self._read(stage, QUESTIONS, OWN[stage], ids[0], ids[1])
            for stage in self.stages if stage in OWN
        }  # fmt: skip
        self._asked = {
            stage: self._read(stage, QUESTIONS, REQUESTS[stage], ids[0], ids[1])
            for stage in self.stages if stage in REQUESTS
        }  # fmt: skip
        self._scenes = {
            stage: self._read(stage, SCENES, (), ids[2], ids[3])
            for stage in self.stages
            if stage not in OWN
            and stage in ("index", "ingest", "photographs", "witness", "exclude")
        }

    def _read(
        self, stage: str, key: str, columns: Iterable[str], before: Any, after: Any
    ) -> tuple[Says | None, Says | None]:
        """What both builds say, by id; None where an artifact is gone, or there is no need to look
        because both say the same of everything."""
        if self.one.content(stage) == self.two.content(stage):
            return {}, {}
        return tuple(  # type: ignore[return-value]
            _says(record.rows(stage, key, ids), key, tuple(columns))
            for record, ids in ((self.one, before), (self.two, after))
        )

    def _inputs_of(self, stage: str) -> set[str]:
        """The stages that a stage of either build read."""
        found: set[str] = set()
        for record in (self.one, self.two):
            inputs = record.recipes.get(stage, {"inputs": {}})["inputs"]
            found |= inputs.keys() & record.stages.keys()
            if stage in ("index", "ingest", "photographs") and "render" in record.stages:
                found.add("render")
            if stage not in record.recipes and stage in record.stages:
                found |= set(list(record.stages)[: list(record.stages).index(stage)])
        return found - {stage}  # photographs calls the files that it reads by its own name

    def before(self, stage: str) -> list[str]:
        """All stages that a stage depends on, in their order."""
        found: set[str] = set()
        open_ = {stage}
        while open_:
            open_ = {name for one in open_ for name in self._inputs[one]} - found
            found |= open_
        return [name for name in self.stages if name in found]

    def differs(self, stage: str, question: Question) -> bool:
        """Whether a stage says something else of a question, or of its image. Where that cannot be
        looked up, it may have: the contents of the whole stage decide."""
        if self.one.content(stage) == self.two.content(stage):
            return False
        if stage in self._said:
            (before, after), keys = self._said[stage], (question.before, question.after)
        elif stage in self._scenes:
            (before, after), keys = (
                self._scenes[stage],
                (question.image_before, question.image_after),
            )
        else:
            return True
        if before is None or after is None:
            return True
        if stage in self._scenes and keys[0] != keys[1]:
            return True
        return before.get(keys[0] or "") != after.get(keys[1] or "")

    def of(self, stage: str, question: Question) -> list[Cause]:
        """What may have made a difference that shows at a stage."""
        if stage not in self._inputs:
            return self._unexplained(stage)
        found: dict[tuple[str, ...], Cause] = {}
        earlier = self.before(stage)
        acting = [name for name in earlier if name in OWN and self.differs(name, question)]
        for name in (*acting, stage):
            for cause in self._at(name, question):
                found.setdefault(cause[:2], cause)
        return list(found.values()) or self._unexplained(stage)

    def _at(self, stage: str, question: Question) -> list[Cause]:
        found = [*self._own[stage], *self._replies(stage, question)]
        for name in self._inputs[stage]:
            if name not in OWN and self.differs(name, question):
                found += self._at(name, question)
        if stage in CHOOSING:
            found += [cause for name in self.before(stage) for cause in self._others(name)]
        return found

    def _others(self, stage: str) -> list[Cause]:
        """What may have changed the other questions that a stage chooses among."""
        is_same = self.one.content(stage) == self.two.content(stage)
        if is_same:
            return []
        return self._own[stage] or self._other_replies(stage)

    def _other_replies(self, stage: str) -> list[Cause]:
        """Where a stage that asks a model was made twice by one recipe, with other rows."""
        old, new = self.one.recipes.get(stage), self.two.recipes.get(stage)
        if stage not in REQUESTS or old is None or old != new:
            return []
        asks = flat(old["config"]).get(f"{stage}.chat.model") is not None
        return [Cause("reply", "other replies to the same requests", stage)] if asks else []

    def _replies(self, stage: str, question: Question) -> list[Cause]:
        """Another reply where the first request was the same: its digest covers all that was
        asked."""
        before, after = self._asked.get(stage, ({}, {}))
        old = (before or {}).get(question.before or "")
        new = (after or {}).get(question.after or "")
        if before is None or after is None:
            return self._other_replies(stage)
        if not (old and new and old[0] and new[0] and old[0][0] == new[0][0]):
            return []
        if stage == "judge" and self._votes(question, 0) == self._votes(question, 1):
            return []
        return [Cause("reply", "another reply to the same request", stage)]

    def _votes(self, question: Question, side: int) -> Any:
        said = (self._said["judge"][side] or {}).get(question[side] or "")
        return said and said[:2]

    def _unexplained(self, stage: str) -> list[Cause]:
        """Where recipes and replies are the same, the code itself or a library may have changed
        what a stage does."""
        found = [
            Cause(kind, what, stage)
            for causes in (code_causes, library_causes)
            for kind, what in causes(self.one, self.two)
        ]
        return found or [Cause(NOT_RECORDED, "the records of both builds are the same", stage)]


def _says(rows: pl.DataFrame | None, key: str, columns: tuple[str, ...]) -> Says | None:
    if rows is None:
        return None
    names = [name for name in columns or rows.columns if name in rows.columns and name != key]
    found = {}
    for row in rows.iter_rows(named=True):
        found[str(row[key])] = tuple(_frozen(row[name]) for name in names)
    return found


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        return tuple((name, _frozen(entry)) for name, entry in value.items())
    return value
