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

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import httpx
from rich.progress import Progress

from schemas.replacing import make_folder, sync
from tasks.download.archive import Archive, examine_finished
from tasks.download.folder import check_space, explaining_a_full_disk, sole_writer
from tasks.download.part import Part
from tasks.download.record import Received, read_record, write_record
from tasks.download.transfer import Advance, bytes_missing, fetch

log = logging.getLogger(__name__)

# Bytes as they are on the server: in a compressed transfer, offsets and lengths would be wrong.
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "spatialthinker"}
UW = "https://homes.cs.washington.edu/~ranjay/visualgenome/data/dataset/"
STANFORD = "https://cs.stanford.edu/people/rak248/VG_100K_2/"
"""Where the annotations and the photographs are, by the sources above."""
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
        raise ValueError(f"{address} is not an address ({error}): correct it") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ValueError(f"{address} is not an http or https address: correct it")
    return address


def shown(progress: Progress | None, archive: Archive) -> Advance:
    """A progress bar for the archive; nothing is shown without `progress`."""
    if progress is None:
        return lambda offset, total: None
    bar = progress.add_task(archive.name, total=archive.size)
    return lambda offset, total: progress.update(bar, completed=offset, total=total)


def take_finished(
    archives: Sequence[Archive], folder: Path, record: dict[str, Received], verify: bool
) -> list[Archive]:
    """Record the archives that are there already; return those that are not."""
    there = [archive for archive in archives if (folder / archive.name).exists()]
    for archive in there:
        path, recorded = folder / archive.name, record.get(archive.name)
        record[archive.name] = examine_finished(path, archive, recorded, verify)
    if there:
        write_record(folder, record)
    return [archive for archive in archives if archive not in there]


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
    wanted = [replace(archive, url=mirrored(archive.url, base_url)) for archive in archives]
    make_folder(folder)
    with (
        sole_writer(folder),
        httpx.Client(headers=HEADERS, timeout=timeout, follow_redirects=True) as client,
    ):
        record = read_record(folder)
        missing = take_finished(wanted, folder, record, verify)
        check_space(folder, bytes_missing(client, missing, folder, sleep))
        for archive in missing:
            with explaining_a_full_disk(folder, archive.name):
                advance = shown(progress, archive)
                record[archive.name] = fetch(client, archive, folder, advance, sleep)
                # Recorded before it is renamed: a finished file is never without its checksum.
                write_record(folder, record)
                part = Part(folder, archive)
                part.path.replace(folder / archive.name)
                sync(folder)
                part.discard()
            log.info("%s: %d bytes", archive.name, record[archive.name].size)
    return [folder / name for name in names]
