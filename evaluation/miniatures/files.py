"""Files of miniatures: Parquet with photographs as datasets embeds them, TSV, CSV, JSON lines."""

import csv
import json
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Rows = Sequence[dict[str, Any]]
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""How datasets embeds an image in Parquet."""


def embedded(data: bytes, name: str | None = None) -> dict[str, Any]:
    return {"bytes": data, "path": name}


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def write_parquet(path: Path, rows: Rows, images: Sequence[str]) -> None:
    """`images` are the columns of photographs, or of lists of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.Table.from_pylist(list(rows)).schema
    for name in images:
        is_list = any(isinstance(row[name], list) for row in rows)
        kind = pa.list_(IMAGE) if is_list else IMAGE
        schema = schema.set(schema.get_field_index(name), pa.field(name, kind))
    pq.write_table(pa.Table.from_pylist(list(rows), schema), path)


def write_separated(path: Path, rows: Rows, delimiter: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def write_json(path: Path, rows: Rows) -> None:
    path.write_text(json.dumps(list(rows)), encoding="utf-8")


def write_json_lines(path: Path, rows: Rows) -> None:
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    path.write_text(text, encoding="utf-8")
