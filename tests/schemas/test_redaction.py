"""Redaction: no key in what is reported, however a server repeats it."""

from base64 import b64encode, urlsafe_b64encode
from string import ascii_letters, digits
from time import perf_counter
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.printable import first_line
from schemas.redaction import MIN_PART, redacted, remember_key, without
from tasks.chat.errors import ChatRefusedError, NoReplyError, PassingError, RejectedError

KEY = "gw_9f8Ab/7+Zq=Lm0pQrT4uVw"
remember_key(KEY)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (f"Incorrect API key provided: {KEY}.", "Incorrect API key provided: [key]."),
        (f"bad key {KEY[:9]}", "bad key [key]"),
        (f"bad key {KEY[4:14]}, sorry", "bad key [key], sorry"),
        (f"bad key {KEY.upper()}", "bad key [key]"),
        ("bad key gw_9*************4uVw", "bad key [key]"),
        ("bad key gw...Vw", "bad key [key]"),
        ("bad key ending in 4uVw", "bad key ending in [key]"),
        (f"no route /v1?key={quote(KEY, safe='')}&x=1", "no route /v1?key=[key]&x=1"),
        (f"no route {quote(quote(KEY, safe=''), safe='')}", "no route [key]"),
        ("".join(f"%{ord(one):02x}" for one in KEY), "[key]"),
        (KEY.replace("/", "\\u002f"), "[key]"),
        ("".join(f"&#{ord(one)};" for one in KEY), "[key]"),
        ("".join(f"&#x{ord(one):X};" for one in KEY), "[key]"),
        ("".join(f"\\x{ord(one):02x}" for one in KEY), "[key]"),
        (f"got {b64encode(f'user:{KEY}'.encode()).decode()}, denied", "got [key], denied"),
        (f"Authorization: Basic {b64encode(b'someone:else').decode()}", "Authorization: [key]"),
        (f"got {urlsafe_b64encode(KEY.encode()).decode().rstrip('=')}", "got [key]"),
        (f"got {KEY.encode().hex()}", "got [key]"),
        (f"got {KEY.encode().hex(':')}", "got [key]"),
        (f"got: {' '.join(KEY)}", "got: [key]"),
        ("o n c e u p o n a t i m e", "o n c e u p o n a t i m e"),
        ("no file /var/lib/models/some-long-name", "no file /var/lib/models/some-long-name"),
        (f"{KEY}{KEY} twice", "[key][key] twice"),
        ("Bearer another-one-that-is-not-ours", "[key]"),
        ("sk-abcdef****wxyz", "[key]"),
        # What has nothing to do with it stays.
        ("100%25 of 3 models ... wait 5 s", "100%25 of 3 models ... wait 5 s"),
        ("The model `writer-1` does not exist", "The model `writer-1` does not exist"),
        ("Ⅷ İ %C3%A9 \\u00e9", "Ⅷ İ %C3%A9 \\u00e9"),
    ],
)
def test_a_key_is_not_shown_whole_in_part_or_encoded(message, shown):
    assert redacted(message) == shown


@pytest.mark.parametrize("kind", [PassingError, RejectedError, NoReplyError, ChatRefusedError])
def test_no_error_of_a_chat_holds_a_key(kind):
    assert str(kind(f"500: who is {KEY}?")) == "500: who is [key]?"


KEYS = st.text(ascii_letters + digits + "-_/+=", min_size=12, max_size=60)


@given(KEYS, st.data(), st.text(max_size=20), st.text(max_size=20), st.booleans())
def test_no_part_of_a_key_is_left(key, data, before, after, is_encoded):
    start = data.draw(st.integers(0, len(key) - MIN_PART))
    part = key[start : data.draw(st.integers(start + MIN_PART, len(key)))]
    said = without(before + (quote(part, safe="") if is_encoded else part) + after, key).lower()
    parts = {key[at : at + MIN_PART].lower() for at in range(len(key) - MIN_PART + 1)}
    assert not any(one in said for one in parts)


def test_a_part_that_reads_otherwise_behind_a_percent_sign_is_found_as_it_stands():
    assert without("%C000000", "0" * 12) == "%C[key]"


def test_a_short_key_is_only_looked_for_whole():
    assert without("ollama runs llama", "ollama") == "[key] runs llama"
    assert without("EMPTY and none", "none-12") == "EMPTY and none"


def test_what_stands_for_no_key_is_a_word_as_others():
    for key in ("EMPTY", "token-abc123", "lm-studio"):
        remember_key(key)
    told = "lost as reply-empty; a token of lm-studio"
    assert redacted(told) == told


@pytest.mark.parametrize("name", ["HF_TOKEN", "AWS_SECRET_ACCESS_KEY"])
def test_an_error_does_not_repeat_a_key_that_libraries_read(name, monkeypatch):
    monkeypatch.setenv(name, "hf_Abcd/ef+GhIjKlMnOp")
    for said in (
        "hf_Abcd/ef+GhIjKlMnOp",
        "hf_Abcd%2Fef%2BGhIjKlMnOp",
        "Bearer hf_Abcd/ef+GhIjKlMn",
    ):
        assert "IjKl" not in first_line(OSError(f"403 Forbidden: {said} is refused"))
    assert first_line(OSError("no key_of_frames in it")) == "no key_of_frames in it"


@pytest.mark.parametrize("word", ["ab" * 2000, "x-" * 2000, "aB3-" * 1000, "abc*" * 1000])
def test_a_long_word_takes_no_time_by_the_square_of_its_length(word):
    started = perf_counter()
    for _ in range(10):
        without(word, KEY)
    assert perf_counter() - started < 3
