"""Pictures of a request: the stored bytes as a data URL, made smaller where they are too large."""

import io
from base64 import b64encode
from functools import lru_cache

from PIL import Image

from schemas.chat import Photograph
from schemas.photographs import MEDIA, opened

QUALITY = 90
"""Of a JPEG that was made smaller, on Pillow's scale from 1 to 95: above 90 files grow and no
difference is seen."""


def sent_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """Width and height of a picture as it is sent: no side is longer than `max_side`."""
    longest = max(width, height)
    if longest <= max_side:
        return width, height
    scale = max_side / longest
    return max(round(width * scale), 1), max(round(height * scale), 1)


# Several votes look at one image, mostly soon after each other: as many as are asked at once by
# default, some 20 MB.
@lru_cache(maxsize=64)
def data_url(photograph: Photograph) -> str:
    """The picture as `data:image/jpeg;base64,...`: its own bytes, or those of a smaller one."""
    data = photograph.load()
    with opened(data) as image:
        kind = MEDIA[str(image.format)]
        size = sent_size(*image.size, photograph.max_side)
        if size != image.size:
            image.draft("RGB", size)
            smaller = io.BytesIO()
            resized = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
            resized.save(smaller, "JPEG", quality=QUALITY)
            data, kind = smaller.getvalue(), "jpeg"
    return f"data:image/{kind};base64,{b64encode(data).decode()}"
