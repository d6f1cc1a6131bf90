"""The record of finished files, `download.json`, and JSON files that appear whole."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from schemas.replacing import replacing

RECORD = "download.json"
"""Beside the archives; no archive may have this name."""


@dataclass(frozen=True, slots=True)
class Received:
    """A finished file as `download.json` records it."""

    url: str
    size: int
    sha256: str
    modified_ns: int


def write_json(path: Path, value: object) -> None:
    with replacing(path) as partial:
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(value)))


def write_record(folder: Path, record: dict[str, Received]) -> None:
    write_json(folder / RECORD, record)


def read_record(folder: Path) -> dict[str, Received]:
    path = folder / RECORD
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Received])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is damaged ({error}): delete it and run again") from error
