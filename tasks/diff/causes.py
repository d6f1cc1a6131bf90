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

from schemas.code_version import SHOWN
from tasks.diff.record import QUESTIONS, SCENES, Record
from tasks.review.inputs import REVIEWS
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
OVERRIDE = "override"
"""What recipes call the file that takes the place of what a stage makes."""
NOT_RECORDED = "not recorded"


class Cause(NamedTuple):
    """`kind` is one of source row, configuration key, code version, prompt, model, reply, witness,
    override, review and NOT_RECORDED; `stage` is where it acts."""

    kind: str
    what: str
    stage: str


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
            for kind, what in (*_code(self.one, self.two), *_libraries(self.one, self.two))
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
    others = (*_code(one, two), *_libraries(one, two))
    return found + [Cause(kind, what, stage) for kind, what in others]


def _code(one: Record, two: Record) -> list[tuple[str, str]]:
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


def _libraries(one: Record, two: Record) -> list[tuple[str, str]]:
    old, new = (record.manifest.get("versions") or {} for record in (one, two))
    return [
        ("code version", f"{name} is {new.get(name)}, was {old.get(name)}")
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
