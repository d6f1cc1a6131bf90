"""Printable text: what terminals show of words that anybody may have written, and of errors."""


def printable(text: str) -> str:
    """On one line, without control characters, which terminals obey."""
    return "".join(
        char if char.isprintable() else " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )


def first_line(error: BaseException) -> str:
    """What an error says first; its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
