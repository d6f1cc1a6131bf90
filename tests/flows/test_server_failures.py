"""What a temporary Prefect server dies of is what its command says."""

import subprocess
import sys
import tempfile
from typing import Any

import httpx
import pytest

from flows import server
from flows.outcomes import outcome_of
from flows.server import HOW_TO_START, TemporaryServer

FULL = """Traceback (most recent call last):
  File "core.py", line 63, in work
    result = function()
sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database or disk is full
(Background on this error at: https://sqlalche.me/e/20/e3q8)

16:18:06.527 | ERROR   | uvicorn.error - Application startup failed. Exiting.
"""
ROOM = "make room in /home/ada/.prefect, where it keeps its data, or set PREFECT_HOME"


def dead(said: str) -> TemporaryServer:
    process: Any = None
    errors = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the server)
    errors.write(said.encode())
    errors.flush()
    return TemporaryServer(process, "http://127.0.0.1:9/api", errors)


def test_to_read_what_a_server_says_takes_away_nothing_that_it_writes_meanwhile():
    child = "import os\nfor number in range(60_000): os.write(2, b'%015d\\n' % number)"
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([sys.executable, "-c", child], stderr=errors)
        own = TemporaryServer(process, "http://127.0.0.1:9/api", errors)
        while process.poll() is None:
            own.said()
        assert own.said() == [f"{number:015d}" for number in range(60_000)]


@pytest.mark.parametrize(
    ("said", "reason", "advice"),
    [
        (
            FULL,
            "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database or disk is full",
            ROOM,
        ),
        ("OSError: [Errno 28] No space left on device: '/a'\n", "OSError: [Errno 28] No ", ROOM),
        ("ValueError: a\nImportError: b\nmore\n", "ImportError: b", HOW_TO_START),
        ("a: b\nkilled\n", "killed", HOW_TO_START),
        ("", "it says nothing", HOW_TO_START),
    ],
)
def test_the_reason_is_its_last_error(said, reason, advice, monkeypatch):
    monkeypatch.setenv("PREFECT_HOME", "/home/ada/.prefect")
    assert dead(said).reason().startswith(reason)
    assert dead(said).advice() == advice


@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        (FULL, 500, "the temporary Prefect server failed (sqlalchemy.exc.OperationalError: (sqlit"),
        (FULL, 404, "the Prefect server does not answer (no): "),
        ("", 500, "the Prefect server does not answer (no): "),
    ],
)
def test_what_it_cannot_do_is_told_by_its_own_error(said, status, told, monkeypatch):
    monkeypatch.setattr(server, "_started", [dead(said)])
    request = httpx.Request("POST", "http://127.0.0.1:9/api/flow_runs/")
    refused = httpx.HTTPStatusError("no", request=request, response=httpx.Response(status))
    line, code = outcome_of(refused)
    assert line.startswith(told) and code == 1


CHILD = """
import resource
from flows.server import launch_server
from flows.settings import apply_settings

apply_settings()
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # its database is larger
try:
    launch_server().wait()
except RuntimeError as error:
    print(error)
"""


@pytest.mark.long
def test_a_server_whose_database_cannot_be_written_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    call = [sys.executable, "-c", CHILD]
    done = subprocess.run(call, capture_output=True, text=True, timeout=150)
    assert done.stdout.startswith(
        "the temporary Prefect server does not start (sqlalchemy.exc.OperationalError: (sqlite3."
    ), done.stderr
