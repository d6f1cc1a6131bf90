"""Photographs for requests: read from wherever they are, from many threads, and never others than
those that were examined."""

import io
import random
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from PIL import Image

from schemas.config.source import SourceConfig
from tasks.photographs.loader import loading_photographs
from tasks.photographs.stage import PHOTOGRAPHS


def jpeg(number: int) -> bytes:
    buffer = io.BytesIO()
    pixels = random.Random(number).randbytes(20 * 20 * 3)
    Image.frombytes("RGB", (20, 20), pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def write_files(photographs: Mapping[str, bytes], folder: Path) -> None:
    for image_id, data in photographs.items():
        (folder / f"{image_id}.jpg").write_bytes(data)


def write_zip(photographs: Mapping[str, bytes], folder: Path) -> None:
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        for image_id, data in photographs.items():
            archive.writestr(f"VG_100K/{image_id}.jpg", data)


def write_rows(photographs: Mapping[str, bytes], folder: Path) -> None:
    columns = {"image_id": list(photographs), "objects": "[]", "relationships": "[]"}
    frame = pl.DataFrame(columns | {"image": list(photographs.values())})
    half = frame.height // 2
    for number, part in enumerate((frame[:half], frame[half:])):
        part.write_parquet(folder / f"rows-{number}.parquet", row_group_size=16)


class Source(NamedTuple):
    """Photographs kept in one way, and what ingest and photographs know of them."""

    write: Callable[[Mapping[str, bytes], Path], None]
    photographs: dict[str, bytes]
    root: Path
    config: SourceConfig

    def loading(self, *image_ids: str):
        scenes, photographs = self.root / "scenes.parquet", self.root / "photographs.parquet"
        return loading_photographs(image_ids, scenes, photographs, self.config, self.root)


@pytest.fixture(params=["files", "zip", "rows"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    write = {"files": write_files, "zip": write_zip, "rows": write_rows}[request.param]
    photographs = {str(number): jpeg(number) for number in range(100)}
    folder = tmp_path / "source"
    folder.mkdir()
    write(photographs, folder)
    names = [f"{image_id}.jpg" for image_id in photographs]
    scenes = pl.DataFrame({"image_id": list(photographs), "photograph": names})
    scenes.write_parquet(tmp_path / "scenes.parquet")
    rows = [
        (image_id, None, None, "photograph-broken", "cut short")
        if image_id == "7"
        else (image_id, sha256(data).hexdigest(), len(data), None, None)
        for image_id, data in photographs.items()
    ]
    examined = pl.DataFrame(rows, schema=PHOTOGRAPHS, orient="row")
    examined.write_parquet(tmp_path / "photographs.parquet")
    kind = "vg150" if request.param == "rows" else "visual-genome"
    return Source(write, photographs, tmp_path, SourceConfig(kind=kind, path=str(folder)))


def test_many_threads_read_the_stored_bytes_in_any_order(source: Source) -> None:
    wanted = [image_id for image_id in source.photographs if int(image_id) % 3] * 3
    wanted = [image_id for image_id in wanted if image_id != "7"]
    random.Random(0).shuffle(wanted)
    with source.loading(*wanted) as loader, ThreadPoolExecutor(16) as pool:
        photographs = [loader.photograph(image_id, 512) for image_id in wanted]
        loaded = list(pool.map(lambda photograph: photograph.load(), photographs))
    for image_id, photograph, data in zip(wanted, photographs, loaded, strict=True):
        assert data == source.photographs[image_id]
        assert photograph.sha256 == sha256(data).hexdigest()
        assert photograph.max_side == 512


def test_nothing_is_read_before_it_is_wanted_and_nothing_is_left(source: Source) -> None:
    for path in (source.root / "source").iterdir():
        if path.suffix == ".jpg":
            path.write_bytes(b"")
    with source.loading("1", "2") as loader:
        loader.photograph("1", 512)
    assert [path for path in (source.root / "artifacts").iterdir() if path.is_file()] == []


@pytest.mark.parametrize("change", ["other", "gone"])
def test_a_photograph_that_changed_is_not_shown(source: Source, change: str) -> None:
    """The digest of a request names the photograph that was examined: no other may go with it."""
    folder = source.root / "source"
    changed = {**source.photographs, "2": jpeg(200)}
    if change == "gone":
        del changed["2"]
    for path in folder.iterdir():
        path.unlink()
    source.write(changed, folder)
    with source.loading("1", "2") as loader:
        assert loader.read("1") == source.photographs["1"]
        with pytest.raises(ValueError, match="photograph of image 2 has changed or is gone"):
            loader.read("2")


@pytest.mark.parametrize("image_id", ["7", "999"])
def test_an_image_without_a_sound_photograph_is_refused(source: Source, image_id: str) -> None:
    told = f"image {image_id} has no sound photograph"
    with pytest.raises(ValueError, match=told), source.loading("1", image_id):
        pass
