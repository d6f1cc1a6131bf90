"""Checks: what is wrong with one question in its scene; the reasons are those of the stage."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from schemas.claim import Claim, category_of, classes_of, decode_claim, objects_of
from schemas.proof.evidence import Evidence, unknown
from schemas.proof.facts import Facts
from schemas.reference import Reference
from tasks.language.forms.table import form_of
from tasks.language.reading import gives_away, parts, read_words
from tasks.language.references import find_references
from tasks.language.texts import MAX_OPTION, MAX_QUESTION, has_letter, has_markup, is_empty
from tasks.language.words.names import bare_words
from tasks.language.words.phrases import Reading
from tasks.language.words.references import all_named_in, text_of

NUM_OPTIONS = range(2, 5)
"""Options of a question: one leaves no choice, and letters go from A to D."""
Problem = tuple[str, str]


class Finding(NamedTuple):
    """The result of verifying a question: a problem, or else its evidence and reading."""

    problem: Problem | None
    evidence: Evidence | None = None
    reading: Reading | None = None


def find_problem(
    row: Mapping[str, Any], facts: Facts, *, is_judged: bool = False
) -> Problem | None:
    """Why a question (a row of QUESTION) does not hold in its scene, as reason and detail."""
    return check_question(row, facts, is_judged=is_judged).problem


def check_question(row: Mapping[str, Any], facts: Facts, *, is_judged: bool = False) -> Finding:
    if row.get("reason") is not None:
        return Finding((row["reason"], row.get("reason_detail") or ""))
    try:
        claims = [decode_claim(text) for text in row["option_claims"] or ()]
        stated = decode_claim(row["claim"])
    except (msgspec.DecodeError, TypeError) as error:
        return Finding(("unreadable", str(error)))
    if row["answer"] not in range(len(claims)) or len(claims) != len(row["options"] or ()):
        detail = "options, their claims and the answer do not belong together"
        return Finding(("unreadable", detail))
    if claims[row["answer"]] != stated:
        return Finding(("unreadable", "the answer does not stand for the claim of the question"))
    problem = _text_problem(row) or _structural_problem(row, claims, facts)
    if problem:
        return Finding(problem)
    references = find_references((row["question"], *row["options"]), claims, facts)
    problem = _naming_problem(row, claims, facts, references)
    if problem:
        return Finding(problem)
    return _check_meaning(row, claims, facts, references, is_judged)


def _check_meaning(
    row: Mapping[str, Any],
    claims: list[Claim],
    facts: Facts,
    references: Mapping[int, Reference],
    is_judged: bool,
) -> Finding:
    names = {key: text_of(reference) for key, reference in references.items()}
    texts = row["question"], row["options"], claims, row["asks"], names
    form, told = form_of(claims[0]), [reference.tells for reference in references.values()]
    if any(said & form.hides for said in told) or len({said & form.evens for said in told}) > 1:
        return Finding(("answer-given", f"{row['question']!r} says by a name what it asks for"))
    if gives_away(*texts):
        return Finding(("answer-given", f"{row['question']!r} names some of its options"))
    reading, said = read_words(*texts)
    if reading is Reading.DIFFERS:
        return Finding(("words-differ", f"{said} says something else than its claim"))
    if reading is Reading.UNREAD and not is_judged:
        return Finding(("words-differ", f"{said} does not surely say its claim"))
    found = [facts.holds(claim) for claim in claims]
    evidence = found[row["answer"]]
    problem, doubt = _factual_problem(row, claims, found, is_judged)
    return Finding(problem) if problem else Finding(None, doubt or evidence, reading)


def _factual_problem(
    row: Mapping[str, Any], claims: list[Claim], found: list[Evidence], is_judged: bool
) -> tuple[Problem | None, Evidence | None]:
    """What speaks against the answer or for another option. Where nothing does, but not everything
    is decided, no problem, and the evidence that it is unknown."""
    right, doubt = row["answer"], None
    if not found[right].supports:
        told = _told(row["options"][right], found[right])
        if not is_judged or found[right].refutes:
            return ("answer-refuted" if is_judged else "answer-unproved", told), None
        doubt = unknown(found[right].detail)
    for place, (claim, evidence) in enumerate(zip(claims, found, strict=True)):
        if place == right or evidence.refutes:
            continue
        told = _told(row["options"][place], evidence)
        if not is_judged:
            return ("option-possible", told), None
        if evidence.supports:
            return ("option-holds", told), None
        if form_of(claim).may_both_hold(claims[right], claim):
            return ("options-overlap", f"{told}; it may hold beside the answer"), None
        doubt = doubt or unknown(told)
    return None, doubt


def _text_problem(row: Mapping[str, Any]) -> Problem | None:
    texts = [(row["question"], MAX_QUESTION), *((text, MAX_OPTION) for text in row["options"])]
    for text, limit in texts:
        if text is None or is_empty(text):
            return "text-unfit", f"{text!r} says nothing"
        if len(text) > limit:
            return "text-unfit", f"{len(text)} characters are more than {limit}: {text[:40]!r}..."
        if has_markup(text):
            return "text-unfit", f"{text!r} has control characters or markup"
        if has_letter(text):
            return "text-unfit", f"{text!r} bears an option letter"
    return None


def _structural_problem(
    row: Mapping[str, Any], claims: list[Claim], facts: Facts
) -> Problem | None:
    options = [bare_words(option) for option in row["options"]]
    if len(options) not in NUM_OPTIONS:
        return "options-number", f"{len(options)} options"
    for claim in claims:
        if category_of(claim) != row["category"]:
            return "wrong-category", f"{category_of(claim)} in a question on {row['category']}"
        flaw = facts.flaw(claim)
        if flaw:
            return "unreadable", flaw
        absurd = form_of(claim).absurd_number(claim)
        if absurd:
            return "number-absurd", absurd
    try:
        asked = [parts(claim, row["asks"]) for claim in claims]
    except ValueError as error:
        return "unreadable", str(error)
    if len({stem for stem, _ in asked}) > 1:
        return "off-question", "the options' claims differ in more than what is asked"
    if len(set(options)) < len(options) or len({part for _, part in asked}) < len(asked):
        return "options-repeat", " | ".join(row["options"])
    return None


def _naming_problem(
    row: Mapping[str, Any],
    claims: list[Claim],
    facts: Facts,
    references: Mapping[int, Reference],
) -> Problem | None:
    """Every name must identify one object; the question must name what all options share, and each
    option what it stands for and nothing that another option stands for."""
    for key, reference in sorted(references.items()):
        if facts.references.picks(reference) != key:
            return (
                "ambiguous-name",
                f"object {key} ({facts.objects[key].name}) may not be the only one",
            )
    for class_name in sorted({name for claim in claims for name in classes_of(claim)}):
        if not facts.vocabulary.classes[class_name].is_askable:
            return "ambiguous-name", f"{class_name!r} cannot be counted or missed"
    offered = form_of(claims[0]).named_objects(claims, row["asks"])
    texts = {key: text_of(reference) for key, reference in references.items()}
    every = set(texts.values())
    names = {key: texts[key] for key in offered if key is not None}
    in_question = set(all_named_in(row["question"], every))
    for claim, offers, option in zip(claims, offered, row["options"], strict=True):
        in_option = all_named_in(option, every)
        if offers is not None:
            own = {name for name in names.values() if name in in_option}
            if own != {names[offers]} or in_option.count(names[offers]) > 1:
                return "name-missing", f"option {option!r} stands for the {names[offers]}"
        for key in objects_of(claim):
            name = texts[key]
            if key not in names and name not in in_question.union(in_option):
                return "name-missing", f"neither question nor option names the {name}"
    return None


def _told(option: str, evidence: Evidence) -> str:
    return f"{option!r} is {evidence.standing}: {evidence.detail}"
