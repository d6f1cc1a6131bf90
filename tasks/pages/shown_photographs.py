"""Pictures of a page: photographs, small enough to be in it, as data addresses."""

import io
from base64 import b64encode

from PIL import Image

from schemas.photographs import on_white, opened

SIDES = (640, 512, 448, 384, 320, 256, 192, 160, 128, 96, 64)
"""Pixels of the longer side that are tried, the largest first."""
QUALITY = 55
"""Of WebP: below it, small things blur; above it, bytes are better spent on a longer side."""
LEAST_BYTES = 0.05
"""Bytes of WebP for a pixel of the square on the longer side where hardly anything is to be seen:
longer sides than it allows are not tried."""
UNSHOWN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""What Pillow raises for bytes that are no photograph."""


def shrunk(data: bytes, room: int) -> tuple[bytes, tuple[int, int]] | None:
    """A photograph as WebP, at the longest of SIDES at which it takes at most `room` bytes, else
    at the shortest; and its own width and height in pixels. None where it cannot be read."""
    sides = [side for side in SIDES if side * side * LEAST_BYTES <= room] or [SIDES[-1]]
    try:
        with opened(data) as image:
            size = image.size
            image.draft("RGB", (sides[0], sides[0]))
            flat = on_white(image)
    except UNSHOWN:
        return None
    made = b""
    for side in sides:
        flat.thumbnail((side, side))
        made = _webp(flat)
        if len(made) <= room:
            break
    return made, size


def _webp(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=2)
    return buffer.getvalue()


def data_address(picture: bytes) -> str:
    return f"data:image/webp;base64,{b64encode(picture).decode()}"
