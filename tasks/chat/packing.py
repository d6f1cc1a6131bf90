"""Packing: bodies that a server has compressed, though it was asked not to."""

import zlib

from tasks.chat.errors import PassingError, RejectedError
from tasks.chat.streams import is_stream

PLAIN, PACKED = ("", "identity"), ("gzip", "x-gzip", "deflate")
"""Encodings of bodies that need not be unpacked, and that can be."""
OPENINGS = (b"{", b"[")
"""With which JSON begins, and no JSON that is packed: some proxies unpack a body and leave the
header. It is paid for, and is read; so is a stream."""
GZIP = b"\x1f\x8b"
"""With which each piece of a body that gzip has packed begins."""
ZLIB = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
"""With which a body begins that zlib has packed, by its level; no JSON does."""


class PackedError(RejectedError):
    """The answer is compressed in a way that was not asked for, and cannot be read."""

    def __init__(self, encoding: str) -> None:
        super().__init__(f"the answer is compressed ({encoding[:20]}), which was not asked for")


def too_large(max_bytes: int) -> RejectedError:
    return RejectedError(f"the answer has more than {max_bytes >> 20} MiB")


def unpacked(raw: bytes, encoding: str, max_bytes: int) -> bytes:
    """A body as it was before a server packed it, which by its header it has done in `encoding`.
    RejectedError where it is larger than `max_bytes`, PackedError where it is packed in another
    way, PassingError where it is damaged."""
    if encoding in PLAIN and raw.startswith((GZIP, *ZLIB)):
        encoding = "deflate"  # or gzip, which some proxies do not name
    if encoding in PLAIN:
        return raw
    if encoding in PACKED and (raw.lstrip()[:1] in OPENINGS or is_stream(raw)):
        return raw
    if encoding not in PACKED:
        raise PackedError(encoding)
    try:
        plain, is_whole = inflated(raw, max_bytes)
    except zlib.error as error:
        raise PassingError(f"the answer is compressed, and damaged ({error})") from None
    if len(plain) > max_bytes:
        raise too_large(max_bytes)
    if not is_whole:
        raise PassingError("the answer is compressed, and its end is missing")
    return plain


def inflated(raw: bytes, max_bytes: int) -> tuple[bytes, bool]:
    """A body packed by gzip, in one piece or several, or by deflate, with or without the header of
    zlib; and whether its end is there. It is cut off soon after `max_bytes`. zlib.error where it is
    packed in another way."""
    pieces, num_bytes, is_whole = [], 0, False
    while raw and num_bytes <= max_bytes:
        is_headed = raw.startswith(GZIP) or (
            raw[0] & 0x0F == 8 and int.from_bytes(raw[:2]) % 31 == 0
        )
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32 if is_headed else -zlib.MAX_WBITS)
        pieces.append(unpacker.decompress(raw, max_bytes + 1 - num_bytes))
        num_bytes, is_whole = num_bytes + len(pieces[-1]), unpacker.eof
        if not unpacker.unused_data.startswith(GZIP):  # what else follows is padding
            break
        raw = unpacker.unused_data
    return b"".join(pieces), is_whole
