"""Python literals in texts from outside."""

import gc
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from evaluation.literals import MAX_LENGTH, python_literal

OPTIONS = [f"option {number}" for number in range(200)]


@pytest.fixture
def many_collections():
    """The collector runs often and calls Python, so that threads change inside of a parse."""

    def on_collection(phase: str, found: dict[str, int]) -> None:
        list(range(200))

    before, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(20, 2, 2)
    sys.setswitchinterval(1e-6)
    gc.callbacks.append(on_collection)
    yield
    gc.callbacks.remove(on_collection)
    sys.setswitchinterval(interval)
    gc.set_threshold(*before)


def test_threads_read_literals_side_by_side(many_collections):
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(python_literal, [str(OPTIONS)] * 400)) == [OPTIONS] * 400


@pytest.mark.parametrize("text", ["", "[1", "a", "f()", "[" * 5_000, "[1, a.b]", "x" * MAX_LENGTH])
def test_what_is_no_literal_is_a_value_error(text):
    with pytest.raises(ValueError, match="is not a Python literal"):
        python_literal(text)


def test_what_is_too_long_is_not_parsed():
    with pytest.raises(ValueError, match="longer than 100,000 characters"):
        python_literal("1" * (MAX_LENGTH + 1))
