"""Prefect servers on loopback: one for all processes of a test session, others where a test counts
what starts.

As a process: `python -m tests.servers.prefect PORT` serves until its stdin closes, by whatever ends
the process that started it.
"""

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from fcntl import LOCK_EX, flock
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import httpx
import uvicorn

from flows.server import end_with_input
from schemas.replacing import replacing

APP = "prefect.server.api.server:create_app"
QUICK = {
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "0.2",
    "PREFECT_UI_ENABLED": "0",
}
"""Seconds until an event can be found, where a user's server takes five; and no pages."""

EMPTY = Path(__file__).parents[2] / ".pytest_cache" / f"prefect-{version('prefect')}.db"
"""A server's database before its first run. To make one takes twelve seconds of CPU time."""
LAUNCHED: list[subprocess.Popen[bytes]] = []
"""Their pipes close with this process, or when they are forgotten."""


def start_server(home: Path) -> tuple[int, str]:
    """The id and the address of a new server that keeps its database in `home` and replies; the id
    is that of its process group, too."""
    process_id, url = launch_server(home)
    wait_for_server(url)
    return process_id, url


def launch_server(home: Path) -> tuple[int, str]:
    """As `start_server`, while the server is still starting, which takes ten seconds."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.prefect", f"{port}"],
        env={**os.environ, **QUICK, "PREFECT_HOME": str(home), "PREFECT_API_URL": url},
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    LAUNCHED.append(process)
    return process.pid, url


def main(port: int) -> None:
    """As `prefect server start` does, less the time that its command line takes to import."""
    Thread(target=end_with_input, daemon=True).start()
    make_database(Path(os.environ["PREFECT_HOME"]) / "prefect.db")
    uvicorn.run(APP, factory=True, port=port)


def make_database(database: Path) -> None:
    """The database of a new server: a copy of EMPTY, which the first one makes."""
    if not EMPTY.exists():
        from prefect.server.database import provide_database_interface

        asyncio.run(provide_database_interface().create_db())
        EMPTY.parent.mkdir(exist_ok=True)
        with replacing(EMPTY) as copy, closing(sqlite3.connect(database)) as connection:
            connection.execute("VACUUM INTO ?", [str(copy)])
    elif not database.exists():
        shutil.copyfile(EMPTY, database)


def wait_for_server(url: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        assert time.monotonic() < deadline, "the Prefect server does not answer"
        with suppress(OSError), urlopen(f"{url}/health", timeout=5.0):
            return
        time.sleep(0.1)


@contextmanager
def without_websockets(url: str) -> Iterator[str]:
    """The address of a proxy before a server that passes on requests, but no websocket."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            if self.headers.get("Upgrade"):
                self.send_error(403)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {"Content-Type": self.headers.get("Content-Type", "")}
            reply = httpx.request(
                self.command, f"{server}{self.path}", content=body, headers=headers
            )
            self.send_response(reply.status_code)
            self.send_header("Content-Type", reply.headers.get("Content-Type", ""))
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            self.wfile.write(reply.content)

        do_GET = do_POST = do_PATCH = do_PUT = _pass_on  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = url.removesuffix("/api")
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_port}/api"
        proxy.shutdown()


def stop_server(process_id: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process_id, signal.SIGTERM)


def launch_shared_server(home: Path) -> str:
    """The address of the session's server: the first process that asks for it starts it."""
    with (home / "server.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        known = home / "server.txt"
        if not known.exists():
            process_id, url = launch_server(home)
            known.write_text(f"{process_id} {url}", encoding="utf-8")
    return known.read_text(encoding="utf-8").split()[1]


def shared_server(home: Path) -> str:
    """As `launch_shared_server`, when the server replies."""
    url = launch_shared_server(home)
    wait_for_server(url)
    return url


def stop_shared_server(home: Path) -> None:
    known = home / "server.txt"
    if known.exists():
        stop_server(int(known.read_text(encoding="utf-8").split()[0]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
