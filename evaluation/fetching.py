"""Fetching: pictures that a benchmark names by address, each fetched once and kept."""

import time
from hashlib import sha256
from os import getpid
from pathlib import Path
from urllib.parse import urlsplit

import httpx

MAX_BYTES = 64 << 20
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
WAITS = (1.0, 4.0)
"""Seconds before each new attempt."""


def fetch(url: str, cache: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """What stands at an http or https address, from `cache` where it was fetched before.

    ValueError, in one line, where it is not to be had.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"{url[:120]} is no http or https address")
    path = cache / sha256(url.encode()).hexdigest()
    if path.exists():
        return path.read_bytes()
    data = _attempts(url, max_bytes)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial-{getpid()}")
    partial.write_bytes(data)
    partial.replace(path)
    return data


def _attempts(url: str, max_bytes: int) -> bytes:
    for wait in (*WAITS, None):
        try:
            return _download(url, max_bytes)
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            if wait is None or (status < 500 and status != 429):
                raise ValueError(
                    f"{url[:120]} answers {status}: use a copy that holds its pictures"
                ) from None
        except httpx.HTTPError as error:
            if wait is None:
                reason = str(error) or type(error).__name__
                raise ValueError(f"{url[:120]} cannot be fetched: {reason}") from None
        time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


def _download(url: str, max_bytes: int) -> bytes:
    with httpx.stream("GET", url, timeout=TIMEOUT, follow_redirects=True) as response:
        response.raise_for_status()
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > max_bytes:
                raise ValueError(f"{url[:120]} has more than {max_bytes >> 20} MiB")
            parts.append(part)
    return b"".join(parts)
