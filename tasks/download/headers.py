"""What the headers of a reply say."""

import httpx


def validator(headers: httpx.Headers) -> str | None:
    """What If-Range may carry: a strong ETag, else Last-Modified (RFC 9110, 13.1.5)."""
    etag: str | None = headers.get("etag")
    modified: str | None = headers.get("last-modified")
    return etag if etag and not etag.startswith("W/") else modified


def whole_number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def content_range(header: str) -> tuple[int | None, int | None]:
    """First byte and whole length of `bytes 5-9/10`; None for what is `*` or unreadable."""
    span, _, total = header.removeprefix("bytes ").partition("/")
    return whole_number(span.partition("-")[0]), whole_number(total)
