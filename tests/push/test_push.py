"""A dataset arrives whole, or its place has no manifest; what has arrived is not sent again."""

import logging
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from schemas.dataset_folder import check_dataset, name_of_dataset, read_manifest
from schemas.review import ReviewVerdict
from tasks.buckets import answering
from tasks.push.dataset import MANIFEST, Pushed, push
from tasks.push.store import BucketStore, Folder, open_store
from tasks.review.book import open_book
from tasks.review.items import reviewable
from tests.commands import call
from tests.servers.s3 import serving_s3

REPOSITORY = Path(__file__).parents[2]
SECRET = "wJalrXUtnFEMIexampleSECRETexample"


@dataclass(frozen=True, slots=True)
class Full(Folder):
    """A folder on a disk with room for some files."""

    room: int = 0

    def send(self, files: Mapping[str, Path]) -> None:
        if len(self.names()) == self.room:
            raise OSError(28, "No space left on device")
        Folder.send(self, files)


@dataclass(frozen=True, slots=True)
class Forgetful(Folder):
    """A folder that cuts every file short."""

    def send(self, files: Mapping[str, Path]) -> None:
        Folder.send(self, files)
        for name in files:
            place = self.place / name
            place.write_bytes(place.read_bytes()[:-1])


@dataclass(frozen=True, slots=True)
class Shared(Folder):
    """A folder to which another dataset is pushed, too, behind this one."""

    def send(self, files: Mapping[str, Path]) -> None:
        Folder.send(self, files)
        if "README.md" in files:
            (self.place / "ledger.parquet").write_bytes(b"of another")


@dataclass(frozen=True, slots=True)
class Overtaken(Folder):
    """A folder to which another dataset is pushed meanwhile."""

    def send(self, files: Mapping[str, Path]) -> None:
        Folder.send(self, files)
        (self.place / MANIFEST).write_text("{}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow(Folder):
    """A folder that takes a file only once it was said that this takes long."""

    said: list[logging.LogRecord]

    def send(self, files: Mapping[str, Path]) -> None:
        until = time.monotonic() + 30
        while not any("still running" in one.getMessage() for one in self.said):
            assert time.monotonic() < until, "nothing was said"
            time.sleep(0.01)
        Folder.send(self, files)


@pytest.fixture
def dataset(drawn_dataset, tmp_path) -> Path:
    """A copy of the drawn dataset below a root of its own."""
    root = shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)
    return root / drawn_dataset.relative_to(drawn_dataset.parents[2])


def sent(dataset: Path, place: Path) -> Pushed:
    return push(dataset, dataset.parents[2], Folder(place), str(place))


def contents(place: Path) -> dict[str, str]:
    """The digest of each file, by its name."""
    return {
        path.relative_to(place).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in place.rglob("*")
        if path.is_file()
    }


def review(dataset: Path, verdict: ReviewVerdict) -> None:
    item = reviewable(dataset).to_dicts()[0]
    with open_book(dataset.parents[2], "drawn", "tilo") as book:
        book.add(item | {"dataset": name_of_dataset(read_manifest(dataset))}, None, verdict)


def test_a_folder_holds_the_same_bytes_and_is_a_dataset(dataset, tmp_path):
    found = sent(dataset, tmp_path / "to")
    assert contents(tmp_path / "to") == contents(dataset)
    assert check_dataset(tmp_path / "to") == check_dataset(dataset)
    assert found == Pushed(len(contents(dataset)), 0)
    assert sent(dataset, tmp_path / "to") == Pushed(0, found.sent)


def test_what_takes_long_says_how_far_it_is(dataset, tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="tasks.push.dataset")
    place = tmp_path / "to"
    push(dataset, dataset.parents[2], Slow(place, said=caplog.records), str(place), 0.05)
    told = [text for text in caplog.messages if "still running" in text]
    total = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) / 1e6
    assert told[0] == f"push: still running, 0 s: 0.0 of {total:.1f} MB are there"


def test_reviews_go_along_and_the_card_says_what_they_found(dataset, tmp_path):
    sent(dataset, tmp_path / "to")
    review(dataset, ReviewVerdict.WRONG)
    found = sent(dataset, tmp_path / "to")
    assert found.sent == 2  # the card and the reviews
    assert (tmp_path / "to" / "reviews" / "tilo.parquet").exists()
    assert "tilo" not in (tmp_path / "to" / "README.md").read_text(encoding="utf-8")
    card = (tmp_path / "to" / "README.md").read_text(encoding="utf-8")
    assert card.partition("<!-- reviews -->")[2].partition("<!-- /reviews -->")[0].strip()


def test_after_any_number_of_files_it_goes_on_and_the_manifest_is_last(dataset, tmp_path):
    whole = contents(dataset)
    for number in range(len(whole)):
        place = tmp_path / f"to-{number}"
        with pytest.raises(RuntimeError, match=r"failed .*No space left.* goes on from here"):
            push(dataset, dataset.parents[2], Full(place, room=number), str(place))
        assert len(contents(place)) == number
        assert not (place / MANIFEST).exists()
        assert sent(dataset, place) == Pushed(len(whole) - number, number)
        assert contents(place) == whole


def test_what_differs_there_is_sent_again(dataset, tmp_path):
    sent(dataset, tmp_path / "to")
    card = tmp_path / "to" / "README.md"
    card.write_bytes(card.read_bytes()[:-1] + b"!")
    assert sent(dataset, tmp_path / "to").sent == 1
    assert contents(tmp_path / "to") == contents(dataset)


def test_what_does_not_arrive_whole_is_reported(dataset, tmp_path):
    place = tmp_path / "to"
    with pytest.raises(RuntimeError, match=r"did not arrive at .* as it is in"):
        push(dataset, dataset.parents[2], Forgetful(place), str(place))
    assert not (place / MANIFEST).exists()


def test_a_place_that_another_dataset_has_taken_meanwhile_is_refused(dataset, tmp_path):
    place = tmp_path / "to"
    with pytest.raises(ValueError, match="holds another dataset: name another place for"):
        push(dataset, dataset.parents[2], Overtaken(place), str(place))
    assert (place / MANIFEST).read_text() == "{}"


def test_a_file_that_another_push_has_overwritten_keeps_the_manifest_away(dataset, tmp_path):
    place = tmp_path / "to"
    with pytest.raises(RuntimeError, match=r"ledger.parquet at .* was overwritten, as by another"):
        push(dataset, dataset.parents[2], Shared(place), str(place))
    assert not (place / MANIFEST).exists()
    assert sent(dataset, place).sent == 2
    assert contents(place) == contents(dataset)


def test_a_place_of_another_dataset_is_refused(two_builds, tmp_path):
    first, second = two_builds
    root = shutil.copytree(first.parents[2], tmp_path / "root", symlinks=True)
    first, second = (root / one.relative_to(two_builds[0].parents[2]) for one in two_builds)
    sent(first, tmp_path / "to")
    with pytest.raises(ValueError, match="holds another dataset: name another place for"):
        sent(second, tmp_path / "to")
    (tmp_path / "to" / MANIFEST).unlink()
    stray = tmp_path / "to" / "data" / "train-00009-of-00010.parquet"
    stray.write_bytes(b"")
    with pytest.raises(ValueError, match=r"holds data/train-00009.* which is not of"):
        sent(first, tmp_path / "to")


def test_what_training_would_refuse_is_not_sent(dataset, tmp_path):
    (shard, *_) = sorted((dataset / "data").iterdir())
    shard.write_bytes(shard.read_bytes()[:-1])
    found = call("push", dataset, "--to", tmp_path / "to", "--root", dataset.parents[2])
    assert found.returncode == 2
    assert "has changed since it was published" in found.stderr.strip().splitlines()[-1]
    assert not (tmp_path / "to").exists()


def test_a_dataset_is_not_pushed_among_those_of_its_root(dataset):
    root = dataset.parents[2]
    for place in (dataset, dataset.parent, root / "datasets" / "other" / "copy"):
        found = call("push", dataset, "--to", place, "--root", root)
        assert found.returncode == 2
        assert "is among the datasets of" in found.stderr.strip().splitlines()[-1]
    assert not (dataset.parent / "manifest.json").exists()


@pytest.mark.parametrize(
    ("to", "problem"),
    [
        ("", "it is not said where to: name a folder"),
        (f"s3:/{SECRET}/place", "s3: is no store that is known"),
        ("GS:bucket", "GS: is no store that is known"),
        ("ftp://host/place", "ftp:// is no store that is known: name a folder, s3://BUCKET/PREFIX"),
        (f"me:{SECRET}@host:/data/place", "before the colon is no store that is known: name a f"),
        ("host:place", "before the colon is no store that is known: name a folder of this"),
        (f"s3://key:{SECRET}@bucket/place", "keys are read from the environment"),
        ("s3://", "s3:// is followed by something else than BUCKET/PREFIX"),
        ("gs://a//b", "gs:// is followed by something else than BUCKET/PREFIX"),
        ("hub:", "hub: is followed by something else than NAME or OWNER/NAME"),
        ("hub:a/b/c", "hub: is followed by something else than NAME or OWNER/NAME"),
        (f"hub:me:{SECRET}@name", "the token is read from the environment"),
    ],
)
def test_an_address_that_is_none_is_one_line_without_keys(to, problem):
    with pytest.raises(ValueError, match=problem) as refused:
        open_store(to)
    assert SECRET not in str(refused.value)


def test_a_file_is_no_place(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"file is a file: name a folder"):
        open_store(str(tmp_path / "file" / "place"))


KILLED = """
import os, signal, sys
from pathlib import Path
from tasks.push.dataset import push
from tasks.push.store import Folder

class Killed(Folder):
    def send(self, files):
        if len(self.names()) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        Folder.send(self, files)

dataset, place = map(Path, sys.argv[1:])
push(dataset, dataset.parents[2], Killed(place), str(place))
"""


@pytest.mark.long
def test_after_kill_9_the_same_command_goes_on(dataset, tmp_path):
    place = tmp_path / "to"
    ended = subprocess.run([sys.executable, "-c", KILLED, dataset, place], cwd=REPOSITORY)
    assert ended.returncode == -signal.SIGKILL
    assert len(contents(place)) == 3
    found = call("push", dataset, "--to", place, "--root", dataset.parents[2])
    assert (found.returncode, found.stdout.strip()) == (0, str(place))
    assert f"{len(contents(dataset)) - 3} files sent, 3 were there" in found.stderr
    assert contents(place) == contents(dataset)


@pytest.fixture
def s3() -> Iterator[str]:
    with serving_s3(SECRET):
        yield "s3://bucket/datasets/drawn"


@pytest.fixture
def gs(monkeypatch) -> Iterator[str]:
    """A server on loopback with the interface of Google Cloud Storage, and one bucket."""
    server_module = pytest.importorskip("gcp_storage_emulator.server")
    pytest.importorskip("gcsfs")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = server_module.create_server("127.0.0.1", port, in_memory=True, default_bucket="bucket")
    server.start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    # Asks for the kind of a bucket by gRPC, which the server does not speak.
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    yield "gs://bucket/datasets/drawn"
    server.stop()


@pytest.mark.long
@pytest.mark.parametrize("kind", ["s3", "gs"])
def test_a_bucket_holds_the_same_bytes_and_goes_on(dataset, kind, request):
    bucket = request.getfixturevalue(kind)
    root, store = dataset.parents[2], open_store(bucket)
    assert isinstance(store, BucketStore)
    files, prefix = store.bucket
    whole = contents(dataset)
    assert push(dataset, root, store, bucket) == Pushed(len(whole), 0)
    assert store.names() == sorted(whole)
    assert {name: store.digest(name) for name in whole} == whole
    files.rm_file(f"{prefix}/{MANIFEST}")
    files.pipe_file(f"{prefix}/README.md", b"# another")
    assert push(dataset, root, open_store(bucket), bucket) == Pushed(2, len(whole) - 2)
    found = call("push", dataset, "--to", bucket, "--root", root)
    assert (found.returncode, found.stdout) == (0, f"{bucket}\n")
    assert found.stderr.splitlines()[-1] == f"0 files sent, {len(whole)} were there"


@pytest.mark.long
def test_a_bucket_that_is_not_there_is_one_line_without_keys(dataset, s3, caplog):
    to = "s3://elsewhere/drawn"
    with pytest.raises(RuntimeError, match=r"^s3://elsewhere/drawn failed \(\w+: ") as failed:
        push(dataset, dataset.parents[2], open_store(to), to)
    assert SECRET not in str(failed.value) + caplog.text
    with pytest.raises(RuntimeError, match=r"denied to .key.") as told, answering(to):
        raise PermissionError(f"denied to {SECRET}\nand more")
    assert "\n" not in str(told.value)
