"""Proxies: who connects to a server in place of this machine, as the environment says.

A password of a proxy stands apart from its address, so that no message about the address holds it.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

OWN = ("localhost", "localhost6", "ip6-localhost", "ip6-loopback")
"""Names of this machine."""
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """`login` is a user and a password."""

    address: str
    login: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def with_login(self) -> str:
        """For the client alone: it is in no message."""
        if not self.login:
            return self.address
        scheme, _, place = self.address.partition("://")
        user, password = (quote(part, safe="") for part in self.login)
        return f"{scheme}://{user}:{password}@{place}"


def proxy_of(address: str) -> Proxy | None:
    """The proxy for an address, by `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`.
    ValueError, which repeats nothing of what is set there, where that is not one of HTTP."""
    parts = urlsplit(address)
    name = next((name for name in (parts.scheme, "all") if getproxies().get(name)), None)
    if name is None or _is_direct(parts):
        return None
    told = getproxies()[name].strip()
    told = told if "://" in told else f"http://{told}"
    try:
        found = urlsplit(told)
        host, port = found.hostname, found.port
    except ValueError:
        host = None
    if not host or found.scheme not in ("http", "https") or found.query or found.fragment:
        raise ValueError(
            f"{name}_proxy in the environment is no proxy that can be used: write it as "
            "http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with what is neither letter nor "
            f"digit in a password as %40, or name {parts.hostname} in no_proxy"
        )
    where = f"[{host}]" if ":" in host else host
    login = unquote(found.username or ""), unquote(found.password or "")
    place = f"{where}:{port}" if port else where
    return Proxy(f"{found.scheme}://{place}", login if any(login) else None)


def _is_direct(parts: SplitResult) -> bool:
    """Whether the address is of this machine, which a proxy would look for elsewhere, or named in
    `no_proxy`, as curl and Python read it: with a port or without, as a domain or a network."""
    host = (parts.hostname or "").rstrip(".")
    if is_own(host) or proxy_bypass(host):
        return True
    port = parts.port or PORTS.get(parts.scheme)
    entries = getproxies().get("no", "").replace(",", " ").lower().split()
    return any(_names(entry, host, port) for entry in entries)


def is_own(host: str) -> bool:
    """Whether it is a name or a number of this machine."""
    if host in OWN or host.endswith(".localhost"):
        return True
    try:
        number = ip_address(host)
    except ValueError:
        return False
    number = getattr(number, "ipv4_mapped", None) or number
    return number.is_loopback or number.is_unspecified


def _names(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry of `no_proxy` means the host."""
    if "/" in entry:
        with suppress(ValueError):
            return ip_address(host) in ip_network(entry, strict=False)
        return False
    is_number = entry.count(":") > 1 and "[" not in entry
    try:
        named = urlsplit(f"//[{entry}]" if is_number else f"//{entry}")
        place, of_port = (named.hostname or "").strip("*."), named.port
    except ValueError:
        return False
    is_named = host == place or host.endswith(f".{place}") if place else entry == "*"
    return is_named and of_port in (None, port)
