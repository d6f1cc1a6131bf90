"""Photographs: the files that a benchmark's rows hold or name, in every known way.

Each is kept once under the SHA-256 of its bytes, which are those of schemas.photographs.as_stored.
Its size is that of the stored pixels: a rotation that EXIF asks for is never applied, because
Qwen's own processor applies none.
"""

import base64
import binascii
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from PIL import Image

from evaluation.benchmarks.texts import literal
from evaluation.fetching import Fetcher
from evaluation.photograph_files import SUFFIXES, PhotographFiles
from evaluation.tables import POINTER
from schemas.file_digests import digest_store, file_digests
from schemas.photographs import as_stored, opened
from schemas.replacing import replacing

MAX_PIXELS = 178_956_970
"""The most that Pillow opens by default: it treats more as an attack on memory."""
LONGEST_NAME = 512
"""Characters of a text that may be the name of a file; base64 of any photograph is longer."""
LONGEST_REFERENCE = 64
"""Characters of a text that may be another row's index; no photograph is so small in base64."""
THUMBNAIL = 8
"""A JPEG is checked at an eighth of its width and height, the smallest size that a decoder offers:
all bytes are read, and little memory is needed."""
DATA = re.compile(r"data:image/[a-z.+-]+;base64,")
"""How a data address of an image begins."""
NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=\s]")


@dataclass(frozen=True, slots=True)
class PhotographStore:
    """Below `root`/images; safe for several writers."""

    root: Path

    def path(self, digest: str) -> Path:
        return self.root / "images" / digest[:2] / digest

    def put(self, data: bytes) -> str:
        """The digest under which the bytes are kept."""
        digest = sha256(data).hexdigest()
        path = self.path(digest)
        if not path.exists() or path.read_bytes() != data:
            with replacing(path, is_durable=False) as partial:
                partial.write_bytes(data)
        return digest

    def lacking(self, digests: Collection[str]) -> list[str]:
        """Those of the photographs that are gone or no longer what they were; a file is read only
        where it has changed since it was read last."""
        paths = {digest: self.path(digest) for digest in digests}
        there = [path for path in paths.values() if path.exists()]
        found = file_digests(there, digest_store(self.root))
        return [digest for digest, path in paths.items() if found.get(path) != digest]

    def read(self, digest: str) -> bytes:
        """ValueError where the photograph is gone or is no longer what it was."""
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            data = b""
        if sha256(data).hexdigest() != digest:
            raise ValueError(
                f"the photograph {self.path(digest)} is gone or damaged: run the same command "
                "again, which gets it anew"
            )
        return data


@dataclass(frozen=True, slots=True)
class Reference:
    """In place of a photograph the `index` of the row that has it, as VLMEvalKit's files have."""

    index: str


def cells_of(value: Any) -> list[Any]:
    """The photographs of one cell: those of a list, or of the text of one."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = literal(value)
    return (
        list(value)
        if isinstance(value, Sequence) and not isinstance(value, str | bytes)
        else [value]
    )


def photograph_bytes(
    value: Any, files: PhotographFiles | None, fetcher: Fetcher
) -> bytes | Reference:
    """The bytes of a photograph in any form that a row may hold. ValueError where it holds none."""
    if isinstance(value, dict):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, Image.Image):
        buffer = io.BytesIO()
        value.save(buffer, "PNG")
        return buffer.getvalue()
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if not isinstance(value, str) or not (value := value.strip()):
        raise ValueError("it has no photograph")
    if re.match(r"[a-z][a-z0-9+.-]*://", value, re.IGNORECASE):
        return fetcher.fetch(value, lambda data: check_photograph(as_stored(data)))
    if len(value) <= LONGEST_NAME and files and (found := files.read(value)) is not None:
        return found
    if value.lower().endswith(SUFFIXES):
        raise ValueError(
            f"its photograph {value[:80]} is not in the copy: name the folder that holds both in "
            "path"
        )
    if len(value) <= LONGEST_REFERENCE:
        return Reference(value)
    return decoded(value)


def decoded(text: str) -> bytes:
    """The bytes that base64 stands for, with or without the beginning of a data address."""
    text = DATA.sub("", text, count=1)
    try:
        if NOT_BASE64.search(text):
            raise binascii.Error("a character that base64 lacks")
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(
            f"its photograph {text[:40]!r}... is not base64 ({str(error).lower()}): get the file "
            "again"
        ) from None


def photograph_size(data: bytes) -> tuple[int, int]:
    """Width and height of the stored pixels, from the header alone. ValueError where there is no
    image in the bytes."""
    with _opened(data) as image:
        return image.size


def check_photograph(data: bytes) -> tuple[int, int]:
    """Width and height; ValueError where the bytes are not an image, or not a complete one."""
    with _opened(data) as image:
        size = image.size
        try:
            image.draft(
                "RGB", (max(1, image.width // THUMBNAIL), max(1, image.height // THUMBNAIL))
            )
            image.load()
        except (OSError, SyntaxError, ValueError) as error:
            raise ValueError(
                f"its photograph ({len(data):,} bytes) is damaged ({error}): get it again"
            ) from None
    return size


def _opened(data: bytes) -> Image.Image:
    if data.startswith(POINTER):
        raise ValueError("Git left a pointer in its photograph's place: run `git lfs pull` there")
    try:
        return opened(data)
    except Image.DecompressionBombError:
        raise ValueError(
            f"its photograph has more than {MAX_PIXELS:,} pixels, the most that is opened: leave "
            "the row out of a copy in path"
        ) from None
    except (OSError, SyntaxError, ValueError):
        raise ValueError(
            f"its photograph ({len(data):,} bytes) cannot be read as JPEG, PNG or WebP: convert it"
        ) from None
