"""A web server on loopback that does as it is told."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DRIP = 0.05
Headers = Mapping[str, str]
Page = bytes | int | tuple[int, Headers] | tuple[int, Headers, bytes] | Callable[[], "Page"]


@dataclass
class Site:
    """Pages by path: a body, a status, or a status with headers and a body; a function is asked
    each time. A body beginning with `slow` comes a byte at a time."""

    pages: dict[str, Page]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


@contextmanager
def serving(pages: Mapping[str, Page]) -> Iterator[Site]:
    site = Site(dict(pages))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            site.asked.append(f"{self.command} {path}")
            site.hosts.append(self.headers.get("Host", ""))
            page = site.pages.get(path, 404)
            while callable(page):
                page = page()
            status, headers, body = _parts(page)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self._send(body)

        do_HEAD = do_GET  # noqa: N815

        def _send(self, body: bytes) -> None:
            size = 1 if body.startswith(b"slow") else len(body) or 1
            with suppress(OSError):  # the client has had enough
                for start in range(0, len(body), size):
                    self.wfile.write(body[start : start + size])
                    if size == 1:
                        time.sleep(DRIP)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def _parts(page: Page) -> tuple[int, Headers, bytes]:
    match page:
        case bytes():
            return 200, {}, page
        case int():
            return page, {}, b""
        case (status, headers):
            return status, headers, b""
        case (status, headers, body):
            return status, headers, body
    raise TypeError(page)
