"""Bring a part to its whole length, from where it stopped."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from schemas.retry import TransientError
from tasks.download.archive import Archive, disagreement, examine
from tasks.download.headers import content_range, validator, whole_number
from tasks.download.part import Part, Version, file_size
from tasks.download.record import Received
from tasks.download.retry import Sleep, check_status, retried

Advance = Callable[[int, int | None], None]  # bytes there, bytes in all


def can_continue(offset: int, archive: Archive, version: Version | None) -> bool:
    """Whether a part of `offset` bytes is worth asking for its rest.

    It is if the server can confirm its version, or if a published checksum can check the whole.
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
    """Stops behind `total` bytes: a body without end must not fill the disk."""
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


def announced_size(response: httpx.Response) -> int | None:
    """Bytes of the whole file, not of this body."""
    if response.status_code == 200:
        return whole_number(response.headers.get("content-length"))
    return content_range(response.headers["content-range"])[1]


def fetch_rest(client: httpx.Client, archive: Archive, part: Part, advance: Advance) -> None:
    """Bring `part` to its whole length with one request, or with none where it is complete.

    It starts again from zero where the server ignores the range, now has another version, or has
    a shorter file than the part.
    """
    offset, version, url = file_size(part.path), part.version(), archive.url
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
        if response.status_code != 200:
            if not offset:
                status = response.status_code
                raise ConnectionError(
                    f"{url} replied {status} to a request without a range: name a mirror"
                )
            if not continues(response, offset, version):
                part.discard()
                fetch_rest(client, archive, part, advance)
                return
            if response.status_code == 416:
                return
        announced = announced_size(response)
        if announced is not None and (wrong := disagreement(archive, announced, None)):
            part.discard()
            kind = response.headers.get("content-type", "unknown content")
            raise ValueError(f"{url} ({kind}) {wrong}: name a mirror that has the official file")
        if response.status_code == 200:
            version = Version(url, validator(response.headers), announced)
            part.restart(version)
        append_body(response, part, announced or known_total(archive, version), advance)


def whole_size(client: httpx.Client, archive: Archive, sleep: Sleep) -> int:
    """Bytes of the archive, by a HEAD request where nobody published them; 0 where unknown."""

    def announced() -> int:
        response = client.head(archive.url)
        if response.status_code in {403, 405, 501}:  # some servers refuse HEAD and serve GET
            return 0
        check_status(response)
        return whole_number(response.headers.get("content-length")) or 0

    if archive.size is not None:
        return archive.size
    return retried(announced, archive.url, lambda: 0, sleep)


def bytes_missing(
    client: httpx.Client, archives: Sequence[Archive], folder: Path, sleep: Sleep
) -> int:
    sizes = [whole_size(client, archive, sleep) for archive in archives]
    kept = [file_size(Part(folder, archive).path) for archive in archives]
    return sum(max(0, size - there) for size, there in zip(sizes, kept, strict=True))


def fetch(
    client: httpx.Client, archive: Archive, folder: Path, advance: Advance, sleep: Sleep
) -> Received:
    """Leave the whole, checked archive in its part, ready to be renamed."""
    part = Part(folder, archive)
    retried(
        lambda: fetch_rest(client, archive, part, advance),
        archive.url,
        lambda: file_size(part.path),
        sleep,
    )
    try:
        received = examine(part.path, archive.url, archive)
    except ValueError as error:
        part.discard()
        raise ValueError(f"{error}: it was removed, run again or name a mirror") from error
    advance(received.size, received.size)
    return received
