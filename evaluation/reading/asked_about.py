"""Asked about: of a reply, what speaks of what its question asks.

Of "The car is farther away than the bicycle" the car is not the answer where the question asks
which is nearer; nor does "the cat is on a chair, and the chair is behind the table" say that the
cat is behind it, nor does "the table is behind the cat"; and of "four people, two of them are
wearing hats" four is not the number of hats. Clauses of such kinds are left out before a reply is
read for an option's text: what then states nothing is None, never a guess. What the question
itself supposes ("if I stood at the door") is no condition where the reply repeats it.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from evaluation.reading.asked import COMMON, LESSER, TURNS, VERB, Asked, Scale, things_in
from evaluation.reading.compared import SENTENCE_ENDS, compares, is_of_some
from evaluation.reading.counted import (
    Clause,
    with_zero,
    without_parts,
    without_shared_out,
    without_whole,
)
from evaluation.reading.elsewhere import names_end, speaks_of_another
from evaluation.reading.existing import said_to_exist
from evaluation.reading.from_another import SCENE, is_from_another
from evaluation.reading.option_texts import PRONOUNS
from evaluation.reading.reply_parts import SUPPOSED
from evaluation.reading.skeletons import with_not
from evaluation.reading.subjects import (
    CONTRASTING,
    IS,
    IT,
    JOINED,
    OWNER,
    clause_ends,
    denying,
    subject_of,
    supposing,
)
from evaluation.reading.things import is_none_of, is_owned_by_another, is_reference
from evaluation.reading.turned import VIEWER, said_by_opposite
from evaluation.reading.viewpoint import (
    OWN_SIDE,
    SIDE_WORD,
    THEIR_OWN,
    Viewpoint,
    is_as_viewed,
    pictures_in,
    said_from,
    with_own_side,
)

JOINS = re.compile(rf"(?i)^(?:{CONTRASTING})\s+")
"""Joins a clause to one that was left out."""
LETTERED = re.compile(rf"{JOINED}(?:(?:the )?(?:point|object) )?\(?[A-Z]\)? {IS}\b")
"""What a clause speaks of, by its letter."""
ADDED = re.compile(rf"(?i)^(?:(?:which|that|who|and)\s+)?{IS}\b")
"""Says more of what stands in a clause before it."""
SEVERAL = re.compile(r"(?i)\b(?:are|were|both|all)\b")
"""In a clause of several things, the first of which may stand in clauses before it."""
MAX_SENTENCE = 500
"""Characters in which the things of a comparison are looked for: bounds time."""
CONDITION = re.compile(r"(?i)^(?:if|imagine|imagining|suppose|assuming|when)\b")
WOULD_BE = re.compile(r"(?i)\bwould (?=be\b)")
GENERAL = {
    "object", "item", "thing", "one", "answer", "option", "choice", "position", "location",
    "itself",
}  # fmt: skip
"""Words that may stand for what is asked about."""
CAN_BE_SEEN = re.compile(r"(?i)\bcan be (?:seen|found|spotted|observed)\b")
HOW_MUCH = "slightly|somewhat|much|far|significantly|noticeably|considerably|clearly"
STANDS = re.compile(
    r"(?i)\b(?:stand|sit|lie|hang|rest|appear|seem|look)s?(?: to be)? "
    rf"(?=(?:(?:{HOW_MUCH}) )?(?:\w+er|more)\b)"
)
"""A verb that says no more than "is" of what compares."""
DEGREE = re.compile(rf"(?i)\b(is|are) ({HOW_MUCH}) (?=\w+er\b)")
"""How much something is more than another: no part of an option that does not say it."""
TO_PRONOUN = re.compile(rf"(?i)\b(?:{'|'.join(PRONOUNS)})$")
"""The end of a clause of something that only an earlier one names."""
GAPPED = re.compile(r"(?i)^\W*(?:(?:and|while|with) )?the (?:[\w'-]+ ){1,4}the \w")
"""A thing and what is said of it by the verb of the clause before: "and the cup the second"."""
THAT = re.compile(r"(?i)^.*\b(?:that|like) ")
"""Before what is said to be so."""
FROM = re.compile(r"(?i)\s*(?:(?:as )?(?:seen|viewed) )?from\b")
"""From where something is, ahead of a clause."""
ASIDE = re.compile(r"(?i)^(?:which|who)\b")
"""Says something of a thing between it and its verb."""


def about_asked(text: str, asked: Asked) -> str:
    """The text without the clauses that speak of the opposite of what is asked, of more than is
    counted, or of a thing that is not asked about. A clause with an option's letter stays."""
    if not asked.things:
        return text
    ends = [(0, 0), *(match.span() for match in clause_ends(text)), (len(text), len(text))]
    reading = _Reading(asked, things_in(text))
    for (_, start), (end, following) in pairwise(ends):
        reading.take(text[start:end], text[end:following], text[start : start + MAX_SENTENCE])
    if reading.is_unclear:
        return ""
    left = "".join(clause + mark for clause, mark in without_parts(reading.kept, asked))
    return WOULD_BE.sub("", left) if asked.is_supposed and not SUPPOSED.search(left) else left


@dataclass(slots=True)
class _Reading:
    """The things that a text names; its clauses that were kept so far, the things that they name,
    the clause before; whether another thing than what is asked about was a subject so far, and
    whether that was; whether the last clause was left out; the other thing that it then spoke of;
    whether it stands below a heading of the opposite, or belongs to a comparison; whether what
    speaks of the opposite is not understood, where it is read; from where the sentence says what
    is left and right; whether the sentence is of another picture."""

    asked: Asked
    said: set[str]
    kept: list[Clause] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    before: str = ""
    is_of_others: bool = False
    is_told: bool = False
    is_left_out: bool = False
    aside: str = ""
    is_headed: bool = False
    is_compared: bool = False
    is_unclear: bool = False
    viewpoint: Viewpoint | None = None
    is_of_other_picture: bool = False

    def take(self, clause: str, mark: str, ahead: str) -> None:
        """The next clause, the mark behind it, and the text from its start on."""
        asked, is_last = self.asked, SENTENCE_ENDS.search(mark) is not None
        told = None
        if asked.no and not mark.startswith("?") and not _has_letter(clause, asked.letters):
            told = said_to_exist(clause, asked.sought, self.before, is_last=is_last or not mark)
            self.before = clause
        goes_on = self.aside != "" and self._goes_on(clause)
        is_gapped = self.is_left_out and GAPPED.match(clause) and not VERB.search(clause)
        if self.is_left_out:
            clause = JOINS.sub("", clause)
        clause = told or clause
        turned = said_by_opposite(clause, asked) if asked.is_turned and mark[:1] != "?" else None
        clause = turned or clause
        is_opposite = any(_is_opposite(clause, scale) for scale in asked.ends)
        self.is_unclear |= asked.is_turned and is_opposite
        self.is_headed &= not names_end(clause, asked)
        self.is_compared &= not VERB.search(clause)
        self.is_compared |= compares(clause, asked) and is_of_some(ahead, asked)
        if pictures := asked.pictures and pictures_in(clause):
            self.is_of_other_picture = pictures.isdisjoint(asked.pictures)
        is_repeated = self._repeats_condition(clause)
        self.is_left_out = not is_repeated and (
            self.is_headed
            or is_opposite
            or self.is_compared
            or goes_on
            or (is_gapped and not names_end(clause, asked))
            or self._is_elsewhere(clause)
            or self._is_from_elsewhere(clause, is_last=is_last)
            or self.is_of_other_picture
        )
        subject = subject_of(clause)
        if VERB.search(clause) and not goes_on:
            self.aside = self._another(clause) if self.is_left_out else ""
        self.is_of_others |= subject is not None and subject.thing not in asked.things | GENERAL
        self.is_compared &= not is_last
        self.is_of_other_picture &= not is_last
        is_of_letter = LETTERED.match(clause) and is_from_another(clause, asked)
        if self.is_left_out and (is_of_letter or not _has_letter(clause, asked.letters)):
            self._leave_out_lead()
            if is_opposite and ADDED.match(clause):
                self._leave_out_asides()
            if is_opposite and (SEVERAL.search(clause) or ADDED.match(clause)):
                self._leave_out_list()
            self.is_headed |= is_opposite and ":" in mark and not things_in(clause) & asked.offered
            self.is_headed &= not is_last
            if start := denying(clause):
                self.kept.append((start, mark if is_last else " "))
            elif start := supposing(clause):
                self.kept.append((start, mark if is_last else ", "))
            elif self.kept and is_last:
                self.kept.append(("", mark))
        elif not is_repeated:
            self._keep(clause, mark)

    def _keep(self, clause: str, mark: str) -> None:
        asked = self.asked
        if mark[:1] == "," and asked.things & VIEWER and is_as_viewed(clause):
            return  # the question says so, too
        if asked.is_counted and not _has_letter(clause, asked.letters):
            clause = with_zero(with_not(without_shared_out(clause)), asked)
        if asked.viewpoint is Viewpoint.ANOTHER:
            clause = with_own_side(clause, asked.things)
        clause = CAN_BE_SEEN.sub("is", clause)
        clause = STANDS.sub("is ", asked.verb.sub("is", clause) if asked.verb else clause)
        clause = DEGREE.sub(
            lambda how: how[0] if how[2].lower() in asked.offered else f"{how[1]} ", clause
        )
        clause = without_whole(self.kept, clause, asked)
        subject = subject_of(clause)
        self.is_told |= subject is not None and subject.is_named and subject.thing in asked.things
        self.seen |= things_in(clause)
        self.kept.append((clause, mark))

    def _repeats_condition(self, clause: str) -> bool:
        """Whether a clause supposes what the question supposes."""
        if not self.asked.is_supposed or not CONDITION.match(clause):
            return False
        return things_in(clause) <= self.asked.things | COMMON | SCENE

    def _is_elsewhere(self, clause: str) -> bool:
        """Whether a clause has another subject than what is asked about: that from which it is
        seen, one that the reply has brought in, or one behind a place that the question does not
        name."""
        asked, subject = self.asked, subject_of(clause)
        if speaks_of_another(clause, asked):
            return True
        if is_owned_by_another(clause, asked, self.said):
            return True
        is_to_pronoun = TO_PRONOUN.search(clause) is not None
        if is_to_pronoun and self.is_of_others:
            return True
        if subject is None:
            return False
        is_asked = subject.thing in asked.things
        if is_asked and subject.other and subject.other not in asked.things:
            return True
        if subject.is_new:
            is_other = not is_asked or is_reference(subject.thing, asked)
            return bool(asked.references) and is_other
        if subject.is_named and is_none_of(subject.thing, asked, self.said):
            return True
        is_named = asked.placed <= self.said
        is_placed = asked.placed and (subject.is_part or is_named or is_to_pronoun)
        if is_placed and not is_asked and subject.thing not in GENERAL:
            return True
        if subject.is_part:
            return False
        is_seen_from = is_reference(subject.thing, asked) and not SEVERAL.search(clause)
        return is_seen_from or (self.is_told and subject.thing in self.seen and not is_asked)

    def _is_from_elsewhere(self, clause: str, *, is_last: bool) -> bool:
        """Whether a clause says what is left or right from elsewhere than the question asks. What
        begins a sentence ("in the picture,") holds to its end."""
        here = said_from(clause, self.asked.things)
        is_of_side = SIDE_WORD.search(clause) is not None
        is_own = THEIR_OWN.search(clause) or OWN_SIDE.search(clause)
        seen_from = here or (None if is_own else self.viewpoint)
        if is_last:
            self.viewpoint = None
        elif here and (is_of_side or not VERB.search(THAT.sub("", clause).replace("'s", ""))):
            self.viewpoint = here
        asked = self.asked.viewpoint
        return is_of_side and None not in (asked, seen_from) and seen_from is not asked

    def _goes_on(self, clause: str) -> bool:
        """Whether a clause says more of the subject of the one before: "and behind it"."""
        if IT.match(clause):
            return self.aside not in things_in(clause)
        return JOINS.match(clause) is not None and not VERB.search(clause)

    def _another(self, clause: str) -> str:
        """The word for the subject of a clause, or its owner, that is not asked about; empty where
        it is, and where a clause has none."""
        owner, subject = OWNER.match(clause), subject_of(clause)
        thing = owner[1].lower() if owner else subject.thing if subject else ""
        return "" if thing in self.asked.things - self.asked.references else thing

    def _leave_out_lead(self) -> None:
        """Take off from where something is that is left out: "from the bench, the tree is near"."""
        if self.kept and FROM.match(self.kept[-1][0]) and self.kept[-1][1][:1] == ",":
            self.kept.pop()

    def _leave_out_asides(self) -> None:
        """Take off what is said of a thing between it and the verb of a clause that is left out."""
        while self.kept and ASIDE.match(self.kept[-1][0]) and self.kept[-1][1].strip() == ",":
            self.kept.pop()

    def _leave_out_list(self) -> None:
        """Take off the things that share the verb of a clause that is left out."""
        kept = self.kept
        while kept and not VERB.search(kept[-1][0]) and kept[-1][1].strip() in ("", ","):
            kept.pop()


def _is_opposite(clause: str, scale: Scale) -> bool:
    """Whether a clause speaks of the opposite end alone; one that denies is left as it is."""
    lesser = LESSER.search(clause) is not None
    asked, opposite = reversed(scale) if lesser else scale
    if TURNS.search(LESSER.sub(" ", clause)):
        return False
    return opposite.search(clause) is not None and asked.search(clause) is None


def _has_letter(clause: str, letters: str) -> bool:
    """Whether a letter of an option is in a clause that is not the article A."""
    found = re.finditer(r"(?<![\w'])([A-Z])(?![\w'])(?P<goes_on>\s+[a-z])?", clause)
    return any(one[1] in letters and not (one[1] == "A" and one["goes_on"]) for one in found)
