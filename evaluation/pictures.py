"""Pictures: as models are shown them."""

import io

from PIL import Image

SENT = ("JPEG", "PNG")


def shown(data: bytes, size: tuple[int, int]) -> Image.Image:
    """A picture in that size."""
    with Image.open(io.BytesIO(data)) as image:
        picture = image.convert("RGB")
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BICUBIC)


def sent(data: bytes, size: tuple[int, int]) -> bytes:
    """The bytes themselves where they have that size and are JPEG or PNG; else a PNG that has."""
    with Image.open(io.BytesIO(data)) as image:
        if image.size == size and image.format in SENT:
            return data
    buffer = io.BytesIO()
    shown(data, size).save(buffer, "PNG")
    return buffer.getvalue()
