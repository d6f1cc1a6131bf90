"""Databases: the engine of a reply store, and what its errors mean."""

import errno
import os
import time
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteError
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from schemas.replacing import make_folder, sync
from tasks.chat.tables import SCHEMA_VERSION, TABLES, VERSIONS

LOCKED_SECONDS = 60
"""How long a writer waits for another process: a transaction takes milliseconds, but a
disk may hang."""
CREATING = 0x5350415449414C
"""The PostgreSQL advisory lock that is held while the tables are made: "SPATIAL" in ASCII."""


def open_engine(address: str) -> tuple[Engine, str]:
    """The engine of the database at an address, its tables made, and its place as messages name it.

    Raises ValueError, in one line without the password, where it cannot be opened, and OSError
    where the disk is full.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # The words of the parser may hold a part of the password.
        raise ValueError(
            "the address of the reply store cannot be read: "
            "write it as postgresql://user@host/database"
        ) from None
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database and url.database != ":memory:":
        place = url.database
        options: dict[str, Any] = {
            # Writing transactions take their lock at the start; a lock taken later is refused
            # where another process has written meanwhile.
            "connect_args": {"timeout": LOCKED_SECONDS, "isolation_level": "IMMEDIATE"}
        }
    elif kind == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
        bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
        place = bare.render_as_string()
        options = {
            # A statement must see what other processes committed before it; statements prepared on
            # the server would be lost behind a pooler such as PgBouncer.
            "isolation_level": "READ COMMITTED",
            # Without these, a connection that a firewall has dropped is waited for a quarter of an
            # hour.
            "connect_args": {
                "connect_timeout": 10,
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
                "tcp_user_timeout": 60_000,
                "prepare_threshold": None,
            },
        }
    else:
        raise ValueError(
            f"cannot keep replies in {kind}: write the address as postgresql://user@host/database "
            "or sqlite:////absolute/path"
        )
    try:
        if kind == "sqlite":
            make_folder(Path(place).parent)
        engine = create_engine(url, **options)
    except ImportError:
        raise ValueError(
            f"cannot open the reply store {place}: the driver of PostgreSQL is missing: "
            "pip install -e '.[postgres]'"
        ) from None
    except OSError as error:
        raise ValueError(
            f"cannot open the reply store {place}: {error.strerror}: choose another folder"
        ) from error
    if kind == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    try:
        with engine.begin() as connection:
            _make_tables(connection, place)
    except DBAPIError as error:
        engine.dispose()
        raise _cannot_open(error, place) from error
    except ValueError:
        engine.dispose()
        raise
    if kind == "sqlite":
        sync(Path(place).parent)  # SQLite does not wait for the names of its files
    return engine, place


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    deadline = time.monotonic() + LOCKED_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except SqliteError as error:
            # SQLite does not always wait where several processes switch to WAL at once: of 250 that
            # opened a new file, ten at a time, one was refused.
            is_locked = error.sqlite_errorname.startswith("SQLITE_BUSY")
            if not is_locked or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    # A commit survives the end of this process at once; ReplyStore makes it survive a power cut,
    # after it has reported it as written.
    connection.execute("PRAGMA synchronous = NORMAL")


def _make_tables(connection: Connection, place: str) -> None:
    # One process at a time: CREATE TABLE IF NOT EXISTS fails in PostgreSQL where two run it.
    if connection.engine.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({CREATING})")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    if not inspect(connection).has_table(VERSIONS.name):
        TABLES.create_all(connection)
        connection.execute(VERSIONS.insert().values(version=SCHEMA_VERSION))
        return
    version = connection.scalar(select(VERSIONS.c.version))
    if version != SCHEMA_VERSION:
        raise ValueError(
            f"the reply store {place} has schema version {version}, this release reads "
            f"{SCHEMA_VERSION}: install the release that wrote it, or choose another place"
        )


def is_lost(error: DBAPIError) -> bool:
    """Whether a new connection may do: the server restarts, is full, or cannot be reached."""
    state = getattr(error.orig, "sqlstate", "")
    return isinstance(error, OperationalError) and (
        state is None or state.startswith(("08", "57P", "53300", "40"))
    )


def _cannot_open(error: DBAPIError, place: str) -> Exception:
    told = told_of(error, place)
    is_full = isinstance(told, OSError) and told.errno == errno.ENOSPC
    if is_full or isinstance(told, ValueError):
        return told
    return ValueError(
        f"cannot open the reply store {place}: {_first_line(error)}: make it reachable and "
        "writable, or choose another"
    )


def told_of(error: DBAPIError, place: str) -> Exception:
    """What the database refused, in one line; errors of the program itself are left as they are."""
    name = getattr(error.orig, "sqlite_errorname", "")
    state = getattr(error.orig, "sqlstate", None) or ""
    if name == "SQLITE_FULL" or state == "53100":
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), place)
    if name.startswith("SQLITE_READONLY") or state == "25006":
        return OSError(errno.EROFS, os.strerror(errno.EROFS), place)
    if name.startswith("SQLITE_IOERR"):
        return OSError(errno.EIO, os.strerror(errno.EIO), place)
    if name.startswith("SQLITE_BUSY"):
        return TimeoutError(
            f"the reply store {place} was locked for {LOCKED_SECONDS} seconds: "
            "end the process that holds it"
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return ValueError(
            f"the reply store {place} is damaged or not a database ({_first_line(error)}): "
            "put back a copy or move it away; what it held is paid for again"
        )
    if isinstance(error, OperationalError):
        return ConnectionError(f"the reply store {place} failed: {_first_line(error)}")
    return error


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
