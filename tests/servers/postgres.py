"""A PostgreSQL server of the tests' own, on loopback and in a temporary folder."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def run_postgres() -> Iterator[str]:
    """The address of a server, without a database; the server is ended by its process id."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="replies-postgres-"))
    # The server refuses to run as root.
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
        account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    data = folder / "data"
    server = None
    try:
        made = subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "-N"],
            **account,
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert made.returncode == 0, made.stderr
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [
                    binaries / "postgres",
                    "-D",
                    data,
                    "-h",
                    "127.0.0.1",
                    "-p",
                    str(port),
                    "-k",
                    folder,
                ],
                **account,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        address = f"postgresql://tester@127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(f"{address}/postgres").close()
                break
            except psycopg.OperationalError:
                is_running = server.poll() is None and time.monotonic() < deadline
                assert is_running, (folder / "log").read_text()
                time.sleep(0.1)
        yield address
    finally:
        if server is not None:
            # At once: writing out what is thrown away takes half a minute on a busy disk.
            server.send_signal(signal.SIGQUIT)
            server.wait(60)
        shutil.rmtree(folder)


def make_database(server: str, name: str) -> str:
    """The address of a new database."""
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{server}/{name}"


def _binaries() -> Path | None:
    """The folder that holds initdb and postgres; Debian keeps it out of PATH."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "postgres").exists()), None)
