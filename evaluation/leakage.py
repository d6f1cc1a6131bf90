"""Leakage: which photographs of a dataset are also photographs of a benchmark.

Three signs, the most certain first: both are known to come from one source (`coco:000000123456`),
their files are the same, or they look the same. Looks are compared by a grey thumbnail of 32 x 32
pixels: its perceptual hash (the signs of its 63 lowest frequencies against their median, Zauner
2010) finds candidates, and the correlation of the pixels confirms them. Photographs that were
scaled, compressed again, made brighter or mirrored are found; of those whose edges were cut by 3 %,
about half are found.
"""

from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

from schemas.columns import columns
from schemas.photographs import opened

SIDE = 32
"""Pixels per side of a thumbnail (Zauner 2010)."""
THUMBNAIL_BYTES = SIDE * SIDE
LOW = 8
"""Frequencies per axis: 8 x 8 of them, the mean left out, make a hash of 63 bits."""
MAX_DISTANCE = 10
"""Bits of 63 that may differ. Unrelated photographs differ in about 31; a copy at a third of the
size in 4."""
MIN_CORRELATION = 0.95
"""Of pixels. Of unrelated drawn scenes, which share their grounds, the closest pair of 4,851 has
0.89; brighter copies have at least 0.97."""
MIN_CONTRAST = 4.0
"""Grey levels: below this standard deviation a photograph looks like every other plain one."""
BLOCK = 256
"""Photographs that are compared at a time: 80 MB of distances for 20,000 listed ones."""

PHOTOGRAPH = columns(
    image_id=pl.String, sources=pl.List(pl.String), sha256=pl.String, thumbnail=pl.Binary
)
LISTED = columns(
    benchmark=pl.String, sha256=pl.String, sources=pl.List(pl.String), thumbnail=pl.Binary
)
OVERLAP = columns(
    image_id=pl.String,
    benchmark=pl.String,
    match=pl.String,
    listed=pl.String,
    likeness=pl.Float64,
)
"""One row per photograph and benchmark: `listed` is the source that both share, or the SHA-256 of
the benchmark's photograph; `likeness` is the correlation, where only looks are the sign."""


class Match(StrEnum):
    SOURCE = "source"
    BYTES = "bytes"
    LOOKS = "looks"


RANKS = {match.value: rank for rank, match in enumerate(Match)}  # the most certain sign first


def thumbnail(data: bytes) -> bytes | None:
    """1,024 grey levels, row by row; None for a plain photograph. Raises Pillow's error where the
    bytes are not an image."""
    with opened(data) as image:
        image.draft("L", (8 * SIDE, 8 * SIDE))
        grey = image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    levels = np.asarray(grey)
    return levels.tobytes() if levels.std() >= MIN_CONTRAST else None


def find_overlaps(photographs: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """Rows of OVERLAP for rows of PHOTOGRAPH and LISTED, by image and benchmark."""
    found = pl.concat(
        [
            _shared(photographs, listed, "sources", Match.SOURCE),
            _shared(photographs, listed, "sha256", Match.BYTES),
            _alike(photographs, listed),
        ]
    )
    return (
        found.with_columns(rank=pl.col("match").replace_strict(RANKS, return_dtype=pl.Int8))
        .sort(
            "image_id",
            "benchmark",
            "rank",
            "likeness",
            "listed",
            descending=[False] * 3 + [True, False],
        )
        .unique(["image_id", "benchmark"], keep="first", maintain_order=True)
        .drop("rank")
    )


def _shared(
    photographs: pl.DataFrame, listed: pl.DataFrame, column: str, match: Match
) -> pl.DataFrame:
    """Pairs that share a value of that column; a null equals nothing."""
    ours, theirs = (
        frame.select(name, listed=column)
        for frame, name in ((photographs, "image_id"), (listed, "benchmark"))
    )
    if column == "sources":
        ours, theirs = ours.explode("listed"), theirs.explode("listed")
    return (
        ours.join(theirs, on="listed")
        .select(
            "image_id",
            "benchmark",
            match=pl.lit(match.value),
            listed="listed",
            likeness=pl.lit(None, pl.Float64),
        )
        .unique()
    )


def _alike(photographs: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    photographs, listed = (
        frame.filter(pl.col("thumbnail").is_not_null()) for frame in (photographs, listed)
    )
    if photographs.is_empty() or listed.is_empty():
        return pl.DataFrame(schema=OVERLAP)
    levels, others = (_levels(frame["thumbnail"]) for frame in (photographs, listed))
    # Some benchmarks also show photographs mirrored.
    others = np.concatenate([others, others[:, :, ::-1]])
    hashes, other_hashes = _hashes(levels), _hashes(others)
    plain, other_plain = _normalised(levels), _normalised(others)
    rows = []
    for start in range(0, len(hashes), BLOCK):
        block = hashes[start : start + BLOCK, None]
        near = np.argwhere(np.bitwise_count(block ^ other_hashes[None]) <= MAX_DISTANCE)
        for row, place in near.tolist():
            likeness = float(plain[start + row] @ other_plain[place])
            if likeness >= MIN_CORRELATION:
                rows.append((start + row, place % listed.height, round(likeness, 4)))
    pairs = pl.DataFrame(
        rows, {"row": pl.Int64, "place": pl.Int64, "likeness": pl.Float64}, orient="row"
    )
    return pairs.select(
        image_id=photographs["image_id"].gather(pairs["row"]),
        benchmark=listed["benchmark"].gather(pairs["place"]),
        match=pl.lit(Match.LOOKS.value),
        listed=listed["sha256"].gather(pairs["place"]),
        likeness="likeness",
    )


def _levels(thumbnails: pl.Series) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(thumbnails), np.uint8).reshape(-1, SIDE, SIDE)


def _hashes(levels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """63 bits per thumbnail: which of its lowest frequencies, the mean left out, exceed their
    median."""
    waves = dctn(levels.astype(np.float64), axes=(1, 2), norm="ortho")[:, :LOW, :LOW]
    flat = waves.reshape(len(levels), -1)[:, 1:]
    bits = flat > np.median(flat, axis=1, keepdims=True)
    hashes: NDArray[np.uint64] = bits @ (np.uint64(1) << np.arange(bits.shape[1], dtype=np.uint64))
    return hashes


def _normalised(levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Thumbnails of half the side whose products are their correlations."""
    half = SIDE // 2
    small = levels.reshape(-1, half, 2, half, 2).mean(axis=(2, 4)).reshape(len(levels), -1)
    small -= small.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(small, axis=1, keepdims=True)
    scaled: NDArray[np.float64] = small / np.maximum(lengths, 1e-9)
    return scaled
