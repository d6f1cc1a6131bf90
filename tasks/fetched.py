"""Fetched: files of object stores that a build reads, copied below its root.

    <root>/fetched/<key>/files/...       what is at an address, under the same names
    <root>/fetched/<key>/fetched.json    the address, and the mark that the store gave each file

A file is fetched once, and again where the store gives it another size or mark (ETag or the like).
What a build is named by are the contents of the files, as for files of this machine: the same ones
in a folder make the same dataset.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fcntl import LOCK_EX
from hashlib import sha256
from pathlib import Path
from typing import Any

from schemas.config.build import PipelineConfig
from schemas.locks import set_lock
from schemas.replacing import replacing
from tasks.addresses import FETCHED, FILES, RECORD, read_record
from tasks.beating import HEARTBEAT_SECONDS, beating
from tasks.buckets import (
    CHUNK,
    THREADS,
    Bucket,
    answering,
    files_at,
    is_bucket,
    mark_of,
    open_bucket,
)

logger = logging.getLogger(__name__)


def is_elsewhere(config: PipelineConfig) -> bool:
    """Whether a configuration names files of object stores."""
    places: list[str] = []

    def note(place: str) -> str:
        places.append(place)
        return place

    _with_places(config, note)
    return any(map(is_bucket, places))


def with_local_files(config: PipelineConfig, root: Path) -> PipelineConfig:
    """The configuration with paths below the root in place of addresses of object stores, once
    their files are there. FileNotFoundError where an address has none."""
    return _with_places(
        config, lambda place: str(fetch(place, root)) if is_bucket(place) else place
    )


def _with_places(config: PipelineConfig, change: Callable[[str], str]) -> PipelineConfig:
    """The configuration with each place that a build reads changed."""
    source, override, select = config.source, config.override, config.select
    source = source.model_copy(
        update={
            "path": source.path and change(source.path),
            "photographs": tuple(map(change, source.photographs)),
        }
    )
    witnesses = tuple(
        one.model_copy(update={"path": change(one.path)}) if one.path else one
        for one in config.witness
    )
    if override.write:
        override = override.model_copy(update={"write": change(override.write)})
    select = select.model_copy(update={"exclude": tuple(map(change, select.exclude))})
    parts = {"source": source, "witness": witnesses, "override": override, "select": select}
    return config.model_copy(update=parts)


def fetch(address: str, root: Path, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> Path:
    """The file or folder below the root that has what is at an address. While it is brought, a line
    every so many seconds says how far."""
    if found := sorted(set("*?[") & set(address)):
        raise ValueError(
            f"{address} holds {found[0]}: name one file, or what its files' names begin with"
        )
    bucket, address = open_bucket(address), address.rstrip("/")
    folder = root / FETCHED / sha256(address.encode()).hexdigest()[:16]
    with answering(address):
        is_file = bucket.files.isfile(bucket.prefix)
        above = bucket.prefix.rpartition("/")[0] if is_file else bucket.prefix
        there = {name: mark_of(about) for name, about in files_at(bucket, above).items()}
    if not there:
        raise FileNotFoundError(f"no file at {address}: name a file, or a folder that holds some")
    with _alone(folder):
        _bring(address, bucket._replace(prefix=above), there, folder, heartbeat_seconds)
    return folder / FILES / next(iter(there)) if is_file else folder / FILES


def _bring(
    address: str, bucket: Bucket, there: Mapping[str, str], folder: Path, heartbeat_seconds: float
) -> None:
    """Make the folder hold what is there, and nothing else."""
    known: dict[str, str] = dict(read_record(folder).get("files", {}))
    for name in known.keys() - there.keys():
        (folder / FILES / name).unlink(missing_ok=True)
        del known[name]
    wanted = [
        name
        for name, mark in sorted(there.items())
        if known.get(name) != mark or not (folder / FILES / name).is_file()
    ]
    copied: list[str] = []

    def tell(took: float) -> None:
        told = "fetch: still running, %.0f s: %d of %d files of %s"
        logger.info(told, took, len(copied), len(wanted), address)

    def copy(name: str) -> None:
        with replacing(folder / FILES / name, is_durable=False) as partial_file:
            bucket.files.get_file(f"{bucket.prefix}/{name}", str(partial_file))
        copied.append(name)

    with beating(tell, heartbeat_seconds):
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            with answering(address), ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(copy, chunk))
            known |= {name: there[name] for name in chunk}
            _write(folder, {"address": address, "files": known})
    _write(folder, {"address": address, "files": known})


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Within the block no other process fills the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        set_lock(lock, LOCK_EX)
        yield


def _write(folder: Path, record: Mapping[str, Any]) -> None:
    with replacing(folder / RECORD, is_durable=False) as partial_file:
        partial_file.write_text(json.dumps(record, sort_keys=True) + "\n", encoding="utf-8")
