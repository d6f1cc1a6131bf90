"""Printable text: what terminals show of words that anybody may have written."""


def printable(text: str) -> str:
    """On one line, without control characters, which terminals obey."""
    return "".join(
        char if char.isprintable() else " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )
