"""Replies: committed before they are read, paid once, and never lost with the process."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from schemas.chat import Reply, Usage
from tasks.chat.replies import ReplyStore, open_replies
from tests.rights import as_nobody, open_folder
from tests.servers.postgres import make_database, run_postgres

ROOT = Path(__file__).parents[2]
NUMBERS = count()
REPLY = Reply(
    digest="00ff" * 8,
    model="gpt-5-mini",
    raw=b'{"choices":[]}',
    usage=Usage(calls=1, input_tokens=900, cached_tokens=100, output_tokens=20),
    finish_reason="stop",
    seconds=1.5,
    created=1700000000.25,
    cost=0.25,
)
STRANGE = replace(
    REPLY,
    digest="ab" * 16,
    model="modèle\\x00 \ud800\n",
    raw=bytes(range(256)) + b"\x00\xff\xfe" * 5000,
    usage=Usage(calls=1, input_tokens=2**40, cached_tokens=0, output_tokens=0),
    finish_reason="\x00stop\udfff",
    cost=None,
    is_batch=True,
)
WRITES = """
import asyncio, sys
from dataclasses import replace
from tasks.chat.replies import open_replies
from tests.chat.test_replies import REPLY
address, name = sys.argv[1:]
store = open_replies(address)

async def keep(digest, created):
    reply = replace(REPLY, digest=digest, raw=name.encode(), created=created)
    kept = await store.keep(reply, "us")
    print(digest, kept.raw.decode(), flush=True)
"""
SHARES = """
async def main():
    shared = [keep(f"shared-{n}", float(name)) for n in range(50)]
    own = [keep(f"own-{name}-{n}", float(name)) for n in range(50)]
    await asyncio.gather(*(one for pair in zip(shared, own) for one in pair))

asyncio.run(main())
"""
GOES_ON = """
from itertools import count
numbers = count()

async def worker():
    for n in numbers:
        await keep(f"{n}", float(n))

async def main():
    await asyncio.gather(*(worker() for _ in range(32)))

asyncio.run(main())
"""
LEAVES = """
async def main():
    task = asyncio.create_task(keep("handed-over", 1.0))
    await asyncio.sleep(0)

asyncio.run(main())
"""
FILLS = """
mount -t tmpfs -o size=1m tmpfs "$1" || exit 77
exec "$2" -c '
import asyncio, sys
from dataclasses import replace
from tasks.chat.replies import open_replies
from tests.chat.test_replies import REPLY
store = open_replies(f"sqlite:///{sys.argv[1]}/replies.sqlite")

async def main():
    for n in range(1000):
        try:
            await store.keep(replace(REPLY, digest=str(n), raw=bytes(10_000)), "us")
        except OSError as error:
            print(error.errno, error.strerror, error.filename)
            kept = store.read(map(str, range(1000)))
            print(len(kept) == n > 10, await store.spent("us") == n / 4)
            return

asyncio.run(main())
' "$1"
"""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    yield from run_postgres()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/folder/replies.sqlite"
    return make_database(request.getfixturevalue("server"), f"replies-{next(NUMBERS)}")


@pytest.fixture
def opened(address: str) -> Iterator[Callable[[], ReplyStore]]:
    """Opens one more store at the address, as another process would."""
    stores: list[ReplyStore] = []

    def another() -> ReplyStore:
        stores.append(open_replies(address))
        return stores[-1]

    yield another
    for store in stores:
        store.close()


def start(script: str, address: str, name: str = "1") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITES + script, address, name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def keep(store: ReplyStore, reply: Reply, payer: str = "us") -> Reply:
    return asyncio.run(store.keep(reply, payer))


def spent(store: ReplyStore, payer: str = "us") -> float:
    return asyncio.run(store.spent(payer))


@pytest.mark.parametrize("reply", [REPLY, STRANGE, replace(REPLY, finish_reason=None, raw=b"")])
def test_a_kept_reply_is_found_as_it_was(opened, reply):
    assert keep(opened(), reply) == reply
    other = opened()
    assert asyncio.run(other.find(reply.digest)) == reply
    assert other.read([reply.digest, "none", reply.digest]) == {reply.digest: reply}
    assert asyncio.run(other.find("none")) is None


def test_many_replies_are_read_in_one_call(opened):
    store = opened()

    async def keep_many() -> None:
        replies = (replace(REPLY, digest=str(n)) for n in range(1200))
        await asyncio.gather(*(store.keep(reply, "us") for reply in replies))

    asyncio.run(keep_many())
    digests = [str(n) for n in range(1300)]
    assert list(map(str, sorted(map(int, store.read(digests))))) == digests[:1200]
    assert store.read([]) == {}
    assert spent(store) == 300.0


def test_the_first_reply_wins_and_both_were_paid(opened):
    one, other = opened(), opened()
    first = replace(REPLY, raw=b"first")
    second = replace(REPLY, raw=b"second", created=1700000001.0, cost=0.5)
    assert keep(one, first) == first
    assert keep(other, second) == first
    assert asyncio.run(other.find(REPLY.digest)) == first
    assert spent(one) == spent(other) == 0.75


def test_two_replies_of_one_group_are_one_and_both_were_paid(opened):
    store = opened()
    second = replace(REPLY, raw=b"second", cost=0.5)

    async def keep_both() -> list[Reply]:
        return await asyncio.gather(store.keep(REPLY, "us"), store.keep(second, "others"))

    assert asyncio.run(keep_both()) == [REPLY, REPLY]
    assert [spent(store, payer) for payer in ("us", "others", "nobody")] == [0.25, 0.5, 0.0]


def test_one_delivery_counts_once(opened):
    one, other = opened(), opened()
    batched = replace(REPLY, digest="b" * 32, is_batch=True)
    for store in (one, other):
        keep(store, REPLY)
        keep(store, batched)
        batched = replace(batched, created=1800000000.0)
    assert spent(one) == 0.5


def test_replies_of_unknown_cost_spend_nothing(opened):
    store = opened()
    keep(store, replace(REPLY, cost=None))
    keep(store, replace(REPLY, cost=0.0, created=1.0))
    assert spent(store) == 0.0


def test_one_reply_that_cannot_be_stored_takes_no_other_with_it(opened):
    store = opened()
    impossible = replace(REPLY, digest="c" * 32, usage=Usage(1, 2**70, 0, 0))

    async def keep_both() -> list[Any]:
        both = (store.keep(impossible, "us"), store.keep(REPLY, "us"))
        return await asyncio.gather(*both, return_exceptions=True)

    error, kept = asyncio.run(keep_both())
    assert isinstance(error, Exception)
    assert kept == REPLY
    assert spent(store) == 0.25


def test_batches_under_way_are_known_to_the_next_run(opened):
    async def begin(store: ReplyStore) -> None:
        await store.add_batch("batch-1", "https://one", ["a", "b"], "gpt-5-mini")
        await store.add_batch("batch-2", "https://one", ["b", "c"])
        await store.add_batch("batch-3", "https://two", [])
        await store.add_batch("batch-1", "https://one", ["a", "b"])

    async def look(store: ReplyStore) -> tuple[list[str], dict[str, str]]:
        asked = ["a", "b", "c", "d"]
        return await store.open_batches("https://one"), await store.batch_of(asked)

    asyncio.run(begin(opened()))
    store = opened()
    under_way = {"a": "batch-1", "b": "batch-1", "c": "batch-2"}
    assert asyncio.run(look(store)) == (["batch-1", "batch-2"], under_way)
    asyncio.run(store.close_batch("batch-1"))
    assert asyncio.run(look(store)) == (["batch-2"], {"b": "batch-2", "c": "batch-2"})
    assert asyncio.run(store.open_batches("https://two")) == ["batch-3"]


@pytest.mark.long
def test_processes_that_start_at_once_agree_on_every_reply(address, opened):
    writers = [start(SHARES, address, str(n)) for n in range(3)]
    told = [writer.communicate(timeout=100)[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 3
    returned = [dict(zip(words[::2], words[1::2], strict=True)) for words in told]
    store = opened()
    stored = store.read(digest for one in returned for digest in one)
    assert len(stored) == 50 + 3 * 50
    for one in returned:
        assert one == {digest: stored[digest].raw.decode() for digest in one}
    assert spent(store) == 3 * 100 * 0.25


@pytest.mark.long
def test_a_killed_writer_loses_nothing_that_it_was_told_is_kept(address, opened):
    writer = start(GOES_ON, address)
    assert writer.stdout is not None
    told = [writer.stdout.readline().split()[0] for _ in range(500)]
    writer.send_signal(signal.SIGKILL)
    told += [line.split()[0] for line in writer.stdout if line.endswith(" 1\n")]
    writer.wait()
    store = opened()
    # The server may still be committing what it has received.
    time.sleep(0.5)
    stored = store.read(str(n) for n in range(len(told) + 100))
    assert set(told) <= stored.keys()
    assert spent(store) == 0.25 * len(stored)


def test_what_was_handed_over_is_written_at_exit(address, opened):
    process = start(LEAVES, address)
    assert process.wait(30) == 0
    assert opened().read(["handed-over"])["handed-over"].cost == 0.25


def test_what_was_handed_over_is_written_at_close(opened):
    store = opened()

    async def leave() -> None:
        task = asyncio.create_task(store.keep(REPLY, "us"))
        await asyncio.sleep(0)
        task.cancel()
        store.close()

    asyncio.run(leave())
    assert opened().read([REPLY.digest]) == {REPLY.digest: REPLY}
    with pytest.raises(RuntimeError, match="is closed: open it again"):
        asyncio.run(store.find(REPLY.digest))


def test_a_lost_connection_is_opened_again(server):
    import psycopg

    address = make_database(server, f"replies-{next(NUMBERS)}")
    with closing(open_replies(address)) as store:
        keep(store, REPLY)
        with psycopg.connect(address) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert keep(store, replace(REPLY, digest="d" * 32)).cost == 0.25
        assert spent(store) == 0.5


def with_version(address: str, version: int) -> None:
    open_replies(address).close()
    change = f"UPDATE schema_version SET version = {version}"
    if address.startswith("sqlite"):
        with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as connection:
            connection.execute(change)
            connection.commit()
    else:
        import psycopg

        with psycopg.connect(address) as connection:
            connection.execute(change.encode())


def test_a_newer_schema_is_refused(address):
    with_version(address, 2)
    with pytest.raises(ValueError, match="has schema version 2, this release reads 1: install"):
        open_replies(address)


def refused(address: str) -> str:
    with pytest.raises(ValueError) as caught:
        open_replies(address)
    line = str(caught.value)
    assert "\n" not in line
    assert "secret" not in line
    return line


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://user:secret@host:port/db", "cannot be read: write it as postgresql://"),
        ("replies.sqlite", "cannot be read: write it as postgresql://"),
        ("mysql://user:secret@host/db", "cannot keep replies in mysql: write the address as"),
        ("sqlite://", "cannot keep replies in sqlite: write the address as"),
        (
            "postgresql://user:secret@127.0.0.1:1/db?password=secret",
            "cannot open the reply store postgresql://user@127.0.0.1:1/db: connection",
        ),
        (
            "postgresql://user:secret@no-such-host.invalid/db",
            "cannot open the reply store postgresql://user@no-such-host.invalid/db: ",
        ),
        ("sqlite:////dev/null/folder/replies.sqlite", "Not a directory: choose another folder"),
        ("sqlite:////dev", "cannot open the reply store /dev: unable to open database file"),
    ],
)
def test_what_cannot_be_opened_is_told_in_one_line(address, said):
    if "127.0.0.1" in address or "invalid" in address:
        pytest.importorskip("psycopg")
    assert said in refused(address)


def test_a_missing_database_is_told_in_one_line(server):
    assert 'database "missing" does not exist' in refused(f"{server}/missing")


@pytest.mark.parametrize("kept", [0, 100])
def test_a_damaged_file_is_told_in_one_line(tmp_path, kept):
    path = tmp_path / "replies.sqlite"
    open_replies(f"sqlite:///{path}").close()
    whole = path.read_bytes()
    path.write_bytes(whole[:kept] + b"\xaa" * (len(whole) - kept))
    line = refused(f"sqlite:///{path}")
    assert line.startswith(f"the reply store {path} is damaged or not a database (")
    assert line.endswith("): put back a copy or move it away; what it held is paid for again")


@pytest.mark.parametrize("name", ["replies.sqlite", "new/replies.sqlite"])
def test_a_folder_without_permission_is_told_in_one_line(name):
    with open_folder() as folder:
        folder.chmod(0o555)
        with as_nobody():
            told = refused(f"sqlite:///{folder}/{name}")
        folder.chmod(0o755)
    assert f"cannot open the reply store {folder}/{name}: " in told


def test_a_damage_found_later_reaches_the_caller(tmp_path):
    path = tmp_path / "replies.sqlite"
    open_replies(f"sqlite:///{path}").close()
    whole = path.read_bytes()
    with closing(open_replies(f"sqlite:///{path}")) as store:
        # The first page, which the store has read, is left as it is.
        path.write_bytes(whole[:4096] + b"\xaa" * (len(whole) - 4096))
        with pytest.raises(ValueError, match="is damaged or not a database"):
            keep(store, REPLY)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="mounts a small disk")
def test_a_full_disk_is_told_in_one_line_and_keeps_what_was_kept(tmp_path):
    # The mount is seen by this process and its children alone, and goes with them.
    told = subprocess.run(
        ["unshare", "--mount", "sh", "-c", FILLS, "sh", str(tmp_path), sys.executable],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if told.returncode == 77 or "unshare" in told.stderr:
        pytest.skip("may not mount a small disk here")
    first, second = told.stdout.splitlines()
    assert first == f"28 No space left on device {tmp_path}/replies.sqlite"
    assert second == "True True"
