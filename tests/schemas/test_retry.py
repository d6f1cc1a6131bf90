"""When a server is asked again, and when not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.retry import MAX_ASKED, Backoff, TransientError, asked_seconds, may_pass, retrying

NEW_YEAR = 1767225600.0
"""2026-01-01 00:00:00 GMT."""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 31 Dec 2025 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "1000000"}, 900.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "1, 2"}, None),
        ({"retry-after": "Thu, 41 Jan 2026 00:00:30 GMT"}, None),
        ({"retry-after": "Thu, 01 Jan 2099 00:00:30 GMT"}, 900.0),
        ({"retry-after-ms": "soon", "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30.0),
    ],
)
def test_what_a_server_asks_for(headers, seconds):
    assert asked_seconds(headers, NEW_YEAR) == seconds


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text()))
def test_no_header_is_too_strange(headers):
    seconds = asked_seconds(headers)
    assert seconds is None or 0.0 <= seconds <= MAX_ASKED


@pytest.mark.parametrize(
    ("status", "passes"),
    [(400, False), (401, False), (404, False), (408, True), (409, True), (410, False), (425, True),
     (429, True), (500, True), (503, True), (529, True)],
)  # fmt: skip
def test_statuses_that_may_pass(status, passes):
    assert may_pass(status) is passes


@given(st.integers(1, 10_000), st.none() | st.floats(0.0, 900.0))
def test_a_wait_doubles_up_to_its_most_and_is_as_long_as_was_asked(number, asked):
    wait = Backoff(first=1.0, most=16.0).seconds(number, asked)
    middle = min(2 ** (number - 1), 16)
    assert max(0.5 * middle, asked or 0.0) <= wait <= max(1.5 * middle, asked or 0.0)


def run(errors, num_failures=lambda attempt: attempt, max_failures=3):
    """What comes of a call that meets these errors in turn, and the waits between its attempts."""
    waits, left = [], iter(errors)

    def call():
        for error in left:
            raise error
        return "done"

    attempts = retrying(
        lambda error: isinstance(error, TransientError),
        num_failures,
        max_failures,
        Backoff(first=1.0, most=16.0),
        waits.append,
    )
    try:
        return attempts(call), waits
    except Exception as error:
        return error, waits


def test_what_passes_is_asked_again_and_as_late_as_the_server_asks():
    found, waits = run([TransientError("busy", 7.0), TransientError("busy")])
    assert found == "done"
    assert (waits[0], 1.0 <= waits[1] <= 3.0) == (7.0, True)


def test_the_last_error_is_raised_as_it_was():
    errors = [TransientError(str(number)) for number in range(5)]
    found, waits = run(errors)
    assert (found, len(waits)) == (errors[2], 2)
    final = KeyError("final")
    found, waits = run([errors[0], final])
    assert (found, len(waits)) == (final, 1)


def test_only_failures_that_count_end_it():
    errors = [TransientError("cut off")] * 9
    found, waits = run(errors, num_failures=lambda attempt: 1)
    assert (found, len(waits)) == ("done", 9)
    assert all(wait <= 1.5 for wait in waits)
