"""What nobody would see is shown as what it is."""

import subprocess

import pytest

from schemas.printable import first_line, printable, shell_word, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a dog", "a dog"),
        ("caf\xe9 \u72d7 \U0001f469\u200d\U0001f680", "caf\xe9 \u72d7 \U0001f469\u200d\U0001f680"),
        ("dog\u202egod", "dog\\u202egod"),
        ("dog\u3164", "dog\\u3164"),  # fillers of Hangul
        ("\u115f\uffa0", "\\u115f\\uffa0"),
        ("do\u034fg", "do\\u034fg"),  # an accent of nothing
        ("\u2800", "\\u2800"),  # Braille without a dot
        ("\U000e0041", "\\U000e0041"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_hidden_characters_are_shown_as_escapes(text: str, seen: str) -> None:
    assert visible(text) == seen


@pytest.mark.parametrize("text", ["dog", "a dog's", "do\u034fg\u3164", "one\r\ntwo\\", "\u202e'"])
def test_a_shell_reads_back_what_it_is_told(text: str) -> None:
    word = shell_word(text)
    assert printable(word) == word
    told = subprocess.run(
        ["bash", "-c", f"printf %s {word}"],
        env={"LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
    )
    assert told.stdout.decode() == text


@pytest.mark.parametrize(
    ("text", "line"),
    [("one\r\ntwo", "one  two"), ("\x1b[2Jdog", "\ufffd[2Jdog"), ("do\u3164g", "do\ufffdg")],
)
def test_a_terminal_gets_one_line(text: str, line: str) -> None:
    assert printable(text) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo", "one"),
        ("", "ValueError"),
        ("Error(s) in loading:\n\tsize mismatch\n\tmissing", "Error(s) in loading: size mismatch"),
        ("2 validation errors for M\na\n  not a number\nb\n  none",
         "2 validation errors for M a not a number"),
        ("it ends so:", "it ends so:"),
    ],
)  # fmt: skip
def test_of_an_error_the_first_line_counts_or_what_stands_below_a_heading(
    text: str, line: str
) -> None:
    assert first_line(ValueError(text)) == line
