"""Option lists: what a reply says where it goes through the options, each behind its letter.

"A: too far. B: fits. C: no" and the like, in one line or in lines, on their skeletons.
"""

import re
from collections.abc import Iterator

ITEM = re.compile(
    r"(?:^|(?<=[\n.,:?&])|(?<=[@#][A-Z][rwf+-])|(?<=[@#][A-Z]:[rwf+-])|(?<=@[A-Z];:[rwf+-]))"
    r"a?@([A-Z]+)((?:(?!a?@)[^@])*)"
)
"""A letter, or several, and what stands between them and the next one: behind a mark, or behind
what is said of the one before, as in "A false B true"."""
LAST = re.compile(
    r"[.,:;]*(?:(?:[^.?@\no]|\?(?=,?[nrwf]))*(?=[.?\no]|$)|(?:[^.,?@\no]|\?(?=,?[nrwf]))*)"
)
"""What the last item says: what follows is said of the question, or of the letter behind it."""
CONTENT = re.compile("[a-z0#+-]")
APPROVED = re.compile(r"[rf+]|ba")
OPEN = re.compile("[imqt]")
"""Of what is supposed, asked, or only seems so."""
LED = re.compile(r"[,.:]*a?@([A-Z])(?:;|#[A-Z]+:)(?=.*[^,.:;])(.*)")
"""A letter that leads a line, and what the line says of it."""


def without_lists(lines: list[str], letters: str) -> tuple[list[str], list[str]]:
    """Lines without those that go through options one by one, and what these say: the only letter
    that is approved, or the only one that is not refused. `letters` are those of all options."""
    text, said = "\n".join(lines), []
    for run in [*_runs(text, letters)][::-1]:
        parts = {item[1]: item[2] for item in run}
        last = run[-1]
        match = LAST.match(text[: last.end() + 1], last.start(2))
        assert match  # perhaps of nothing
        parts[last[1]] = match[0]
        if all(map(CONTENT.search, parts.values())):
            said += _chosen(parts, is_whole=True)
            text = f"{text[: run[0].start()]}\n{text[match.end() :].lstrip('.?')}"
    rest, chosen = _without_lines([line for line in text.split("\n") if line], letters)
    return rest, [*said, *chosen]


def is_refused(said: str) -> bool:
    """Whether a part of a sentence denies, but not twice."""
    return "-" in said or ("n" in said) != ("w" in said)


def _runs(text: str, letters: str) -> Iterator[list[re.Match[str]]]:
    """Items next to each other that have each of all letters once, in their order where each has
    one."""
    run: list[re.Match[str]] = []
    for item in ITEM.finditer(text):
        if run and not _follows(item, run[-1]):
            run = []
        run.append(item)
        while {*item[1]} & {*_letters(run[:-1])}:
            run = run[1:]
        if len(run) == len(letters):
            is_all = _letters(run) == letters
        else:
            is_all = len(run) > 1 and sorted(_letters(run)) == [*letters]
        if is_all:
            if len({_is_led(one) for one in run} - {None}) < 2:
                yield run
            run = []


def _follows(item: re.Match[str], before: re.Match[str]) -> bool:
    """Whether an item comes next to another one, in its line or as one that begins its own."""
    is_next = before.end() == item.start()
    return is_next and (_begins_line(item) or "\n" not in before[2])


def _begins_line(item: re.Match[str]) -> bool:
    return item.string[item.start() - 1 : item.start()] in "\n"


def _is_led(item: re.Match[str]) -> bool | None:
    """Whether an item is led by its letter ("B. below") and not a sentence ("A is tempting"); None
    where nothing shows that."""
    if _begins_line(item):
        return not item[2][:1].islower()
    return True if item[2][:1] == "." else None


def _letters(run: list[re.Match[str]]) -> str:
    return "".join(item[1] for item in run)


def _chosen(parts: dict[str, str], is_whole: bool) -> list[str]:
    """The only letter that is approved; of a whole list else the only one that is not refused."""
    refused = {one for one, said in parts.items() if any(map(is_refused, said.split(".")))}
    left = [one for one in parts if one not in refused]
    approved = [one for one in left if APPROVED.search(parts[one]) and not OPEN.search(parts[one])]
    chosen = "".join(approved or (left if is_whole else ""))
    return [chosen] if len(chosen) == 1 else []


def _without_lines(lines: list[str], letters: str) -> tuple[list[str], list[str]]:
    """The same of lines that are each led by a letter, in any order, and perhaps not all."""
    led = {place: found for place, line in enumerate(lines) if (found := LED.match(line))}
    order = [found[1] for found in led.values()]
    refused = {place for place, found in led.items() if any(map(is_refused, found[2].split(".")))}
    if len({*order}) < 2:
        is_list = len(led) > 1
        return [line for place, line in enumerate(lines) if not (is_list and place in refused)], []
    if re.fullmatch(f"@{chr(ord(order[-1]) + 1)};?[.:]*", "\n".join(lines[max(led) + 1 :])):
        lines = lines[:-1]  # a list that was cut off
    if order.count(order[-1]) > 1:
        led.popitem()
        return [line for place, line in enumerate(lines) if place not in {*led} | refused], []
    parts = {found[1]: found[2] for found in led.values()}
    chosen = _chosen(parts, is_whole=len(parts) == len(letters))
    return [line for place, line in enumerate(lines) if place not in led], chosen
