"""A web server on loopback that does as it is told."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
    agents: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)


@contextmanager
def serving(pages: Mapping[str, Page], certificate: Path | None = None) -> Iterator[Site]:
    """With a certificate over TLS."""
    site = Site(dict(pages))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            site.asked.append(f"{self.command} {path}")
            site.hosts.append(self.headers.get("Host", ""))
            site.agents.append(self.headers.get("User-Agent", ""))
            site.accepted.append(self.headers.get("Accept", ""))
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
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    scheme = "https" if certificate else "http"
    site.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def dripping(start: bytes, piece: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """The address of a server that sends `start` and then a piece every DRIP seconds, without end;
    and what it was asked."""
    asked: list[bytes] = []

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client has had enough
            asked.append(connection.recv(65536))
            connection.sendall(start)
            while True:
                connection.sendall(piece)
                time.sleep(DRIP)

    def accept() -> None:
        with suppress(OSError):  # it is closed
            while True:
                threading.Thread(target=drip, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            server.shutdown(socket.SHUT_RDWR)


def certificate_of(host: str, path: Path) -> Path:
    """A certificate that this host signed itself, with its key, as PEM in `path`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2120, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    return path


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
