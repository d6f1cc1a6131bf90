"""Depth maps: one file per photograph, read with suspicion: .npy, .npz, or PNG of 16 bits."""

import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from schemas.printable import first_line
from tasks.sources.files import find_files, plain_name

Map = npt.NDArray[np.float64]
SUFFIXES = (".png", ".npy", ".npz")
MAX_PIXELS = 64_000_000
"""Of a map: as many as a photograph may have."""
DEPTH = "depth"
"""The array of an .npz that holds several."""
KINDS = "fiu"
"""Numbers: floats, integers. Anything else could be an object with code in it."""


def find_maps(path: str) -> dict[str, Path]:
    """The map files at a path by their names without endings; ValueError where two share one."""
    found: dict[str, Path] = {}
    for file in find_files(path):
        if file.suffix.lower() in SUFFIXES:
            other = found.setdefault(plain_name(file.stem), file)
            if other != file:
                raise ValueError(f"{other} and {file} are maps of one photograph: keep one")
    if not found:
        raise FileNotFoundError(f"no .png, .npy or .npz file at {path}: name the depth maps")
    return found


def read_map(path: Path) -> Map:
    """Rows of numbers as they are stored, 0 and what is not finite included. ValueError in few
    words where the file holds no map; its size is looked at before it is read."""
    try:
        match path.suffix.lower():
            case ".png":
                return _read_png(path)
            case ".npz":
                return _read_npz(path)
            case _:
                with path.open("rb") as stream:
                    return _read_npy(stream)
    except Exception as error:  # a damaged header of numpy ends in whatever its parser meets
        raise ValueError(first_line(error)[:200]) from None


def _read_png(path: Path) -> Map:
    with Image.open(path, formats=["PNG"]) as image:
        _check_size(image.size[::-1])
        if not image.mode.startswith("I"):
            raise ValueError(f"a PNG of mode {image.mode}, not of 16 bits grey")
        return np.asarray(image).astype(np.float64)


def _read_npz(path: Path) -> Map:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        name = f"{DEPTH}.npy" if f"{DEPTH}.npy" in names else None
        if name is None and len(names) != 1:
            raise ValueError(f"{len(names)} arrays, none of which is called {DEPTH}")
        with archive.open(name or names[0]) as stream:
            return _read_npy(stream)


def _read_npy(stream: object) -> Map:
    """The header says shape and kind before any number is read."""
    version = np.lib.format.read_magic(stream)  # type: ignore[arg-type]
    if version == (1, 0):
        header = np.lib.format.read_array_header_1_0(stream)  # type: ignore[arg-type]
    else:
        header = np.lib.format.read_array_header_2_0(stream)  # type: ignore[arg-type]
    shape, is_fortran, kind = header
    if kind.kind not in KINDS:
        raise ValueError(f"an array of {kind}, not of numbers")
    sides = tuple(side for side in shape if side != 1)
    _check_size(sides)
    num_bytes = int(np.prod(shape)) * kind.itemsize
    data = stream.read(num_bytes + 1)  # type: ignore[attr-defined]
    if len(data) != num_bytes:
        raise ValueError(f"{len(data):,} bytes of numbers, where {num_bytes:,} should be")
    flat = np.frombuffer(data, dtype=kind)
    return flat.reshape(sides, order="F" if is_fortran else "C").astype(np.float64)


def _check_size(sides: tuple[int, ...]) -> None:
    if len(sides) != 2 or min(sides) < 1:
        raise ValueError(f"an array of shape {sides}, not rows of pixels")
    if sides[0] * sides[1] > MAX_PIXELS:
        raise ValueError(f"{sides[1]:,} x {sides[0]:,} pixels, more than {MAX_PIXELS:,}")


def farness(values: Map, *, is_metric: bool, near_is_large: bool, unit: float) -> Map:
    """How far each pixel is: the logarithm of metres, or, of a relative map, in [0, 1] from the
    nearest to the farthest of the photograph; NaN where nothing was measured."""
    known = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    if is_metric:
        far: Map = np.log(known * unit)
        return far
    if np.isnan(known).all():
        return known
    # A few pixels are often wildly off.
    least, most = np.nanpercentile(known, (2, 98))
    share = np.clip((known - least) / max(most - least, np.finfo(float).tiny), 0.0, 1.0)
    shares: Map = 1.0 - share if near_is_large else share
    return shares
