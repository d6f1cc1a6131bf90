"""Files of batches: requests as lines of JSON, and what a provider's Batch API says."""

from collections.abc import Sequence
from typing import IO, Any, TypeVar

import msgspec

from schemas.chat import Request
from tasks.chat.dialects import Dialect
from tasks.chat.errors import (
    ChatRefusedError,
    PassingError,
    UpstreamError,
    error_of,
    error_words,
    in_one_line,
    is_unpaid,
)
from tasks.chat.redaction import redacted
from tasks.chat.requests import request_body
from tasks.chat.sound import Sound, read_sound

URL = "/v1/chat/completions"
"""The Batch API's name of the endpoint, whatever the path on the server is."""
Result = TypeVar("Result")


class Uploaded(msgspec.Struct):
    id: str


class BatchError(msgspec.Struct):
    code: str | None = None
    message: str | None = None


class BatchErrors(msgspec.Struct):
    data: list[BatchError] | None = None


class BatchCounts(msgspec.Struct):
    total: int = 0


class Batch(msgspec.Struct):
    id: str
    status: str
    request_counts: BatchCounts | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: BatchErrors | None = None
    metadata: dict[str, Any] | None = None


class Page(msgspec.Struct):
    data: list[Batch]
    has_more: bool = False


class _Response(msgspec.Struct):
    status_code: int
    body: msgspec.Raw = msgspec.Raw()


class _Line(msgspec.Struct):
    custom_id: str
    response: _Response | None = None
    error: BatchError | None = None


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
        last = line
    try:
        msgspec.json.decode(last)
    except msgspec.DecodeError:
        return False
    return True


def read_line(line: bytes, where: str) -> tuple[str, Sound | Exception]:
    """The digest and its answer, or the error that decides what happens to the request."""
    try:
        read = msgspec.json.decode(line, type=_Line)
    except msgspec.DecodeError as error:
        return "", PassingError(f"the line cannot be read: {error}")
    if read.response is None:
        told = read.error or BatchError()
        return read.custom_id, PassingError(f"{told.code}: {told.message}")
    raw = bytes(read.response.body)
    if read.response.status_code != 200:
        return read.custom_id, line_error(read.response.status_code, raw, where)
    try:
        return read.custom_id, read_sound(raw)
    except UpstreamError as error:
        return read.custom_id, _meaning(error.status, error.code, str(error), where)
    except PassingError as error:
        return read.custom_id, error


def line_error(status: int, raw: bytes, where: str) -> Exception:
    return _meaning(status, *error_words(raw), where)


def _meaning(status: int, code: str, words: str, where: str) -> Exception:
    words = redacted(words)
    message = in_one_line(words)
    if status in (401, 403, 404) or is_unpaid(status, code, message):
        return ChatRefusedError(f"{where} refuses what is in a batch: {status}: {message}")
    return error_of(status, code, message, words=words)


def failed_batch(batch: Batch, where: str) -> Exception:
    """Why a batch failed as a whole: for lack of room (`is_congestion`), in passing or for good."""
    errors = batch.errors.data if batch.errors and batch.errors.data else [BatchError()]
    codes = [str(error.code or "") for error in errors]
    told = redacted(f"{errors[0].code or ''} {errors[0].message or ''}")
    message = in_one_line(told)
    if any("token_limit" in code or "rate_limit" in code for code in codes):
        return PassingError(message, is_congestion=True)
    if all(code in ("", "server_error", "internal_error") for code in codes):
        return PassingError(f"batch {batch.id} failed: {message}")
    return ChatRefusedError(f"{where} does not take the batch {batch.id}: {message}")
