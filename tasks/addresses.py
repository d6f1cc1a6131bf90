"""Addresses: what stands at an object store, for the copies of it below a root.

Imports nothing that takes time: every command that fails asks for it.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FETCHED, FILES, RECORD = "fetched", "files", "fetched.json"
"""<root>/fetched/<key>/files/... and, beside the files, the record of where they are from."""
COPY = re.compile(rf"{FETCHED}/[0-9a-f]{{16}}/{FILES}\b")


def address_of(place: str, root: Path) -> str:
    """The address that a path below the root was fetched from; else the path."""
    base = (root / FETCHED).absolute()
    path = Path(place).absolute()
    if not path.is_relative_to(base):
        return place
    return str(read_record(base / path.relative_to(base).parts[0]).get("address", place))


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
