"""The Prefect server of one command: a temporary one where none is configured.

The temporary server runs in a session of its own, so that a Ctrl-C in the terminal does not end it
before the build has told it how it ended. It ends with the command, whatever ends that: its
standard input is a pipe that only the command holds open.
"""

import atexit
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from fcntl import LOCK_EX, LOCK_UN
from http.client import HTTPException
from pathlib import Path
from threading import Thread, Timer
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from rich.console import Console

from flows.outcomes import REFUSED_USER, SERVER_FAILED, refusal
from flows.settings import check_proxies
from schemas.locks import set_lock

NOT_FOUND = 404
ENDING = "the address of Prefect's API ends in /api"
START_SECONDS = 120.0
"""Longest wait for a temporary server, which imports much on what may be a busy machine."""
ANSWER_SECONDS = 10.0
"""Longest wait for a server that should be running already."""
STOP_SECONDS = 5.0
"""What a temporary server is given to write down what it was told last."""
LATER_SECONDS = 8.0
"""When a temporary server that is still there ends itself, after its command has ended."""
HOW_TO_START = "run `prefect server start` and `export PREFECT_API_URL=http://127.0.0.1:4200/api`"
ENVIRONMENT = {
    "PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1",
}  # fmt: skip
"""What Prefect itself sets for its temporary servers."""
ERROR = re.compile(r"\s*(?:[\w.]+\.)?\w*(?:Error|Exception): ")
"""How the last line of a traceback begins."""
MAX_SAID = 1 << 20
"""Bytes at the end of what a server has written in which its error is looked for."""
FULL = ("disk is full", os.strerror(ENOSPC), os.strerror(EDQUOT))
"""Words of SQLite and of the system."""


@dataclass(slots=True)
class TemporaryServer:
    """A server of this process; `errors` is what it writes to standard error."""

    process: subprocess.Popen[bytes]
    url: str
    errors: IO[bytes]

    def wait(self) -> None:
        """Until it answers; RuntimeError where it does not."""
        try:
            check_server(self.url, START_SECONDS)
        except ValueError:
            self.stop(0.0)
            raise RuntimeError(
                f"the temporary Prefect server does not start ({self.reason()}): {self.advice()}"
            ) from None

    def said(self) -> list[str]:
        """The last lines that it has written. Where it writes next is not moved, as by seek."""
        number = self.errors.fileno()
        size = os.fstat(number).st_size
        said = os.pread(number, MAX_SAID, max(size - MAX_SAID, 0))
        return said.decode("utf-8", "replace").strip().splitlines()

    def errors_told(self) -> list[str]:
        """The last lines of the tracebacks that it has written."""
        return [line.strip() for line in self.said() if ERROR.match(line)]

    def reason(self) -> str:
        """The last error that it has written, else its last line."""
        return (self.errors_told() or self.said() or ["it says nothing"])[-1]

    def advice(self) -> str:
        if any(words in self.reason() for words in FULL):
            return f"make room in {home().absolute()}, where it keeps its data, or set PREFECT_HOME"
        return HOW_TO_START

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End it, by force after these seconds."""
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_started: list[TemporaryServer] = []


def server_url() -> str | None:
    """Of the Prefect server that the environment, a file or a profile names, or of a temporary
    one; call this after `apply_settings`."""
    from prefect.settings import Settings

    url = Settings().api.url
    return str(url) if url else None


def has_own_server() -> bool:
    """Whether the server is a temporary one, which other machines do not reach."""
    url = server_url()
    return any(server.url == url for server in _started)


def own_failure() -> str:
    """What the temporary server, where there is one, says of its last error; else nothing."""
    failed = [server for server in _started if server.errors_told()]
    if not failed:
        return ""
    return f"the temporary Prefect server failed ({failed[-1].reason()}): {failed[-1].advice()}"


def start_server() -> TemporaryServer | None:
    """Starts a temporary server, to which Prefect in this process and its children will report;
    None where one is configured. ValueError where that one does not answer."""
    from prefect.context import refresh_global_settings_context

    check_proxies()
    if url := server_url():
        check_server(url)
        return None
    server = launch_server()
    _started.append(server)
    # Registered before anything of Prefect that still reports when the process ends.
    atexit.register(stop_servers)
    os.environ["PREFECT_API_URL"] = server.url
    refresh_global_settings_context()
    return server


@contextmanager
def starting_prefect(console: Console) -> Iterator[None]:
    """What the block imports is imported while a server starts, where none is configured."""
    with console.status("Starting Prefect ..."):
        server = start_server()
        yield
        if server:
            server.wait()


def stop_servers(seconds: float = STOP_SECONDS) -> None:
    """End the temporary servers of this process."""
    while _started:
        _started.pop().stop(seconds)


def check_server(url: str, seconds: float = ANSWER_SECONDS) -> None:
    """ValueError where no Prefect server answers at this address."""
    try:
        # Python's own client would take a proxy even for this machine.
        handlers = [ProxyHandler({})] if "://127.0.0.1" in url else []
        with build_opener(*handlers).open(f"{url.rstrip('/')}/health", timeout=seconds) as reply:
            if "html" in reply.headers.get("Content-Type", ""):
                raise ValueError(f"a page answers: {ENDING}")
    except HTTPError as error:
        if error.code in REFUSED_USER:
            raise ValueError(refusal(error.code)) from None
        if error.code >= SERVER_FAILED:
            raise RuntimeError(
                f"the Prefect server at {url} fails ({error}): run the same command when it works"
            ) from None
        # Whatever else a server wants is Prefect's business.
        if error.code == NOT_FOUND and "/api" not in urlsplit(url).path:
            raise ValueError(
                f"no Prefect API at {url}: {ENDING}; correct PREFECT_API_URL"
            ) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ValueError(
            f"no Prefect server answers at {url} ({reason}): start it with `prefect server start`, "
            "or correct or unset PREFECT_API_URL, in the environment or in Prefect's profile"
        ) from None


def check_listened(announce: bool = True) -> None:
    """ValueError where an announcement would reach only the command's own server, which nobody
    listens to, and would then count as made."""
    if announce and not server_url():
        raise ValueError(f"an announcement needs a Prefect server: {HOW_TO_START}")


def launch_server() -> TemporaryServer:
    """A new temporary server, which nothing reports to yet."""
    # Not a file's text: what it says is read only where it does not start.
    errors = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the server)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.server", str(number)],
            env={**os.environ, **ENVIRONMENT},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=[number],
            start_new_session=True,
        )
        return TemporaryServer(process, f"http://127.0.0.1:{listener.getsockname()[1]}/api", errors)


def end_with_input() -> None:
    """Ends this server when the command that started it ends, even by a kill."""
    while os.read(0, 1024):
        pass
    end = Timer(LATER_SECONDS, os._exit, [1])
    end.daemon = True
    end.start()
    os.kill(os.getpid(), signal.SIGTERM)


def home() -> Path:
    """Where a temporary server keeps its data."""
    return Path(os.environ.get("PREFECT_HOME", "."))


def main(number: int) -> None:
    """Serve on the socket of this number, which the command has opened."""
    Thread(target=end_with_input, daemon=True).start()
    import uvicorn

    config = uvicorn.Config(
        "prefect.server.api.server:create_app", factory=True, log_level="error", lifespan="on"
    )
    server = uvicorn.Server(config)
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "temporary-server.lock").open("w") as turn:
        # One at a time: when they start, all of them bring the same database up to date.
        set_lock(turn, LOCK_EX)
        Thread(target=_give_turn, args=(turn, server), daemon=True).start()
        server.run(sockets=[socket.socket(fileno=number)])


def _give_turn(turn: IO[str], server: Any) -> None:
    while not server.started:
        time.sleep(0.1)
    set_lock(turn, LOCK_UN)


if __name__ == "__main__":
    main(int(sys.argv[1]))
