"""Fetching: images that a benchmark names by address, each fetched once and kept.

Addresses come from outside: only http and https are fetched, and nothing from this machine or its
own network, at first or after a redirect. A name that does not resolve here is left to a proxy, if
there is one.
"""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from os import getpid
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from schemas.retry import Backoff, TransientError, asked_seconds, may_pass, retrying

MAX_BYTES = 64 << 20
"""Of an image: ten times a large photograph. An endless body must not fill the memory."""
MAX_REDIRECTS = 5
"""From http to https, to another host, to a mirror: more of them suggest a loop."""
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
"""Seconds: 10 to connect, 30 without a byte. A host that is silent for longer is asked again."""
MAX_SECONDS = 120.0
"""For one attempt, however slowly bytes come: 64 MB at 4 Mbit/s."""
MAX_ATTEMPTS = 3
"""With the waits below, at most nine seconds of waiting for an image whose host is gone."""
BACKOFF = Backoff(first=1.0, most=4.0)
"""Seconds between attempts. They are few and short: thousands of images may be missing."""
MAX_ASKED = 60.0
"""Seconds: the longest wait for one image, even if its server asks for a longer one."""
SHOWN = 120
"""Characters of an address in a message: one line."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Keeps what it fetches below `cache`. Thread-safe."""

    cache: Path
    max_bytes: int = MAX_BYTES
    max_seconds: float = MAX_SECONDS
    may_be_local: bool = False
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, address: str) -> bytes:
        """The bytes at an address. ValueError, in one line, where they cannot be fetched."""
        path = self.cache / sha256(address.encode()).hexdigest()
        if path.exists():
            return path.read_bytes()
        data = self._attempts(address)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.partial-{threading.get_ident()}-{getpid()}")
        partial.write_bytes(data)
        partial.replace(path)
        return data

    def _attempts(self, address: str) -> bytes:
        def follow() -> bytes:
            return self._follow(address)

        attempts = retrying(
            lambda error: isinstance(error, (httpx.HTTPError, TransientError)),
            lambda number: number,
            MAX_ATTEMPTS,
            BACKOFF,
            self.sleep,
        )
        try:
            return attempts(follow)
        except httpx.InvalidURL as error:
            problem = f"is not an address ({error})"
        except httpx.HTTPError as error:
            problem = f"cannot be fetched ({str(error) or type(error).__name__})"
        except (TransientError, ConnectionError) as error:
            problem = str(error)
        raise ValueError(
            f"{address[:SHOWN]} {problem}: try again later, or name a copy that holds its images "
            "in path"
        )

    def _follow(self, address: str) -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            self._check(address)
            with httpx.stream("GET", address, timeout=TIMEOUT) as response:
                if not response.has_redirect_location:
                    _check_status(response)
                    return self._body(address, response)
                address = urljoin(address, response.headers["location"])
        raise ValueError(f"{address[:SHOWN]} comes after more than {MAX_REDIRECTS} redirects")

    def _body(self, address: str, response: httpx.Response) -> bytes:
        parts, size, started = [], 0, time.monotonic()
        for part in response.iter_bytes():
            size += len(part)
            if size > self.max_bytes:
                raise ValueError(f"{address[:SHOWN]} has more than {self.max_bytes:,} bytes")
            if time.monotonic() - started > self.max_seconds:
                raise httpx.ReadTimeout(f"it takes more than {self.max_seconds:g} seconds")
            parts.append(part)
        return b"".join(parts)

    def _check(self, address: str) -> None:
        scheme, host = urlsplit(address).scheme, urlsplit(address).hostname
        if scheme not in ("http", "https") or not host:
            raise ValueError(f"{address[:SHOWN]} is not an http or https address")
        if not self.may_be_local and is_local(host):
            raise ValueError(f"{address[:SHOWN]} leads into this machine's own network")


def _check_status(response: httpx.Response) -> None:
    """Raises TransientError where a retry may help, ConnectionError where it cannot."""
    status, problem = response.status_code, f"answers {response.status_code}"
    if may_pass(status):
        raise TransientError(problem, min(asked_seconds(response.headers) or 0.0, MAX_ASKED))
    if not response.is_success:
        raise ConnectionError(problem)


def is_local(host: str) -> bool:
    """Whether a name or number belongs to this machine or its network, or is not public."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False
    return not all(ip_address(number.partition("%")[0]).is_global for number in found)
