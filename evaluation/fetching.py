"""Fetching: pictures that a benchmark names by address, each fetched once and kept.

Addresses are data: http and https alone, and none of this machine or its own network, neither at
first nor where a redirect leads; a name that does not resolve here is left to the proxy that may
stand between.
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

MAX_BYTES = 64 << 20
MAX_REDIRECTS = 5
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
MAX_SECONDS = 120.0
"""For one attempt, however slowly bytes come."""
WAITS = (1.0, 4.0)
"""Seconds before each new attempt."""
AGAIN = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Keeps what it fetches below `cache`. Thread-safe."""

    cache: Path
    max_bytes: int = MAX_BYTES
    max_seconds: float = MAX_SECONDS
    may_be_local: bool = False
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, address: str) -> bytes:
        """What stands there. ValueError, in one line, where it is not to be had."""
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
        problem = ""
        for wait in (*WAITS, None):
            try:
                return self._follow(address)
            except httpx.HTTPStatusError as error:
                status = error.response.status_code
                problem = f"answers {status}"
                if status < 500 and status not in AGAIN:
                    break
            except httpx.InvalidURL as error:
                problem = f"is no address ({error})"
                break
            except httpx.HTTPError as error:
                problem = f"cannot be fetched ({str(error) or type(error).__name__})"
            if wait is not None:
                self.sleep(wait)
        raise ValueError(
            f"{address[:120]} {problem}: try again later, or name a copy that holds its pictures "
            "in path"
        )

    def _follow(self, address: str) -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            self._check(address)
            with httpx.stream("GET", address, timeout=TIMEOUT) as response:
                if not response.has_redirect_location:
                    response.raise_for_status()
                    return self._body(address, response)
                address = urljoin(address, response.headers["location"])
        raise ValueError(f"{address[:120]} comes after more than {MAX_REDIRECTS} redirects")

    def _body(self, address: str, response: httpx.Response) -> bytes:
        parts, size, started = [], 0, time.monotonic()
        for part in response.iter_bytes():
            size += len(part)
            if size > self.max_bytes:
                raise ValueError(f"{address[:120]} has more than {self.max_bytes:,} bytes")
            if time.monotonic() - started > self.max_seconds:
                raise httpx.ReadTimeout(f"it takes more than {self.max_seconds:g} seconds")
            parts.append(part)
        return b"".join(parts)

    def _check(self, address: str) -> None:
        scheme, host = urlsplit(address).scheme, urlsplit(address).hostname
        if scheme not in ("http", "https") or not host:
            raise ValueError(f"{address[:120]} is no http or https address")
        if not self.may_be_local and is_local(host):
            raise ValueError(f"{address[:120]} leads into this machine's own network")


def is_local(host: str) -> bool:
    """Whether a name or number is one of this machine, its network, or any not for the public."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False
    return not all(ip_address(number.partition("%")[0]).is_global for number in found)
