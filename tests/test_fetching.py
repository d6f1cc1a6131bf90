"""Fetching pictures by address: what servers may do."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import evaluation.fetching
from evaluation.fetching import fetch


@contextmanager
def serving(pages: Mapping[str, bytes | int]) -> Iterator[str]:
    """A server on loopback; a number is a status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pages.get(self.path, 404)
            if isinstance(found, int):
                self.send_response(found)
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(found)))
            self.end_headers()
            self.wfile.write(found)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_what_cannot_be_fetched_is_told_in_one_line(tmp_path):
    with serving({"/big": b"x" * 2_000_000}) as url:
        for address, message in (
            ("file:///etc/passwd", "is no http or https address"),
            ("ftp://example.org/x", "is no http or https address"),
            (f"{url}/none", "answers 404: use a copy that holds its pictures"),
        ):
            with pytest.raises(ValueError, match=message) as error:
                fetch(address, tmp_path)
            assert "\n" not in str(error.value)
        with pytest.raises(ValueError, match="has more than 1 MiB"):
            fetch(f"{url}/big", tmp_path, max_bytes=1 << 20)
    assert not list(tmp_path.iterdir())


def test_a_server_that_is_gone_is_asked_again_and_then_told(tmp_path):
    with serving({}) as url:
        address = f"{url}/p"
    started = evaluation.fetching.time.monotonic()
    with pytest.raises(ValueError, match="cannot be fetched"):
        fetch(address, tmp_path)
    assert evaluation.fetching.time.monotonic() - started > sum(evaluation.fetching.WAITS)


def test_a_passing_error_passes(tmp_path):
    pages: dict[str, bytes | int] = {"/p": 503}
    with serving(pages) as url:
        threading.Timer(0.5, lambda: pages.update({"/p": b"data"})).start()
        assert fetch(f"{url}/p", tmp_path) == b"data"
