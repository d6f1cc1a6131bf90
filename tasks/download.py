"""Download: the official Visual Genome archives, whole, checked, and resumed where they stopped.

Facts and where they come from (looked up in public repositories, nothing is guessed):
- Names and addresses: `datasets/visual_genome/visual_genome.py` of huggingface/datasets at 0046c23
  (`<name>_v1_2.json.zip` is v1.2, `attributes.json.zip` is v1.2 itself, photographs at Stanford);
  hub `ranjaykrishna/visual_genome` at 33a5df5 moved the annotations to homes.cs.washington.edu.
- Size and sha256 of `image_data.json.zip`, `images.zip`, `images2.zip`: `download_checksums` in
  `datasets/visual_genome/dataset_infos.json` of huggingface/datasets at 2017029; the two image
  archives agree with the LFS pointers of hub `BAAI/DataOptim` (7a01adb, fff5d26).
- For the three other annotation archives no two independent sources agree on a checksum: None, so
  the length that the server announces is checked, and the sha256 that arrived is recorded.

Beside the archives: `download.json` (url, size, sha256, time of each finished file), and while one
is under way `<name>.part` with `<name>.part.json` (which version of the file the part belongs to).
"""

import errno
import fcntl
import hashlib
import logging
import os
import random
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
from rich.progress import Progress

log = logging.getLogger(__name__)

T = TypeVar("T")
Advance = Callable[[int, int | None], None]  # bytes there, bytes in all

MAX_RETRIES = 5  # in a row without a new byte
MAX_WAIT = 600.0
GIB = 2**30
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
RECORD = "download.json"
# Bytes as they lie on the server: a compressed transfer would make offsets and lengths lie.
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "spatialthinker"}


@dataclass(frozen=True, slots=True)
class Archive:
    """A file to fetch; `size` (bytes) and `sha256` (hex) are None where nobody published them."""

    name: str
    url: str
    size: int | None
    sha256: str | None

    def __post_init__(self) -> None:
        if not self.name.strip(". ") or set(self.name) & set("/\\\0") or self.name == RECORD:
            raise ValueError(f"archive name {self.name!r} is not a plain file name: rename it")


@dataclass(frozen=True, slots=True)
class Received:
    """A finished file as `download.json` records it."""

    url: str
    size: int
    sha256: str
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Version:
    """Which file a part belongs to: a strong ETag or a Last-Modified, and its whole length."""

    url: str
    validator: str | None
    total: int | None


class TransientError(Exception):
    """A failure that a later request may not meet; `wait` is what the server asked for, in s."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


UW = "https://homes.cs.washington.edu/~ranjay/visualgenome/data/dataset/"
STANFORD = "https://cs.stanford.edu/people/rak248/VG_100K_2/"
VISUAL_GENOME: Mapping[str, tuple[Archive, ...]] = MappingProxyType(
    {
        "annotations": (
            Archive(
                "image_data.json.zip",
                UW + "image_data.json.zip",
                1_780_854,
                "b87a94918cb2ff4d952cf1dfeca0b9cf6cd6fd204c2f8704645653be1163681a",
            ),
            Archive("objects_v1_2.json.zip", UW + "objects_v1_2.json.zip", None, None),
            Archive("attributes.json.zip", UW + "attributes.json.zip", None, None),
            Archive("relationships_v1_2.json.zip", UW + "relationships_v1_2.json.zip", None, None),
        ),
        "photographs": (
            Archive(
                "images.zip",
                STANFORD + "images.zip",
                9_731_705_982,
                "51c682d2721f880150720bb416e0346a4c787e4c55d7f80dfd1bd3f73ba81646",
            ),
            Archive(
                "images2.zip",
                STANFORD + "images2.zip",
                5_471_658_058,
                "99da1a0ddf87011319ff3b05cf9176ffee2731cc3c52951162d9ef0d68e3cfb5",
            ),
        ),
    }
)


def mirrored(url: str, base_url: str | None) -> str:
    """`url`, or the file of that name below the mirror `base_url`; http and https only."""
    address = f"{base_url.rstrip('/')}/{Path(urlsplit(url).path).name}" if base_url else url
    try:
        parsed = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ValueError(f"{address} is no address ({error}): correct it") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ValueError(f"{address} is no http or https address: correct it")
    return address


def validator(headers: httpx.Headers) -> str | None:
    """What If-Range may carry: a strong ETag, else Last-Modified (RFC 9110, 13.1.5)."""
    etag: str | None = headers.get("etag")
    modified: str | None = headers.get("last-modified")
    return etag if etag and not etag.startswith("W/") else modified


def whole_number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def content_range(header: str) -> tuple[int | None, int | None]:
    """First byte and whole length of `bytes 5-9/10`; None for what is `*` or unreadable."""
    span, _, total = header.removeprefix("bytes ").partition("/")
    return whole_number(span.partition("-")[0]), whole_number(total)


def asked_wait(header: str | None, now: datetime) -> float:
    """Seconds that a Retry-After (a number or a date) asks for; 0 where it is absent."""
    if (seconds := whole_number(header)) is not None:
        return float(seconds)
    try:
        return max(0.0, (parsedate_to_datetime(header or "") - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def disagreement(archive: Archive, size: int, sha256: str | None) -> str | None:
    """What of a file is not as published, or None."""
    if archive.size is not None and size != archive.size:
        return f"has {size} bytes instead of {archive.size}"
    if sha256 is not None and archive.sha256 is not None and sha256 != archive.sha256:
        return f"has sha256 {sha256} instead of {archive.sha256}"
    return None


def check_status(response: httpx.Response) -> None:
    """Raises TransientError where a retry may help, ConnectionError where it cannot."""
    status = f"{response.url} replied {response.status_code} {response.reason_phrase}"
    if response.status_code in {408, 429} or response.status_code >= 500:
        raise TransientError(
            status, asked_wait(response.headers.get("retry-after"), datetime.now(UTC))
        )
    if response.status_code not in {200, 206, 416}:
        raise ConnectionError(f"{status}: check the address or name a mirror")


def retried(
    request: Callable[[], T],
    url: str,
    reached: Callable[[], int],
    sleep: Callable[[float], None],
) -> T:
    """The value of `request`, repeated after transient failures.

    `reached` is how far the file is, in bytes. Only going further than ever resets the count, so
    that a long download survives many drops and a server that keeps failing is given up.
    """
    furthest, failures = -1, 0
    while True:
        try:
            return request()
        except (httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
            raise ConnectionError(f"{url} cannot be followed ({error}): name a mirror") from error
        except (httpx.TransportError, TransientError) as error:
            failures = 1 if reached() > furthest else failures + 1
            furthest = max(furthest, reached())
            if failures > MAX_RETRIES:
                reason = str(error) or type(error).__name__
                raise ConnectionError(
                    f"{url} failed {failures} times in a row ({reason}):"
                    " run the same command later, it goes on from here"
                ) from error
            wait = error.wait if isinstance(error, TransientError) else 0.0
            sleep(min(MAX_WAIT, max(wait, 2.0 ** (failures - 1))) + random.uniform(0.0, 1.0))


def whole_size(
    client: httpx.Client, url: str, archive: Archive, sleep: Callable[[float], None]
) -> int:
    """Bytes of the archive, by a HEAD request where nobody published them; 0 where unknown."""

    def announced() -> int:
        response = client.head(url)
        if response.status_code in {403, 405, 501}:  # some servers refuse HEAD and serve GET
            return 0
        check_status(response)
        return whole_number(response.headers.get("content-length")) or 0

    return archive.size if archive.size is not None else retried(announced, url, lambda: 0, sleep)


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def write_json(path: Path, value: object) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(value)))
    partial.replace(path)


def read_record(folder: Path) -> dict[str, Received]:
    path = folder / RECORD
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Received])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is damaged ({error}): delete it and run again") from error


class Part:
    """`<name>.part` and the version it belongs to, on disk."""

    def __init__(self, folder: Path, archive: Archive) -> None:
        self.path = folder / f"{archive.name}.part"
        self.version_path = folder / f"{archive.name}.part.json"

    def version(self, url: str) -> Version | None:
        """None where the part is of another address: its ETag says nothing about this one."""
        try:
            version = msgspec.json.decode(self.version_path.read_bytes(), type=Version)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return version if version.url == url else None

    def restart(self, version: Version) -> None:
        # Emptied first: a kill between the two must not give old bytes a new version.
        self.path.open("wb").close()
        write_json(self.version_path, version)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.version_path.unlink(missing_ok=True)


def can_continue(offset: int, archive: Archive, version: Version | None) -> bool:
    """Whether a part of `offset` bytes is worth asking for its rest.

    It is if the server can confirm its version, or if a published checksum tells in the end.
    """
    total = known_total(archive, version)
    vouched = archive.sha256 is not None or (version is not None and version.validator is not None)
    return vouched and (total is None or offset <= total)


def known_total(archive: Archive, version: Version | None) -> int | None:
    return archive.size if archive.size is not None else version.total if version else None


def continues(response: httpx.Response, offset: int, version: Version | None) -> bool:
    """Whether a reply to a request from `offset` on (206, or 416 for "no more") fits the part."""
    start, total = content_range(response.headers.get("content-range", ""))
    if version and version.total is not None and total not in {None, version.total}:
        return False
    current = validator(response.headers)
    if version and version.validator and current and current != version.validator:
        return False
    return total == offset if response.status_code == 416 else start == offset


def append_body(response: httpx.Response, part: Part, total: int | None, advance: Advance) -> None:
    """Stops past `total`: a body without end must not fill the disk."""
    offset = file_size(part.path)
    advance(offset, total)
    with part.path.open("ab") as file:
        for chunk in response.iter_raw():
            file.write(chunk)
            offset += len(chunk)
            advance(offset, total)
            if total is not None and offset > total:
                break
        file.flush()
        os.fsync(file.fileno())
    if total is not None and offset > total:
        part.discard()
        raise ValueError(f"{response.url} sent more than its {total} bytes: name a mirror")
    if total is not None and offset < total:
        raise TransientError(f"it ended after {offset} of {total} bytes")


def fetch_rest(
    client: httpx.Client, url: str, archive: Archive, part: Part, advance: Advance
) -> None:
    """Bring `part` to its whole length with one request, or with none where it has it.

    It starts again from zero where the server ignores the range, has another version by now, or
    has less than the part.
    """
    offset, version = file_size(part.path), part.version(url)
    if offset and offset == known_total(archive, version) and (version or archive.sha256):
        return
    if offset and not can_continue(offset, archive, version):
        part.discard()
        offset, version = 0, None
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    if offset and version and version.validator:
        headers["If-Range"] = version.validator
    with client.stream("GET", url, headers=headers) as response:
        check_status(response)
        if response.status_code == 200:
            announced = whole_number(response.headers.get("content-length"))
            version = Version(url, validator(response.headers), announced)
        elif not offset:
            raise ConnectionError(
                f"{url} replied {response.status_code} to a request without a range: name a mirror"
            )
        elif not continues(response, offset, version):
            part.discard()
            fetch_rest(client, url, archive, part, advance)
            return
        elif response.status_code == 416:
            return
        else:
            announced = content_range(response.headers["content-range"])[1]
        if announced is not None and (wrong := disagreement(archive, announced, None)):
            part.discard()
            kind = response.headers.get("content-type", "unknown content")
            raise ValueError(f"{url} ({kind}) {wrong}: name a mirror that has the official file")
        if version and response.status_code == 200:
            part.restart(version)
        append_body(response, part, announced or known_total(archive, version), advance)


def examine(path: Path, name: str, archive: Archive, url: str) -> Received:
    """The file as it lies there; ValueError, saying what is wrong, where it is not the archive."""
    stat = path.stat()
    wrong = disagreement(archive, stat.st_size, None)
    if wrong is None and archive.name.endswith(".zip") and not zipfile.is_zipfile(path):
        wrong = f"is no zip archive ({stat.st_size} bytes)"
    sha256 = "" if wrong else file_digest(path)
    if wrong := wrong or disagreement(archive, stat.st_size, sha256):
        raise ValueError(f"{name} {wrong}")
    return Received(url, stat.st_size, sha256, stat.st_mtime_ns)


def examine_finished(
    path: Path, archive: Archive, url: str, recorded: Received | None, verify: bool
) -> Received:
    """The record of a file that is already there.

    It is read again only where `verify` asks for it or where its size or time is not as recorded.
    A wrong file is an error, never replaced: it may be the user's own.
    """
    stat = path.stat()
    expected = archive
    if recorded and disagreement(archive, recorded.size, recorded.sha256) is None:
        seen = (stat.st_size, stat.st_mtime_ns)
        if seen == (recorded.size, recorded.modified_ns) and not verify:
            return recorded
        expected = replace(archive, size=recorded.size, sha256=recorded.sha256)
    try:
        return examine(path, str(path), expected, recorded.url if recorded else url)
    except ValueError as error:
        raise ValueError(f"{error}: delete it and run again") from error


def check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            f"the archives need {needed / GIB:.1f} GiB more and {folder} has {free / GIB:.1f} GiB"
            f" free: free {(needed - free) / GIB:.1f} GiB or choose another folder"
        )


def fetch(
    client: httpx.Client,
    url: str,
    archive: Archive,
    folder: Path,
    progress: Progress | None,
    sleep: Callable[[float], None],
) -> Received:
    """Leave the whole, checked archive in its part, ready to be renamed."""
    part = Part(folder, archive)
    bar = progress.add_task(archive.name, total=archive.size) if progress else None

    def advance(offset: int, total: int | None) -> None:
        if progress and bar is not None:
            progress.update(bar, completed=offset, total=total)

    retried(
        lambda: fetch_rest(client, url, archive, part, advance),
        url,
        lambda: file_size(part.path),
        sleep,
    )
    try:
        received = examine(part.path, url, archive, url)
    except ValueError as error:
        part.discard()
        raise ValueError(f"{error}: it was removed, run again or name a mirror") from error
    advance(received.size, received.size)
    return received


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Two processes that append to one part would spoil it. The lock ends with its process."""
    with (folder / ".download.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OSError(f"another download writes to {folder}: wait until it ends") from error
        yield


def download_archives(
    archives: Sequence[Archive],
    folder: Path,
    *,
    progress: Progress | None = None,
    base_url: str | None = None,
    verify: bool = False,
    timeout: float = 60.0,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Path]:
    """The archives' paths below `folder`, in order, each fetched unless it is there already.

    `base_url` is a mirror with the same file names. `verify` reads finished files again instead of
    trusting their size and time. `timeout` is the longest silence of the server, in seconds.
    Raises ValueError (wrong content), ConnectionError (network) or OSError (disk), in one line;
    after the latter two, and after a kill, the same call goes on from the bytes that are there.
    """
    names = [archive.name for archive in archives]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"archives share the name {twice[0]}: rename one")
    urls = {archive.name: mirrored(archive.url, base_url) for archive in archives}
    folder.mkdir(parents=True, exist_ok=True)
    with (
        sole_writer(folder),
        httpx.Client(headers=HEADERS, timeout=timeout, follow_redirects=True) as client,
    ):
        record = read_record(folder)
        there = [archive for archive in archives if (folder / archive.name).exists()]
        for archive in there:
            record[archive.name] = examine_finished(
                folder / archive.name,
                archive,
                urls[archive.name],
                record.get(archive.name),
                verify,
            )
        if there:
            write_json(folder / RECORD, record)
        missing = [archive for archive in archives if archive not in there]
        sizes = [whole_size(client, urls[archive.name], archive, sleep) for archive in missing]
        kept = [file_size(Part(folder, archive).path) for archive in missing]
        check_space(folder, sum(max(0, a - b) for a, b in zip(sizes, kept, strict=True)))
        for archive in missing:
            try:
                record[archive.name] = fetch(
                    client, urls[archive.name], archive, folder, progress, sleep
                )
                # Recorded before it is renamed: a finished file is never without its checksum.
                write_json(folder / RECORD, record)
                part = Part(folder, archive)
                part.path.replace(folder / archive.name)
                part.discard()
            except OSError as error:
                if error.errno not in DISK_FULL:
                    raise
                raise OSError(
                    f"the disk of {folder} is full, {archive.name} is not complete: free some"
                    " space and run the same command, it goes on from here"
                ) from error
            log.info("%s: %d bytes", archive.name, record[archive.name].size)
    return [folder / name for name in names]
