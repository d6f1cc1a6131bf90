"""Images: pictures of benchmarks, however a row holds them, each kept once, named by the SHA-256 of
its bytes.

A picture is kept as its bytes came. Its size is that of the pixels as they are stored: a turn that
EXIF asks for is made nowhere, as Qwen's own processor makes none.
"""

import base64
import binascii
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from os import getpid
from pathlib import Path
from threading import get_ident
from typing import Any

from PIL import Image

from evaluation.benchmarks.texts import literal
from evaluation.fetching import Fetcher
from evaluation.picture_files import SUFFIXES, PictureFiles
from evaluation.tables import POINTER

MAX_PIXELS = 178_956_970
"""What Pillow opens at the most without being told otherwise."""
LONGEST_NAME = 512
LONGEST_REFERENCE = 64
DATA = re.compile(r"data:image/[a-z.+-]+;base64,")
NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=\s]")


@dataclass(frozen=True, slots=True)
class ImageStore:
    """Below `root`/images; safe for several writers."""

    root: Path

    def path(self, digest: str) -> Path:
        return self.root / "images" / digest[:2] / digest

    def put(self, data: bytes) -> str:
        """The digest under which the bytes are kept."""
        digest = sha256(data).hexdigest()
        path = self.path(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{digest}.partial-{get_ident()}-{getpid()}")
            partial.write_bytes(data)
            partial.replace(path)
        return digest

    def read(self, digest: str) -> bytes:
        """ValueError where the picture is gone or is no longer what it was."""
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            data = b""
        if sha256(data).hexdigest() != digest:
            raise ValueError(
                f"the picture {self.path(digest)} is gone or damaged: remove the benchmark's "
                f"artifact below {self.root / 'artifacts' / 'benchmark'} and load it again"
            )
        return data


@dataclass(frozen=True, slots=True)
class Reference:
    """In place of a picture the `index` of the row that has it, as VLMEvalKit's files have."""

    index: str


def cells_of(value: Any) -> list[Any]:
    """The pictures of one cell: those of a list, or of the text of one."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = literal(value)
    return (
        list(value)
        if isinstance(value, Sequence) and not isinstance(value, str | bytes)
        else [value]
    )


def image_bytes(value: Any, files: PictureFiles | None, fetcher: Fetcher) -> bytes | Reference:
    """The bytes of a picture, whichever way a row holds it. ValueError where it holds none."""
    if isinstance(value, dict):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, Image.Image):
        buffer = io.BytesIO()
        value.save(buffer, "PNG")
        return buffer.getvalue()
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError("it has no picture")
    if re.match(r"[a-z][a-z0-9+.-]*://", value, re.IGNORECASE):
        return fetcher.fetch(value.strip())
    if len(value) <= LONGEST_NAME and files and (found := files.read(value)) is not None:
        return found
    if value.lower().endswith(SUFFIXES):
        raise ValueError(
            f"its picture {value[:80]} is not in the copy: name the folder that holds both in path"
        )
    if len(value) <= LONGEST_REFERENCE:
        return Reference(value.strip())
    return decoded(value)


def decoded(text: str) -> bytes:
    """What base64, with or without what a data address begins with, stands for."""
    text = DATA.sub("", text, count=1)
    try:
        if NOT_BASE64.search(text):
            raise binascii.Error("a character that base64 lacks")
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(
            f"its picture {text[:40]!r}... is no base64 ({str(error).lower()}): get the file again"
        ) from None


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height of the stored pixels, from the header alone. ValueError where the bytes are
    no picture."""
    with _opened(data) as image:
        return image.size


def check_picture(data: bytes) -> tuple[int, int]:
    """Width and height; ValueError where the bytes are no picture that is whole."""
    with _opened(data) as image:
        size = image.size
        try:
            image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
            image.load()
        except (OSError, SyntaxError, ValueError) as error:
            raise ValueError(
                f"its picture ({len(data):,} bytes) is damaged ({error}): get it again"
            ) from None
    return size


def _opened(data: bytes) -> Image.Image:
    if data.startswith(POINTER):
        raise ValueError("Git left a pointer in its picture's place: run `git lfs pull` there")
    try:
        return Image.open(io.BytesIO(data))
    except Image.DecompressionBombError:
        raise ValueError(
            f"its picture has more than {MAX_PIXELS:,} pixels, the most that is opened: leave the "
            "row out of a copy in path"
        ) from None
    except (OSError, SyntaxError, ValueError):
        raise ValueError(f"its picture ({len(data):,} bytes) is none that can be read") from None
