"""Files of batches: requests as lines of JSON, and what a provider's Batch API says."""

import re
from collections.abc import Collection, Sequence
from typing import IO, Any, TypeVar

import msgspec

from schemas.chat import Request
from schemas.redaction import redacted
from tasks.chat.dialects import Dialect
from tasks.chat.errors import (
    ChatRefusedError,
    PassingError,
    UnreadableError,
    UpstreamError,
    body_words,
    error_of,
    error_words,
    in_one_line,
    is_said,
    is_unpaid,
)
from tasks.chat.requests import request_body
from tasks.chat.sound import Sound, read_sound

URL = "/v1/chat/completions"
"""The Batch API's name of the endpoint, whatever the path on the server is."""
FINAL = re.compile(
    r"(?:^|_)(?:(?P<completed>completed?|succeeded|success|done|ended|finished)"
    r"|(?P<failed>failed|failure|error|errored)|(?P<expired>expired|timeout_exceeded|timed_out)"
    r"|(?P<cancelled>cancell?ed|aborted))$",
    re.I,
)
"""How providers call the states in which a batch has ended, by OpenAI's names."""
NULL = b"null"
MARK = b"\xef\xbb\xbf"
"""A byte order mark."""
Result = TypeVar("Result")


class Uploaded(msgspec.Struct):
    id: str


class Batch(msgspec.Struct):
    """What only tells people something may have any form."""

    id: str
    status: str
    request_counts: Any = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: Any = None
    metadata: Any = None

    @property
    def end(self) -> str:
        """The state of OpenAI's in which it has ended, whatever a provider calls it; empty while it
        is under way."""
        found = FINAL.search(self.status)
        return str(found.lastgroup) if found else ""

    @property
    def total(self) -> int:
        """How many requests it has, 0 where that is not told."""
        told = self.request_counts.get("total") if isinstance(self.request_counts, dict) else 0
        return told if isinstance(told, int) else 0

    @property
    def name(self) -> Any:
        return self.metadata.get("name") if isinstance(self.metadata, dict) else None

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Why it failed."""
        told = self.errors.get("data") if isinstance(self.errors, dict) else self.errors
        return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


class Page(msgspec.Struct):
    data: list[Batch]
    has_more: bool = False


class _Response(msgspec.Struct):
    status_code: int | str | None = None
    body: msgspec.Raw = msgspec.Raw()


class _Line(msgspec.Struct):
    custom_id: str
    response: msgspec.Raw = msgspec.Raw(NULL)
    error: Any = None


def decoded(raw: bytes, kind: type[Result]) -> Result:
    """The answer as `kind`; PassingError where it is something else."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        raise PassingError(f"the Batch API answers {raw[:80]!r}: {error}") from None


def write_requests(
    requests: Sequence[Request], dialect: Dialect, file: IO[bytes], max_bytes: int
) -> tuple[list[str], dict[str, Exception]]:
    """Write requests as lines until the file is full, at least one. Returns the digests of those
    written, and the errors of those that cannot be. Holds one request at a time; blocks."""
    written: list[str] = []
    unreadable: dict[str, Exception] = {}
    for request in requests:
        try:
            body = msgspec.Raw(request_body(request, dialect))
        except Exception as error:  # a photograph fails in many ways; the others go on
            unreadable[request.digest] = error
            continue
        about = {"custom_id": request.digest, "method": "POST", "url": URL, "body": body}
        line = msgspec.json.encode(about) + b"\n"
        if written and file.tell() + len(line) > max_bytes:
            break
        file.write(line)
        written.append(request.digest)
    file.flush()
    return written, unreadable


def is_whole(file: IO[bytes]) -> bool:
    """Whether a file of lines (it may be empty) was transferred to its end."""
    last = b"{}"
    file.seek(0)
    for line in file:
        last = line if line.strip() else last
    try:
        msgspec.json.decode(last.removeprefix(MARK))
    except msgspec.DecodeError:
        return False
    return True


def read_line(
    line: bytes, where: str, fields: Collection[str] = ()
) -> tuple[str, Sound | Exception]:
    """The digest and its answer, or the error that decides what happens to the request:
    UnreadableError where the line is none of a Batch API. `fields` as in `error_of`."""
    try:
        read = msgspec.json.decode(line.removeprefix(MARK), type=_Line)
    except msgspec.DecodeError as error:
        return "", UnreadableError(f"the line cannot be read: {error}: {line[:80]!r}")
    try:
        status, raw = _answer(read.response)
        if raw == NULL and is_said(read.error):
            code, words = body_words(read.error)
            return read.custom_id, PassingError(f"{code}: {words}")
        if not 200 <= status < 300:
            return read.custom_id, line_error(status, raw, where, fields)
        return read.custom_id, read_sound(raw)
    except UpstreamError as error:
        return read.custom_id, _meaning(error.status, error.code, str(error), where, fields)
    except PassingError as error:
        return read.custom_id, error


def _answer(response: msgspec.Raw) -> tuple[int, bytes]:
    """Status and body, null where there is none; some providers write a status as a text, leave it
    out, or write the body as a text, or in place of both."""
    try:
        if bytes(response) == NULL:
            return 200, NULL
        read = msgspec.json.decode(response, type=_Response)
        body = bytes(read.body) or bytes(response)
        if body.startswith(b'"'):
            body = msgspec.json.decode(body, type=str).encode()
        return int(read.status_code or 200), body
    except ValueError as error:
        raise UnreadableError(
            f"the line cannot be read: {error}: {bytes(response)[:80]!r}"
        ) from None


def line_error(status: int, raw: bytes, where: str, fields: Collection[str] = ()) -> Exception:
    return _meaning(status, *error_words(raw), where, fields)


def _meaning(status: int, code: str, words: str, where: str, fields: Collection[str]) -> Exception:
    words = redacted(words)
    message = in_one_line(words)
    if status in (401, 403, 404) or is_unpaid(status, code, message):
        return ChatRefusedError(f"{where} refuses what is in a batch: {status}: {message}")
    return error_of(status, code, message, words=words, fields=fields)


def failed_batch(batch: Batch, where: str) -> Exception:
    """Why a batch failed as a whole: for lack of room (`is_congestion`), in passing or for good."""
    codes = [str(problem.get("code") or "") for problem in batch.problems] or [""]
    message = batch.problems[0].get("message") if batch.problems else ""
    told = redacted(f"{codes[0]} {message or ''}")
    message = in_one_line(told)
    if any("token_limit" in code or "rate_limit" in code for code in codes):
        return PassingError(message, is_congestion=True)
    if all(code in ("", "server_error", "internal_error") for code in codes):
        return PassingError(f"batch {batch.id} failed: {message}")
    return ChatRefusedError(f"{where} does not take the batch {batch.id}: {message}")
