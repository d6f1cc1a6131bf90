"""Photographs: bytes from data, opened by few decoders, and shown by all readers in one frame.

Boxes, width and height are of the pixels as they are stored. An EXIF or XMP tag that turns them
would show some readers (browsers, `datasets`, endpoints) another picture than others (Pillow,
Qwen's processor): it is taken away, and no pixel is turned.
"""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

DECODERS = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
"""Pillow knows a format only where its module is imported."""
FORMATS = ("JPEG", "PNG", "WEBP")
"""Pillow's names of the formats that it may decode. Its other decoders are not tried on bytes from
data: one of them starts a program."""
ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp")
"""Of the names of their files; .mpo has several pictures in one JPEG."""
MEDIA = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "WEBP": "webp"}
"""By format, the second half of the media type; the decoder of JPEG calls several pictures in one
file MPO."""
JPEG_QUALITY = 95
"""Of mirror images: their pixels are compressed anew."""
ORIENTATION = 0x0112
"""The EXIF tag that turns or mirrors an image: 1 does not, 2 to 8 do."""
SCAN, END, METADATA, MORE_PICTURES = 0xDA, 0xD9, 0xE1, b"MPF\0"
"""In JPEG: markers of pixels, of the end, and of EXIF and XMP; how a list of more pictures
begins."""
STARTS, ENDS = b"\xff\xd8", b"\xff\xd9"
"""With which a JPEG starts and ends."""
ALONE = (0, *range(0xD0, 0xD9))
"""Bytes behind 0xFF without a length: of no marker, of a restart of the pixels, of the start."""


DEPTH = 24
"""Where in a PNG its bits per channel stand."""


def opened(data: bytes) -> Image.Image:
    """The image in the bytes, its pixels not yet read. OSError, SyntaxError or ValueError where
    there is none of FORMATS; DecompressionBombError for more pixels than Pillow opens."""
    return Image.open(io.BytesIO(data), formats=FORMATS)


def media_type(data: bytes) -> str:
    """Such as image/jpeg; raises as `opened`."""
    with opened(data) as image:
        return f"image/{MEDIA[str(image.format)]}"


def as_stored(data: bytes) -> bytes:
    """The photograph as every reader shows it alike: no tag turns it, it is one picture without a
    video, grey has 8 bits, and what is transparent lies on white. What is so already, or is no
    image, is returned as it is. A JPEG keeps its pixels' bytes; others become PNG."""
    try:
        with opened(data) as image:
            is_deep = image.mode.startswith("I")
            is_one = getattr(image, "n_frames", 1) == 1  # not an MPO, nor animated
            is_jpeg = MEDIA[str(image.format)] == "jpeg"
            is_alone = is_one and image.format != "MPO" and not (is_jpeg and _goes_on(data))
            is_plain = is_alone and not is_deep
            _scale_clear(image, data)
            if is_plain and not _is_turned(image) and not _is_clear(image):
                return data
            if is_jpeg:
                return b"".join(_without_metadata(data))
            pixels = _eight_bits(image) if is_deep else image
            pixels = on_white(pixels) if _is_clear(pixels) else pixels
            buffer = io.BytesIO()
            pixels.save(buffer, "PNG", exif=b"", xmp=b"")
            return buffer.getvalue()
    except MemoryError:  # of this machine: the photograph may be sound
        raise
    except Exception:  # of many kinds for broken files: the stage that examines them reports it
        return data


def mirrored(data: bytes) -> bytes:
    """The mirror image of what `as_stored` returned, a JPEG of a JPEG, else a PNG; empty where the
    bytes are no image."""
    try:
        with opened(data) as image:
            buffer, kept = io.BytesIO(), {"exif": b"", "icc_profile": image.info.get("icc_profile")}
            if MEDIA[str(image.format)] == "jpeg":
                ImageOps.mirror(image).save(buffer, "JPEG", quality=JPEG_QUALITY, **kept)
            else:
                ImageOps.mirror(image).save(buffer, "PNG", **kept)
            return buffer.getvalue()
    except MemoryError:
        raise
    except Exception:  # of many kinds for broken files: the stage that examines them reports it
        return b""


def on_white(image: Image.Image) -> Image.Image:
    """In RGB, as a page shows it: readers that only drop transparency show what it hides."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    flat = Image.new("RGB", clear.size, "white")
    flat.paste(clear, mask=clear.getchannel("A"))
    return flat


def _goes_on(data: bytes) -> bool:
    """Whether more stands behind the picture of a JPEG: phones put a video or a map of depths
    there."""
    return not data.rstrip(b"\0\r\n ").endswith(ENDS) or ENDS + STARTS in data


def _is_turned(image: Image.Image) -> bool:
    """Whether a tag turns it for some reader; of tags that cannot be read nobody knows."""
    try:
        return bool(image.getexif().get(ORIENTATION, 1) != 1)
    except Exception:  # of many kinds, too, and other readers fail at them
        return True


def _is_clear(image: Image.Image) -> bool:
    """Whether any pixel is transparent, be it in part."""
    if not image.has_transparency_data:
        return False
    return image.convert("RGBA").getchannel("A").getextrema() != (255, 255)


def _scale_clear(image: Image.Image, data: bytes) -> None:
    """Of a PNG, in place: the colour that stands for transparent pixels, which Pillow leaves as it
    is where it scales theirs to 8 bits. Of 16 bits it keeps the upper half."""
    clear, depth = image.info.get("transparency"), data[DEPTH] if image.format == "PNG" else 8
    if image.mode == "L" and isinstance(clear, int) and depth < 8:
        most = 2**depth - 1
        image.info["transparency"] = (clear & most) * 255 // most  # other bits mean nothing
    if image.mode == "RGB" and isinstance(clear, tuple) and depth == 16:
        image.info["transparency"] = tuple(part >> 8 for part in clear)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Of grey values of 16 bits; the one that stands for transparent ones is white."""
    grey = np.asarray(image)
    scaled = (np.clip(grey, 0, 65535) >> 8).astype(np.uint8)
    if isinstance(clear := image.info.get("transparency"), int):
        scaled[grey == clear] = 255
    return Image.fromarray(scaled)


def _without_metadata(data: bytes) -> Iterator[bytes]:
    """The first picture of a JPEG without EXIF, XMP and its list of further pictures, nor what
    decoders skip between its segments."""
    place = 2
    yield data[:place]
    while (place := data.find(b"\xff", place, -1)) >= 0:
        marker = data[place + 1]
        if marker == 0xFF:  # fills
            place += 1
            continue
        if marker in ALONE:
            place += 2
            continue
        if marker == END:
            yield data[place : place + 2]
            return
        stop = place + 2 + int.from_bytes(data[place + 2 : place + 4])
        if marker == SCAN:
            stop = _end_of_scan(data, stop)
        body = data[place + 4 : stop]
        if marker != METADATA and not body.startswith(MORE_PICTURES):
            yield data[place:stop]
        place = stop


def _end_of_scan(data: bytes, place: int) -> int:
    """Where the marker after the pixels stands, in a damaged file at its end; 0xFF before 0 is a
    value, before 0xD0 to 0xD7 a restart."""
    while (place := data.find(b"\xff", place, -1)) >= 0:
        if data[place + 1] != 0 and not 0xD0 <= data[place + 1] <= 0xD7:
            return place
        place += 2
    return len(data)
