"""Proxies: who connects to a server in place of this machine, as the environment says.

A password of a proxy stands apart from its address, so that no message about the address holds it.
"""

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass


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
    known = {} if proxy_bypass(parts.hostname or "") else getproxies()
    name = next((name for name in (parts.scheme, "all") if known.get(name)), None)
    if name is None:
        return None
    told = known[name] if "://" in known[name] else f"http://{known[name]}"
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
