"""Images: what models are shown, made from photographs."""

import io

from PIL import Image

from schemas.photographs import opened

SENT = ("JPEG", "PNG")
"""Formats that every endpoint takes."""


def shown(data: bytes, size: tuple[int, int]) -> Image.Image:
    """The photograph in that size: width and height in pixels."""
    with opened(data) as photograph:
        image = photograph.convert("RGB")
    return image if image.size == size else image.resize(size, Image.Resampling.BICUBIC)


def sent(data: bytes, size: tuple[int, int]) -> bytes:
    """The bytes themselves where they are JPEG or PNG in that size, else those of a PNG."""
    with opened(data) as photograph:
        if photograph.size == size and photograph.format in SENT:
            return data
    buffer = io.BytesIO()
    shown(data, size).save(buffer, "PNG")
    return buffer.getvalue()
