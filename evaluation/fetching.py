"""Fetching: images that a benchmark names by address, each fetched once and kept.

Addresses come from outside: only http and https are fetched, and nothing from this machine or its
own network, at first or after a redirect. A name is looked up once, and the connection goes to what
was checked: the next answer could be another one. Where a proxy connects, names are left to it.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from threading import Lock
from urllib.parse import urljoin

import httpx

from evaluation.deadline import Deadline, deadline
from schemas.proxies import Proxy, proxy_of
from schemas.replacing import replacing
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
TRANSLATED = (
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("::ffff:0:0:0/96"),
)
"""Where a network translates to IPv4 (RFC 6052, RFC 8215, RFC 2765); the last four bytes are the
address."""
LOCAL_USE = IPv6Network("64:ff9b:1::/48")
"""Of these a network chooses its own prefix (RFC 8215), so that the four bytes may stand elsewhere
(RFC 6052, 2.2):"""
PLACES = ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12))
"""for prefixes of 48, 56 and 64 bits; of 96 bits, they are the last."""
ASSIGNED = IPv4Network("192.0.0.0/24")
"""Of protocols and of a cloud's metadata (RFC 6890); older releases of Python call it public."""
UNICAST = IPv6Network("2000::/3")
"""All that IANA has given out for the public internet; of it Python knows the exceptions, but:"""
EXAMPLES = IPv6Network("3fff::/20")
"""For documentation (RFC 9637)."""
ISATAP = (0x5EFE, 0x0200_5EFE)
"""What precedes the IPv4 address that such a tunnel leads to (RFC 5214)."""
HEADERS = {
    "User-Agent": "spatialthinker",
    "Accept": "image/jpeg, image/png, image/webp, */*;q=0.1",
}
"""Who asks: some hosts, such as Wikimedia's, turn away what gives only the name of a library. For
what: some send AVIF to whoever takes anything."""
COPY_IN_PATH = "name a copy that holds its images in path"
LATER = f"try again later, or {COPY_IN_PATH}"
PAGE = (b"<", b"{")
"""How what is meant for people or programs begins."""
SHOWN = 120
"""Characters of an address in a message: one line."""
SECRET = re.compile(r"(^|:/{0,2})[^/?#]*@|(?<=/)([^/?#:@\[\]]*):(?!\d{1,5}(?:[/?#]|$))[^/?#]*")
"""Name and password in an address, also where one forgot the host: no port is a word."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Keeps what it fetches below `cache`. Thread-safe."""

    cache: Path
    max_bytes: int = MAX_BYTES
    max_seconds: float = MAX_SECONDS
    may_be_local: bool = False
    sleep: Callable[[float], None] = time.sleep
    _turns: dict[Path, Lock] = field(default_factory=dict, repr=False, compare=False)
    _failed: dict[Path, str] = field(default_factory=dict, repr=False, compare=False)

    def fetch(self, address: str, check: Callable[[bytes], object] = bool) -> bytes:
        """The bytes at an address. ValueError, in one line, where they cannot be fetched, or where
        `check` raises one: what is no image, such as the page of a busy server, is not kept."""
        path = self.cache / sha256(address.encode()).hexdigest()
        with self._turns.setdefault(path, Lock()):  # rows next to each other show one photograph
            if path in self._failed:  # the others would wait for it one after the other
                raise ValueError(self._failed[path])
            try:
                return path.read_bytes() if path.exists() else self._fetched(address, path, check)
            except ValueError as error:
                self._failed[path] = str(error)
                raise

    def _fetched(self, address: str, path: Path, check: Callable[[bytes], object]) -> bytes:
        data = self._attempts(address)
        try:
            check(data)
        except ValueError as error:
            is_image = data and data.lstrip()[:1] not in PAGE
            problem = str(error) if is_image else f"it answers without an image: {LATER}"
            raise ValueError(f"{shown(address)}: {problem}") from None
        with replacing(path) as partial:  # one that is there is taken for whole
            partial.write_bytes(data)
        return data

    def _attempts(self, address: str) -> bytes:
        def follow() -> bytes:
            with deadline(self.max_seconds) as limit:
                return self._follow(address, limit)

        attempts = retrying(
            lambda error: isinstance(error, (httpx.HTTPError, TransientError)),
            lambda number: number,
            MAX_ATTEMPTS,
            BACKOFF,
            self.sleep,
        )
        try:
            return attempts(follow)
        except httpx.InvalidURL:  # its text may be a part of the address that nobody must see
            raise ValueError(f"{shown(address)} is not an address: {COPY_IN_PATH}") from None
        except httpx.HTTPError as error:
            problem = f"cannot be fetched ({str(error) or type(error).__name__})"
        except ConnectionError as error:
            raise ValueError(f"{shown(address)} {error}: {COPY_IN_PATH}") from None
        except TransientError as error:
            problem = str(error)
        raise ValueError(f"{shown(address)} {problem}: {LATER}")

    def _follow(self, address: str, limit: Deadline) -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            with self._opened(address, limit) as response:
                if not response.has_redirect_location:
                    _check_status(response)
                    return self._body(address, response)
                address = urljoin(address, response.headers["location"])
        raise ValueError(f"{shown(address)} comes after more than {MAX_REDIRECTS} redirects")

    @contextmanager
    def _opened(self, address: str, limit: Deadline) -> Iterator[httpx.Response]:
        """The answer of the first of the host's addresses that can be reached."""
        url = httpx.URL(address)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError(f"{shown(address)} is not an http or https address")
        proxy = proxy_of(f"{url.scheme}://{url.netloc.decode('ascii')}")
        numbers = self._checked(address, url, proxy)
        way = httpx.HTTPTransport(proxy=proxy.with_login if proxy else None)
        with httpx.Client(transport=way, timeout=TIMEOUT, headers=HEADERS) as client:
            response = _sent(client, url, numbers, limit)
            try:
                yield response
            finally:
                response.close()

    def _checked(self, address: str, url: httpx.URL, proxy: Proxy | None) -> list[str]:
        """The numbers to connect to; none where a proxy connects."""
        host = url.raw_host.decode("ascii")
        try:
            numbers = numbers_of(host)
        except (OSError, UnicodeError) as error:
            if proxy is None:
                raise httpx.ConnectError(f"{host}: {error}") from None
            return []
        if not self.may_be_local and not all(map(is_public, numbers)):
            raise ValueError(
                f"{shown(address)} leads into this machine's own network: {COPY_IN_PATH}"
            )
        return [] if proxy else numbers

    def _body(self, address: str, response: httpx.Response) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self.max_bytes:
                raise ValueError(f"{shown(address)} has more than {self.max_bytes:,} bytes")
            parts.append(part)
        return b"".join(parts)


def _sent(
    client: httpx.Client, url: httpx.URL, numbers: list[str], limit: Deadline
) -> httpx.Response:
    """The answer to a request that is sent to one of the numbers, under the name of the host."""
    headers = {"Host": url.netloc.decode("ascii")}
    extensions = {"sni_hostname": url.raw_host.decode("ascii"), "trace": limit.trace}
    targets = [url.copy_with(host=number) for number in numbers] or [url]
    for number, target in enumerate(targets, start=1):
        request = client.build_request("GET", target, headers=headers, extensions=extensions)
        try:
            return client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if number == len(targets):
                raise
    raise AssertionError


def _check_status(response: httpx.Response) -> None:
    """Raises TransientError where a retry may help, ConnectionError where it cannot."""
    status, problem = response.status_code, f"answers {response.status_code}"
    if may_pass(status):
        raise TransientError(problem, min(asked_seconds(response.headers) or 0.0, MAX_ASKED))
    if not response.is_success:
        raise ConnectionError(problem)


def shown(address: str) -> str:
    """An address as messages show it, in one line: without what may be secret, a password or a
    signature."""
    line = " ".join(address.split())
    plain, *rest = re.split("([?#])", SECRET.sub(r"\1\2", line), maxsplit=1)
    return plain[:SHOWN] + (f"{rest[0]}..." if rest else "")


def numbers_of(host: str) -> list[str]:
    """The addresses of a host in the order in which to try them. OSError or UnicodeError where it
    has none."""
    found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def is_public(number: str) -> bool:
    """Whether a numeric address is of the public internet, and, where it stands for an IPv4 address
    behind a translation or tunnel, that one too."""
    address = ip_address(number.partition("%")[0])
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and address not in ASSIGNED
    within = _within(address)
    if address.ipv4_mapped or any(address in network for network in TRANSLATED):
        return all(is_public(str(one)) for one in within)
    is_own = address in UNICAST and address not in EXAMPLES and address.is_global
    return is_own and all(is_public(str(one)) for one in within)


def _within(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    is_translated = any(address in network for network in TRANSLATED)
    if is_translated or int(address) < 2**32 or int(address) >> 32 & 0xFFFF_FFFF in ISATAP:
        found.append(IPv4Address(int(address) % 2**32))
    if address in LOCAL_USE:  # a 0 in front: there is nothing at that place
        placed = [bytes(address.packed[place] for place in places) for places in PLACES]
        found += [IPv4Address(number) for number in placed if number[0]]
    return [one for one in found if one]
