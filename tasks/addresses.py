"""Addresses: what stands at an object store, for the copies of it on this machine.

Imports nothing that takes time: every command that fails asks for it.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FETCHED, FILES, RECORD = "fetched", "files", "fetched.json"
"""<root>/fetched/<key>/files/... and, beside the files, the record of where they are from."""
STORE, ADDRESS_FILE = ".store", "address"
"""The folder of a root that is a copy of one on an object store, and the file with its address."""
ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://|(?:s3a?|gs|gcs|hub|hf|https?|ftp|file|az|abfss?):", re.IGNORECASE
)
"""How addresses begin, also those that lack a slash, as `str(Path("s3://BUCKET"))` does."""
COPY = re.compile(rf"{FETCHED}/[0-9a-f]{{16}}/{FILES}\b")


def is_address(place: str) -> bool:
    """Whether a place is meant as an address, of whatever kind, and not as a path."""
    return ADDRESS.match(place) is not None


def address_of(place: str, root: Path) -> str:
    """The address that a path below the root was fetched from; else the path."""
    base = (root / FETCHED).absolute()
    path = Path(place).absolute()
    if not path.is_relative_to(base):
        return place
    return str(read_record(base / path.relative_to(base).parts[0]).get("address", place))


def store_of(root: Path) -> str | None:
    """The address of the root on an object store that this one is a copy of; None where it is a
    root of its own."""
    try:
        return (root / STORE / ADDRESS_FILE).read_text(encoding="utf-8").removesuffix("\n")
    except (FileNotFoundError, NotADirectoryError):
        return None


def shared_name(place: Path) -> str:
    """What other machines know a file or folder by: its address where it is below the copy of a
    root on an object store, else its path."""
    path = place.absolute()
    for root in path.parents:
        if address := store_of(root):
            return f"{address}/{path.relative_to(root).as_posix()}"
    return str(place.resolve())


def local_name(name: str, root: Path) -> str:
    """The path below the root of what is named by an address in its store; else the name."""
    address = store_of(root)
    if address and name.startswith(f"{address}/"):
        return str(root / name.removeprefix(f"{address}/"))
    return name


def with_addresses(text: str) -> str:
    """The text with the address of each copy that it names in place of the copy's path."""
    for found in reversed(list(COPY.finditer(text))):
        # A root may hold spaces: where its path begins, only the folder that is there shows.
        for start in range(found.start() + 1):
            folder = Path(text[start : found.end()]).parent
            if record := read_record(folder):
                named, end = _named(record, text[found.end() :])
                text = text[:start] + named + text[found.end() + end :]
                break
    return text


def _named(record: Mapping[str, Any], rest: str) -> tuple[str, int]:
    """The address of a file, or of the folder that holds them all, and how long the name of the
    file is in what follows the folder of the copies."""
    names = [name for name in record.get("files", {}) if rest.startswith(f"/{name}")]
    address, name = str(record["address"]), max(names, key=len, default="")
    whole = address if not name or address.endswith(f"/{name}") else f"{address}/{name}"
    return whole, len(name) + bool(name)


def read_record(folder: Path) -> dict[str, Any]:
    """Nothing where a folder of copies has none, or a damaged one."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and "address" in record else {}
