"""Answers: which option a reply names.

One parser for every model and benchmark. A reply is cut into its parts (evaluation.reply_parts),
the options' texts and letters in a part are marked, and every sentence that asks and supposes
nothing is read clause by clause: a clause states options, denies them, or says nothing. Of all
statements that are not taken back the most explicit ones count, and must agree. What cannot be read
is None, never a guess: it counts as wrong and is reported. A letter wins over a text, and a text
that only occurs states nothing: "the image above" does not say "above".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from evaluation.letters import SAYING, marked_letters
from evaluation.option_texts import UNCERTAIN, WORD, Options, Words, marked_texts, words_with_digits
from evaluation.reply_parts import (
    MAX_PART,
    PHRASE,
    WORDS,
    any_of,
    asserted,
    last_answer,
    last_boxed,
    last_field,
    last_phrase,
    plain,
    spoken,
)

MAX_READ = 10_000
"""Characters of a part that are read for a letter, of a whole reply its last ones: bounds time."""
CLAUSE_ENDS = re.compile(
    r"(?i)(:|—|\s[-\u2013]+\s)|[,;!?…\[]|\((?!\s*#\w+\s*\))|\.(?=\s|$)"
    rf"|\b(?={any_of('leading')}\b|(?:than|over|unlike|versus|vs)\s+(?:option\s+)?@)"
    r"|(?:\band\s+)?\b(?=(?:not|rather than|instead of)\s+(?:(?:the|option|answer|choice)\s+)*@)"
    r"|\band\s+(?=(?:(?:the|option|answer|choice|not|only|so|therefore|thus)\s+)*@|not\b)"
)
"""With a colon or dash as its group."""
NOT, WRONG = (re.compile(rf"(?i)\b{any_of(name)}\b|[❌✗✘❎☒🚫]") for name in ("not", "wrong"))
"""Words of a clause that deny its letters; one of each kind is no denial: "not wrong"."""
APPROVED = re.compile(rf"(?i)[✅✓✔☑]|\b{any_of('approved')}\b")
EXCEPTED = re.compile(
    r"(?i)\b(?:all|every\w*|each|any\w*|none|no\w*|neither|others?)\b[^.@]{0,60}?\b"
    r"(?:except|but|other than|besides|apart from)\s+(?:for\s+)?(?:option\s+)?@(\w)\b"
)
TENTATIVE, EXPLORING, CONCLUDED = (
    re.compile(rf"(?i)\b{any_of(name)}\b") for name in ("tentative", "exploring", "concluding")
)
ASIDE = re.compile(rf"(?i)\W*(?:even )?{any_of('aside')}\b")
DESCRIBING = re.compile(r"(?i)\W*(?:which|who)\b")
"""The start of a clause that gives a reason or a comparison, and states nothing."""
ANSWER_IS = re.compile(
    r"(?i)\b(?:answer|option|choice|letter|selection)\b[^@]{0,80}\s(?:is|be|was|are)(?:\s\w+){0,3}\s+@"
)
CORRECT = re.compile(
    r"(?i)@\w+\s+(?:is|was|seems|appears|looks|(?:would|must|should) be)\s+"
    r"(?:(?!second)\w+\s+){0,3}"
    r"(?:correct|right(?! (?:of|side|hand|edge))|best|answer|true|accurate)\b"
)
FITTING = re.compile(
    rf"(?i)@\w+\s+(?:\w+\s+){{0,2}}?{any_of('fitting')}\b|@\w+\s.*[✅✓✔☑]"
    rf"|\b(?:{any_of('supporting')}|(?:is|be)(?=\s+(?:option\s+)?@\w+\W*$))\s+(?:\w+\s+){{0,2}}@"
)
"""What speaks for a letter without saying that it is the answer, unless options are explored."""
RETRACTED = re.compile(
    rf"(?i)\W*(?:(?:oh|hm+|but|ah|ok|okay|sorry|and|well)\W+)*(?:{any_of('retracting')}\b|no\W*$)"
)
"""The start of a clause that takes back what was said."""
DOUBTED = re.compile(rf"(?i)\W*{any_of('doubting')}\b")
NEXT_TURN = re.compile(r"(?i)\W*(?:user|human)\b[^a-z]*:")
NEXT_TASK = re.compile(
    r"(?i)\W*(?:next\b|question\b|q\d*\s*[:.]|(?:user|human|instruction|example|problem)\b[^a-z]*:|"
    r"(?:what|where|which|how|who|is|are|does|do)\b.*\?\s*$)"
)
LINK, BEING = any_of("linking"), any_of("being")
SEEN = re.compile(rf"(?i)\b(?:{BEING}|({any_of('seeing')}))\s+(?:{LINK}\s+)*$")
"""Before an option: a verb that states it, in a group where a thing is seen."""
IS = re.compile(rf"(?i)\s*{BEING}\b(?!.*\b(?:not|wrong|incorrect)\b)")
SUBJECT = re.compile(r"(?i)\W*(?:so )?(?:the|an?|both)?\s*")
"""Behind an option that is a subject, and before it."""
ABOUT = re.compile(rf"(?i)\s*{any_of('about_the_task')}\b")
"""Words that follow an option's word where it speaks of the task: "the right answer"."""
GUIDING = {(word,) for word in WORDS["guiding"].split()}
"""Words that guide a reader as often as they name a place: "right, let me see"."""
CALLED_RIGHT = re.compile(
    r"(?i)\b(?:answers?|options?|choice|which|what|that|this|it|you|i|we|all)\b.*\b(?:is|are|was|be)\s+$"
    r"|\b(?:that|it|what)'s\s+$"
)
MYSELF = re.compile(r"(?i)\b(?:i'm|i'll be|i am|we're|we are|you're|you are)\s+$")
FREE = SAYING | {*WORDS["linking"].split()}
WHOLE = re.compile(rf"\s(?:{BEING}|not|none|cannot)\s|^none\s")
"""What only a sentence says, which is meant wherever it stands."""
CHINESE = re.compile(r"[我正确最终的答案应该选项选擇择是为所以因此故本题而]+")
MAYBE = {*WORDS["maybe"].split()}
NUMBERING = re.compile(r"(?m)^[^\w\n]*\d+[.)]\s+(?=\S)|\A\s*Q\s*:[^\n]*\n+\s*A\s*:")
LEADING = re.compile(r"\W*[A-Z][):.]\s")
INLINE = re.compile(r"(?<=[.;,!?])\s+(?=\(?[A-Z][):.]\s.*\w)|\s+(?=[A-Z]\)\s+\w)")
"""A line that goes through options, and where it comes to the next."""
LED = re.compile(r"\W*@(\w)\s+;(?=.*[^\W_]|.*[❌✗✘❎☒✅✓✔☑])(.*)")
"""A letter that leads a line, and what the line says of it."""
LISTED = re.compile(rf"(?i)\W*(?:{LINK}\s+)*#\w+\W*")
LONE = re.compile(r"\W*@\w+\W*")
VERDICT = re.compile(
    rf"(?i)\W*(?:(?:all|both|is|are|not|clearly|options?)\s+)*(?:{any_of('wrong')}|no|correct)\W*"
    r"(?:options?|ones?|choices?)?\W*"
)


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """`letter` is one of the options', None where none or several are named; `conflict` says that
    the text beside the letter names another option; `method` what was read: in an `<answer>` or a
    bare reply a `letter`, a `text`, or a letter called `correct`; what stood in a `boxed` or behind
    a `phrase`. Without a letter it says why: `tag`, `boxed`, `several`, `uncertain` where the reply
    does not decide, or `nothing`."""

    letter: str | None
    method: str
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """Letters that a clause says to be the answer, and how explicitly: 8 by nothing but letters, 7
    perhaps, 6 by a text behind "answer is", 5 by letters that something speaks for, 4 by nothing
    but a text, 3 by a text; 10 more behind a doubt. `concludes` where it may overrule others."""

    letters: str
    weight: int
    method: str
    conflict: bool = False
    concludes: bool = False


def parse_answer(reply: str, options: Mapping[str, str]) -> ParsedAnswer:
    """The option that a reply names; `options` are texts by upper-case letter."""
    text = spoken(reply)
    known = {letter: words_with_digits(option) for letter, option in options.items()}
    for name, part in (("tag", last_answer(text)), ("boxed", last_boxed(text))):
        if part is not None:
            rest = plain(text[text.rfind(part) + len(part) :][:MAX_READ])
            is_retracted = any(map(RETRACTED.match, asserted(rest)))
            found = _read(rest if is_retracted else part[:MAX_READ], known, name)
            return replace(found, method=name) if found.letter and name == "boxed" else found
    return _read(last_field(text) or text[-MAX_READ:], known, "nothing")


def answer_text(reply: str) -> str:
    """What a reply without options finally says: its last `<answer>` or `\\boxed`, else what
    follows its last "answer is", else its last line; plain, in one line."""
    text = spoken(reply)
    found = last_answer(text)
    if found is None:
        found = last_boxed(text)
    if found is None:
        tail = plain(text[-MAX_PART:])
        lines = [line for line in tail.splitlines() if line.strip()]
        found = last_phrase(tail) or (lines[-1] if lines else "")
    return " ".join(plain(found[:MAX_PART]).split()).strip(" .")


def _read(part: str, known: Options, unread: str) -> ParsedAnswer:
    """What a part of a reply names; the method `unread` where it states nothing."""
    text = NUMBERING.sub("", plain(part))
    if len(WORD.findall(text)) == 1:
        text = text.replace("?", " ")
    is_uncertain = UNCERTAIN.search(text) is not None
    if not any(UNCERTAIN.search(" ".join(option)) for option in known.values()):
        text = UNCERTAIN.sub("not wrong", text)  # denies nothing, states nothing
    texts = {} if "\ufffd" in text else known
    lines = [
        marked_letters(marked_texts(piece, texts), known)
        for line in text.splitlines()
        for piece in (INLINE.split(line) if LEADING.match(line) else [line])
        if WORD.search(piece)
    ]
    said = _statements(*_without_options(lines, known), known)
    most = max((one.weight for one in said), default=0)
    top = [one for one in said if one.weight == most]
    agreed = {*top[-1].letters}.intersection(*(one.letters for one in top)) if top else set()
    if top and len(top[-1].letters) == 1 and (agreed or top[-1].concludes):
        return ParsedAnswer(top[-1].letters, top[-1].method, top[-1].conflict)
    several = top or sum(line.count("@") for line in lines) > 1
    return ParsedAnswer(None, "uncertain" if is_uncertain else "several" if several else unread)


def _without_options(lines: list[str], known: Options) -> tuple[list[str], list[Statement]]:
    """Without the lines that go through the options one by one, each behind its letter, and what
    these lines say: the only letter that is approved, or the only one that is not refused."""
    led = {place: found for place, line in enumerate(lines) if (found := LED.match(line))}
    order = [found[1] for found in led.values()]
    if len({*order}) < 2:
        return lines, []
    if order.count(order[-1]) > 1:
        led.popitem()
        return [line for place, line in enumerate(lines) if place not in led], []
    refused = {found[1] for found in led.values() if _is_refused(found[2])}
    approved = {found[1] for found in led.values() if APPROVED.search(found[2])} - refused
    if not approved and refused and (len({*order}) == len(known) or not {*order[1:]} - refused):
        approved = {*order} - refused
    lines = [line for place, line in enumerate(lines) if place not in led]
    return lines, [Statement(letter, 7, "letter") for letter in approved if len(approved) == 1]


def _is_refused(text: str) -> bool:
    return bool(re.search(r"[❌✗✘❎☒🚫]", text)) or bool(NOT.search(text)) != bool(
        WRONG.search(text)
    )


def _statements(lines: list[str], said: list[Statement], known: Options) -> list[Statement]:
    """What the lines state, behind what was said, without what is denied or taken back later."""
    is_led, raised = bool(lines and re.match(r"[^\w@]*@", lines[0])), 0
    for place, line in enumerate(lines):
        if NEXT_TASK.match(line) and (said or (place and NEXT_TURN.match(line))):
            break
        is_lone = 0 < place == len(lines) - 1 and bool(LONE.fullmatch(line))
        for sentence in asserted(line):
            if RETRACTED.match(sentence):
                said = []
            elif DOUBTED.match(sentence):
                raised += 10
            found, denied = _read_sentence(sentence, line, known)
            concludes = not is_led and bool(is_lone or CONCLUDED.search(sentence))
            if denied:
                said = [one for one in said if not {*one.letters} <= denied]
            said += [replace(one, weight=one.weight + raised, concludes=concludes) for one in found]
    return said


def _read_sentence(sentence: str, line: str, known: Options) -> tuple[list[Statement], set[str]]:
    """What a sentence states, and the letters that it denies."""
    if excepted := EXCEPTED.search(sentence):
        is_answer = NOT.search(sentence) or WRONG.search(sentence)
        return [Statement(excepted[1], 8, "letter")] if is_answer else [], set()
    if "@" not in sentence:
        return _read_texts(sentence, known), set()
    if "\ufffd" in sentence:
        return [], set()
    if len({*re.findall(r"@(\w)\W*#\1", sentence)}) > 1 and not NOT.search(sentence):
        return [], set()  # the options, listed
    found: list[Statement] = []
    denied: set[str] = set()
    clauses = _meant_clauses(sentence)
    for place, (head, clause, is_aside) in enumerate(clauses):
        named = re.findall(r"@(\w+)", clause)
        around = clauses[place + 1 :][:1] if head < 2 else clauses[max(place - 1, 0) : place]
        told = clause  # with what stands across a colon: "A, C: wrong" and "Wrong: A, C"
        for other_head, other, _ in around:
            if head + other_head > 1 and LONE.fullmatch(clause) and VERDICT.fullmatch(other):
                told += other
        if named and (NOT.search(told) or WRONG.search(told)):
            denied |= {*"".join(named)} if _is_refused(told) else set()
        elif len(named) == 1 and not is_aside:
            found += _read_clause(clause, line[:500], named[0], known)
    most = max((one.weight for one in found), default=0)
    found = [one for one in found if one.weight == most]
    together = "".join(sorted({letter for one in found for letter in one.letters}))
    return [replace(found[-1], letters=together)] if found else [], denied


def _meant_clauses(sentence: str) -> list[tuple[int, str, bool]]:
    """The clauses behind the last that takes back, without tentative ones: 1 where one opens the
    sentence, 2 where it follows a colon, else 0; the clause; whether it is an aside."""
    head, parts = 1, ["", *CLAUSE_ENDS.split(sentence)]
    meant: list[tuple[int, str, bool]] = []
    is_tentative = False
    for mark, clause in zip(parts[::2], parts[1::2], strict=True):
        head = 2 if mark else head
        if not (clause and clause.strip()):
            continue
        if RETRACTED.match(clause):
            meant, is_tentative = [], False
        is_aside = ASIDE.match(clause) is not None
        is_tentative &= not CONCLUDED.match(clause.lstrip())
        is_tentative |= not is_aside and TENTATIVE.search(clause) is not None
        if not is_tentative:
            meant.append((head, clause, is_aside))
        head = 0
    return meant


def _read_clause(clause: str, line: str, letters: str, known: Options) -> list[Statement]:
    """What a clause with one letter, or letters that are named together, says of it."""
    clause = re.sub(r"(@\w+)[\W_]*#\w+", r"\1", clause)
    words = [word.lower() for word in WORD.findall(re.sub(r"[@#]\w+", " ", clause))]
    weight, method = 0, "phrase" if PHRASE.search(line) else "letter"
    is_bare = all(word in SAYING or word.isdecimal() or CHINESE.fullmatch(word) for word in words)
    if CORRECT.search(clause) or ANSWER_IS.search(clause) or is_bare:
        weight = 7 if {*words} & MAYBE and not {*words} & {"i", "i'd", "we", "my"} else 8
        method = "correct" if CORRECT.search(clause) else method
    elif len(letters) == 1 and FITTING.search(clause) and not EXPLORING.search(clause):
        weight = 5
    if not weight or len(letters) == len(known) > 1:
        return []
    beside = re.search(rf"@{letters}[\W_]*#(\w+)", line)
    is_text = any(text == (letters.lower(),) for text in known.values())
    conflict = letters not in beside[1] if beside else is_text
    return [Statement(letters, weight, method, conflict)]


def _read_texts(sentence: str, known: Options) -> list[Statement]:
    """What a sentence without letters states by the texts of options."""
    phrase = last_phrase(sentence)
    clauses = _meant_clauses(phrase or sentence)
    letters = ""
    for head, clause, is_aside in clauses:
        if not (is_aside or DESCRIBING.match(clause)):
            is_listed = letters and LISTED.fullmatch(clause)  # "left, right and behind"
            letters += _read_text(clause, 2 if is_listed else head, len(clauses) == 1, known)
    if not letters:
        return []
    is_whole = not re.sub(rf"(?i)#\w+|\b{LINK}\b|\W", "", sentence)
    weight, method = (6, "phrase") if phrase else (3 + is_whole, "text")
    return [Statement("".join(sorted({*letters})), weight, method)]


def _read_text(clause: str, head: int, is_whole: bool, known: Options) -> str:
    """The letters whose texts a clause states: from the first that it states on."""
    right = "".join(letter for letter, text in known.items() if text == ("right",))
    if right:  # "right behind it"
        clause = re.sub(rf"#{right}(?=\s+(?!of|to|side|hand|corner)\w|\s+#)", " ", clause)
    letters = ""
    for match in re.finditer(r"#(\w+)", clause):
        before, after = clause[max(match.start() - 120, 0) : match.start()], clause[match.end() :]
        text = known[match[1][0]]
        if NOT.search(before) or (len(text) < 2 and ABOUT.match(after)):
            continue
        if letters or _is_stated(before, text, after[:120], head, is_whole):
            letters += match[1]
    return letters


def _is_stated(before: str, text: Words, after: str, head: int, is_whole: bool) -> bool:
    """Whether a clause states an option: as all that it says, behind a verb, as the subject of one,
    or as a fragment at the head of a sentence, which it `is_whole`."""
    is_guide, goes_on = text in GUIDING, WORD.search(after) is not None
    is_free = "#" not in before and all(word.lower() in FREE for word in WORD.findall(before))
    seen = SEEN.search(before)
    if text in (("yes",), ("no",)):
        is_plain = re.match(r"(?i)\s*(?:there|it|they|the)\b", after) and head
        return is_free and bool(not goes_on or is_plain)
    is_called = text == ("right",) and not goes_on and CALLED_RIGHT.search(before)
    if is_called or MYSELF.search(before):
        return False
    if (seen and not (seen[1] and is_guide)) or WHOLE.search(" ".join(text)) or len(text) > 5:
        return True
    if not goes_on:
        opens = head > is_guide or is_whole
        concludes = CONCLUDED.search(before) and not (is_guide and head)
        return is_free and (opens or bool(concludes))
    if not head or re.search(rf"(?i)\b{BEING}\b", before):
        return False
    if IS.match(after):
        return not is_guide and SUBJECT.fullmatch(before) is not None
    if is_guide > is_whole or re.search(rf"(?i)\b{BEING}\b", after):
        return False
    if re.fullmatch(rf"(?i)\W*(?:{LINK}\s+)*", before):
        return bool(re.match(rf"(?i)\s+{LINK}\b", after)) or text[0].isdecimal()
    is_thing = re.match(r"(?i)\W*(?:the|an?)\s", before) and is_whole and not is_guide
    return bool(is_thing and re.match(r"\s+(?:the|an?|its?)\b", after))
