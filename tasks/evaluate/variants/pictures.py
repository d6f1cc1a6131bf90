"""Pictures of variants: mirrored, compressed anew, in another size."""

import io
from collections.abc import Callable

from PIL import Image, ImageOps

from evaluation.photographs import PhotographStore
from schemas.photographs import on_white, opened
from tasks.evaluate.variants.variant import Changed, Row, unchanged

LEAST_SIDE = 28
"""Pixels: families see a picture in patches of about as many."""
Change = Callable[[Image.Image], bytes]


def with_pictures(item: Row, store: PhotographStore, change: Change) -> Changed:
    """The item with every picture changed; the new ones are kept in the store."""
    digests, sizes = [], []
    for digest in item["images"]:
        with opened(store.read(digest)) as image:
            data = change(on_white(image))
        digests.append(store.put(data))
        with opened(data) as made:
            sizes.append(made.size)
    return unchanged(item)._replace(images=digests, size=sizes[0])


def mirrored(image: Image.Image) -> bytes:
    return _png(ImageOps.mirror(image))


def compressed(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def scaled(image: Image.Image, scale: float) -> bytes:
    """Without a loss that is not one of size; no side gets shorter than LEAST_SIDE by it."""
    size = [max(round(side * scale), min(side, LEAST_SIDE)) for side in image.size]
    return _png(image.resize((size[0], size[1]), Image.Resampling.BICUBIC))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
