"""Rows: what became of every question from one build of a dataset to another.

added, removed   the question is in one of them only; `what` says where the other one lost it
reworded         its words, or those of its options, are others
relabelled       its answer is another
moved            it is in the other split
reordered        the same options stand in another order
changed          `what` names columns that differ, of a question whose answer is the same
renumbered       it has another id, or its image has
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from schemas.columns import columns, frame_of
from tasks.content import row_digests
from tasks.diff.causes import Causes, Question
from tasks.diff.identity import Known, Matcher, Row, known_of
from tasks.diff.recipes import Cause
from tasks.diff.record import QUESTIONS, SCENES, Record

KINDS = (
    "added", "removed", "reworded", "relabelled", "moved", "reordered", "changed", "renumbered",
)  # fmt: skip
CAUSE = pl.Struct({"kind": pl.String, "what": pl.String, "stage": pl.String})
DIFF = columns(
    kind=pl.String,
    question_id_before=pl.String,
    question_id_after=pl.String,
    image_id=pl.String,
    category=pl.String,
    level=pl.String,
    split_before=pl.String,
    split_after=pl.String,
    question_before=pl.String,
    question_after=pl.String,
    options_before=pl.List(pl.String),
    options_after=pl.List(pl.String),
    answer_before=pl.String,
    answer_after=pl.String,
    what=pl.String,
    causes=pl.List(CAUSE),
)
"""One row per question and kind of change. What is of one build only is null for the other;
`image_id`, `category` and `level` are the later build's where it has the question."""
MADE_BY = {
    "ingest": ("width", "height", "scene_objects", "scene_relationships"),
    "extract": ("category", "level", "rating", "gold"),
    "verify": ("evidence", "margin", "detail"),
    "judge": ("votes", "blind_votes", "blind_answered"),
}
"""Columns whose differences are told, by the stage that makes them; `gold` is the scene of the
answers."""
LOSING = ("plan", "write", "verify", "judge", "select")
"""The stages whose ledger names questions."""
OPENING = "<answer>"
"""What stands before the answer of a completion, and after its scene."""
COSTS = ("cost", "write_usage", "judge_usage", "blind_usage")
"""Columns that say what a row took, not what it is."""
PROPOSED = "extract"


class Fate(NamedTuple):
    """Where a build lost a question, and why; `question_id` is its own there."""

    question_id: str | None
    image_id: str | None
    stage: str
    reason: str


def compare(one: Record, two: Record) -> pl.DataFrame:
    """Rows of DIFF, by kind and question."""
    before, after = _differing(one, two)
    known = [
        known_of(record, sorted({row[SCENES] for row in rows}))
        for record, rows in ((one, before), (two, after))
    ]
    matcher = Matcher(*known)
    pairs, removed, added = matcher.pairs(before, after, *known)
    lost = Fates(two, matcher).of(removed, known[0])
    new = Fates(one, matcher).of(added, known[1])
    questions = [_question(old, row) for old, row in pairs]
    questions += [
        Question(row[QUESTIONS], fate.question_id, row[SCENES], fate.image_id)
        for row, fate in zip(removed, lost, strict=True)
    ]
    questions += [
        Question(fate.question_id, row[QUESTIONS], fate.image_id, row[SCENES])
        for row, fate in zip(added, new, strict=True)
    ]
    causes = Causes(one, two, questions)
    found = []
    for question, (old, row) in zip(questions, pairs, strict=False):
        is_other = _answered(matcher, old, known[0]) != _answered(matcher, row, known[1])
        for kind, what, stages in _changes(old, row, is_relabelled=is_other):
            found.append(_told(kind, old, row, what, _union(causes, stages, question)))
    rest = iter(questions[len(pairs) :])
    for row, fate in zip(removed, lost, strict=True):
        found.append(
            _told("removed", row, None, _fate_told(fate), causes.of(fate.stage, next(rest)))
        )
    for row, fate in zip(added, new, strict=True):
        found.append(_told("added", None, row, _fate_told(fate), causes.of(fate.stage, next(rest))))
    found.sort(key=_order)
    return frame_of(found, DIFF)


def _order(row: Row) -> tuple[int, str, str]:
    ids = row["question_id_before"] or "", row["question_id_after"] or ""
    return KINDS.index(row["kind"]), *ids


def _differing(one: Record, two: Record) -> tuple[list[Row], list[Row]]:
    """The samples of both that are not in the other one, alike in all but their cost."""
    shared = [name for name in one.samples.columns if name in two.samples.columns]
    compared = [name for name in shared if name not in COSTS]
    digests = [list(row_digests(record.samples.select(compared))) for record in (one, two)]
    same = set(digests[0]) & set(digests[1])
    left, right = (
        record.samples.filter(pl.Series([digest not in same for digest in found], dtype=pl.Boolean))
        for record, found in zip((one, two), digests, strict=True)
    )
    return left.to_dicts(), right.to_dicts()


def _question(old: Row, row: Row) -> Question:
    return Question(old[QUESTIONS], row[QUESTIONS], old[SCENES], row[SCENES])


def _answered(matcher: Matcher, row: Row, known: Known) -> Any:
    """What the answer claims; by class alone, since a thing whose box has changed is the same."""
    return matcher.key(row, known, boxes=False).asked


def _changes(
    old: Row, row: Row, *, is_relabelled: bool
) -> Iterator[tuple[str, str | None, Sequence[str]]]:
    """Each kind of change of a question, what of it, and the stages at which it shows."""
    if is_relabelled:
        yield "relabelled", None, ("write",)
    is_same = sorted(old["options"]) == sorted(row["options"])
    if old["question_only"] != row["question_only"] or (not is_same and not is_relabelled):
        yield "reworded", None, ("write",)
    if old["split"] != row["split"]:
        yield "moved", None, ("select",)
    if is_same and not is_relabelled and old["options"] != row["options"]:
        yield "reordered", None, ("select",)
    found = {stage: _columns(old, row, names) for stage, names in MADE_BY.items()}
    if "gold" in found["extract"] and not is_same:  # it shows what the options name
        found["extract"].remove("gold")
        found["write"] = ["gold"]
    if any(found.values()) and not is_relabelled:
        told = ", ".join(name for names in found.values() for name in names)
        yield "changed", told, [stage for stage, names in found.items() if names]
    if (old[QUESTIONS], old[SCENES]) != (row[QUESTIONS], row[SCENES]) and not is_relabelled:
        yield "renumbered", None, ("extract",)


def _columns(old: Row, row: Row, names: Sequence[str]) -> list[str]:
    return [name for name in names if _value(old, name) != _value(row, name)]


def _value(row: Row, name: str) -> Any:
    return row["answer_text"].rpartition(OPENING)[0] if name == "gold" else row.get(name)


def _union(causes: Causes, stages: Sequence[str], question: Question) -> list[Cause]:
    found = {cause[:2]: cause for stage in stages for cause in causes.of(stage, question)}
    return list(found.values())


def _told(
    kind: str, old: Row | None, row: Row | None, what: str | None, causes: Sequence[Cause]
) -> dict[str, Any]:
    before, after = old or {}, row or {}
    newest: Mapping[str, Any] = row or old or {}
    told: dict[str, Any] = {name: newest[name] for name in (SCENES, "category", "level")}
    for side, of in (("before", before), ("after", after)):
        told |= {
            f"question_id_{side}": of.get(QUESTIONS),
            f"split_{side}": of.get("split"),
            f"question_{side}": of.get("question_only"),
            f"options_{side}": of.get("options"),
            f"answer_{side}": of.get("answer_text_only"),
        }
    return told | {"kind": kind, "what": what, "causes": [cause._asdict() for cause in causes]}


def _fate_told(fate: Fate) -> str:
    return f"{fate.stage}: {fate.reason}"


class Fates:
    """What became in a build of questions that it does not publish."""

    def __init__(self, record: Record, matcher: Matcher) -> None:
        self.record, self.matcher = record, matcher

    def of(self, rows: Sequence[Row], known: Known) -> list[Fate]:
        """`rows` are another build's samples, `known` what is known of its images."""
        lost = self._ledger([row[QUESTIONS] for row in rows])
        open_ = [row for row in rows if row[QUESTIONS] not in lost]
        same = self._counterparts(open_, known) if open_ else {}
        lost |= self._ledger([found[QUESTIONS] for found in same.values()])
        return [self._fate(row, same.get(row[QUESTIONS]), lost) for row in rows]

    def _ledger(self, ids: Sequence[str]) -> dict[str, tuple[str, str, str]]:
        ledger = pl.scan_parquet(self.record.folder / "ledger.parquet")
        rows = ledger.filter(pl.col("item").is_in(list(ids)), pl.col("stage").is_in(list(LOSING)))
        told = rows.select("item", "image_id", "stage", "reason").collect()
        return {item: (image, stage, reason) for item, image, stage, reason in told.iter_rows()}

    def _fate(self, row: Row, same: Row | None, lost: Mapping[str, tuple[str, str, str]]) -> Fate:
        key, image = row[QUESTIONS], row[SCENES]
        if key not in lost and same is not None:
            key, image = same[QUESTIONS], same[SCENES]
        if key in lost:
            return Fate(key, *lost[key])
        return Fate(None if same is None else key, image, PROPOSED, "not proposed")

    def _counterparts(self, rows: Sequence[Row], known: Known) -> dict[str, Row]:
        """The candidates of this build that ask the same, by the other build's question id."""
        images = self._images({row[SCENES] for row in rows}, known)
        candidates = self.record.rows("extract", SCENES, images)
        if candidates is None or candidates.is_empty():
            return {}
        own = known_of(self.record, images)
        pairs, _, _ = self.matcher.pairs(rows, candidates.to_dicts(), known, own)
        return {row[QUESTIONS]: found for row, found in pairs}

    def _images(self, images: Collection[str], known: Known) -> list[str]:
        """This build's ids of the photographs that another one calls otherwise."""
        digests = [known.photographs[image] for image in images if image in known.photographs]
        same = self.record.rows("photographs", "sha256", digests) if digests else None
        return sorted(images) if same is None else same[SCENES].to_list()
