"""Rows and photographs of benchmarks: every form of file; what is wrong is told in one line."""

import base64
import csv
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.fetching import Fetcher
from evaluation.photograph_files import PhotographFiles
from evaluation.photographs import (
    PhotographStore,
    Reference,
    cells_of,
    check_photograph,
    photograph_bytes,
    photograph_size,
)
from evaluation.rows import ANY, open_copy
from evaluation.tables import read_rows
from tests.servers.web import serving

ROWS = [{"index": "0", "question": 'a "b"\n?'}, {"index": "1", "question": "c\td, e"}]
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"


def photograph(kind: str = "PNG", size: tuple[int, int] = (20, 10), **settings: Any) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(buffer, kind, **settings)
    return buffer.getvalue()


PNG = photograph()


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.suffix:
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=1)
        case ".arrow":
            table = pa.Table.from_pylist(rows)
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as out:
                out.write_table(table)
        case ".json":
            path.write_text(json.dumps(rows), encoding="utf-8")
        case ".jsonl":
            path.write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
        case ".csv" | ".tsv":
            with path.open("w", newline="", encoding="utf-8") as stream:
                delimiter = "," if path.suffix == ".csv" else "\t"
                writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
                writer.writeheader()
                writer.writerows(rows)
    return path


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "json", "jsonl", "csv", "tsv"])
def test_every_kind_of_file_has_the_same_rows(suffix, tmp_path):
    assert list(read_rows(write(tmp_path / f"rows.{suffix}", ROWS))) == ROWS


def test_what_datasets_saves_is_read(tmp_path):
    datasets = pytest.importorskip("datasets")
    image = Image.open(io.BytesIO(PNG))
    features = datasets.Features({"image": datasets.Image(), "index": datasets.Value("string")})
    rows = datasets.Dataset.from_list([{"image": image, "index": "0"}], features=features)
    datasets.DatasetDict({"val": rows, "train": rows}).save_to_disk(tmp_path / "saved")
    copy = open_copy(BENCHMARKS["stvqa_val"], tmp_path / "saved")
    ((place,),) = copy.parts()
    assert place.row["index"] == "0"
    data = photograph_bytes(place.row["image"], None, Fetcher(tmp_path))
    assert check_photograph(data) == (20, 10)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.parquet", b"PAR1", "cannot be read .*: get it again"),
        ("x.parquet", POINTER, "run `git lfs pull` there"),
        ("x.arrow", b"ARROW", "cannot be read"),
        ("x.json", b"{", "cannot be read"),
        ("x.json", b'{"rows": []}', "it is not a list of rows"),
        ("x.json", b"[1]", "one of its rows is not an object"),
        ("x.jsonl", b'{"a": 1}\n[2]\n', "one of its rows is not an object"),
        ("x.csv", b"a,b\n1,2,3\n", "line 2 has not as many cells as the first line"),
        ("x.tsv", b"a\tb\n1\n", "line 2 has not as many cells as the first line"),
        ("x.csv", b'a,b\n"1,2\n', "cannot be read"),
        ("x.csv", b"a,b\n\xff,2\n", "cannot be read"),
    ],
)
def test_a_file_that_is_no_table_is_told_in_one_line(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        list(read_rows(tmp_path / name))
    assert str(error.value).startswith(str(tmp_path / name))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "files", "expected"),
    [
        ("cv_bench", ["test_2d.parquet", "test_3d.parquet"], {"2D": 1, "3D": 1}),
        ("cv_bench", ["CV-Bench-2D.tsv", "CV-Bench-3D.tsv"], {"2D": 1, "3D": 1}),
        ("cv_bench", ["data/test-00000-of-00001.parquet"], {None: 1}),
        (
            "blink",
            [
                "Art_Style/val-00000-of-00001.parquet",
                "Relative_Depth/val-00000-of-00001.parquet",
                "Spatial_Relation/val-00000-of-00001.parquet",
            ],
            {"Spatial_Relation": 1, "Relative_Depth": 1},
        ),
        (
            "hallusionbench",
            ["data/image-00000-of-00001.parquet", "data/non_image-00000-of-00001.parquet"],
            {None: 1},
        ),
        ("vstar_bench", ["test_questions.jsonl", "direct_attributes/sa_1.json"], {None: 1}),
        (
            "stvqa_val",
            [f"data/{name}-00000-of-00001.parquet" for name in ("train", "val")]
            + ["ledger.parquet"],
            {None: 1},
        ),
        ("mmstar", ["mmstar.parquet", "dataset_info.json", ".cache/x.parquet"], {None: 1}),
        ("mmstar", ["val-0.parquet", "__validation__/rows.parquet"], {None: 1}),
        ("mmstar", ["data-00000-of-00001.arrow", "cache-1.arrow", "state.json"], {None: 1}),
        (
            "spatialbench",
            [f"{name}.json" for name in ("counting", "existence", "positional", "reach", "size")],
            {"counting": 1, "existence": 1, "positional": 1, "reach": 1, "size": 1},
        ),
    ],
)
def test_files_of_a_copy_are_told_apart_by_their_names(name, files, expected, tmp_path):
    for file in files:
        write(tmp_path / file, [{"index": file}])
    copy = open_copy(BENCHMARKS[name], tmp_path)
    assert {part.subset: len(found) for part, found in copy.tables} == expected


def test_one_file_may_hold_all_parts(tmp_path):
    file = write(tmp_path / "rows.tsv", ROWS)
    assert open_copy(BENCHMARKS["blink"], file).tables == ((ANY, (file,)),)
    part = write(tmp_path / "CV-Bench-3D.tsv", ROWS)
    ((found, _),) = open_copy(BENCHMARKS["cv_bench"], part).tables
    assert found.subset == "3D"


def test_a_folder_without_tables_is_told(tmp_path):
    (tmp_path / "README.md").write_text("nothing")
    with pytest.raises(FileNotFoundError, match=r"mmstar has no table at .*: name a \.parquet, "):
        open_copy(BENCHMARKS["mmstar"], tmp_path)


def test_photographs_are_what_decides_a_copy_too(tmp_path):
    write(tmp_path / "Questions.csv", ROWS)
    (tmp_path / "MMVP Images").mkdir()
    (tmp_path / "MMVP Images" / "1.jpg").write_bytes(PNG)
    names = [file.name for file in open_copy(BENCHMARKS["mmvp"], tmp_path).files]
    assert names == ["1.jpg", "Questions.csv"]


def test_photographs_come_in_every_known_form(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "in.png").write_bytes(PNG)
    with zipfile.ZipFile(tmp_path / "photographs.zip", "w") as archive:
        archive.writestr("hallusion_bench/VS/chart/0_1.png", PNG)
        archive.writestr("hallusion_bench/VS/DSC_0002.PNG", PNG)
    text = base64.b64encode(PNG).decode()
    files = PhotographFiles(tmp_path, tmp_path)
    with serving({"/p.png": PNG}) as site:
        for value in (
            PNG,
            bytearray(PNG),
            {"bytes": PNG, "path": None},
            {"bytes": None, "path": "a/b/in.png"},
            "./a/b/in.png",
            "a\\b\\in.png",
            "./VS/chart/0_1.png",
            "VS/DSC_0002.PNG",
            "hallusion_bench/VS/chart/0_1.png",
            text,
            f"{text[:40]}\n{text[40:]}\n",
            f"data:image/png;base64,{text}",
            f"{site.url}/p.png",
            f" {site.url}/p.png\n",  # a cell of a spreadsheet
            "\ta/b/in.png \n",
        ):
            fetcher = Fetcher(tmp_path / "cache", may_be_local=True)
            assert photograph_bytes(value, files, fetcher) == PNG, value
    opened = Image.open(io.BytesIO(PNG))
    assert check_photograph(bytes(photograph_bytes(opened, None, Fetcher(tmp_path)))) == (20, 10)
    assert photograph_bytes("17", files, Fetcher(tmp_path)) == Reference("17")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "it has no photograph"),
        ("", "it has no photograph"),
        ({"bytes": None, "path": None}, "it has no photograph"),
        (17, "it has no photograph"),
        ("../outside.png", "lies outside of the copy"),
        ("/etc/passwd", "lies outside of the copy"),
        ("a/../../outside.png", "lies outside of the copy"),
        ("link.png", "is a link that leads out of the copy"),
        ("none.png", "is not in the copy: name the folder that holds both in path"),
        ("ftp://example.org/p.png", "is not an http or https address"),
        ("\0.png", "is not in the copy"),
        ("@" * 400, "is not base64 .a character that base64 lacks.: get the file again"),
        ("QUJD" * 20 + "Q", "is not base64"),
    ],
)
def test_a_photograph_that_is_not_there_is_told_in_one_line(value, message, tmp_path):
    (tmp_path / "outside.png").write_bytes(PNG)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "link.png").symlink_to(tmp_path / "outside.png")
    with pytest.raises(ValueError, match=message) as error:
        photograph_bytes(value, PhotographFiles(copy, copy), Fetcher(tmp_path))
    assert "\n" not in str(error.value)


def test_archives_that_are_broken_are_told(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK\3\4 and nothing more")
    with pytest.raises(ValueError, match=r"x.zip cannot be read .*: get it again"):
        PhotographFiles(tmp_path, tmp_path).read("a.png")


def test_several_photographs_may_be_in_one_cell():
    assert cells_of(["a", "b"]) == ["a", "b"]
    assert cells_of("['a', 'b']") == ["a", "b"]
    assert cells_of({"bytes": b"x", "path": None}) == [{"bytes": b"x", "path": None}]
    assert cells_of(b"[1]") == [b"[1]"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_sizes_are_read_from_headers(kind):
    data = photograph(kind, (64, 48))
    assert photograph_size(data) == check_photograph(data) == (64, 48)


@pytest.mark.parametrize("kind", ["BMP", "GIF", "TIFF", "EPS", "ICO", "PPM"])
def test_only_the_decoders_of_photographs_are_tried(kind):
    for read in (photograph_size, check_photograph):
        with pytest.raises(ValueError, match="cannot be read as JPEG, PNG or WebP: convert it"):
            read(photograph(kind, (64, 48)))


def test_a_turn_that_exif_asks_for_is_not_made():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert check_photograph(photograph("JPEG", (64, 48), exif=exif)) == (64, 48)


def test_photographs_without_colours_or_with_transparency_are_sound():
    for mode, kind in (("L", "JPEG"), ("CMYK", "JPEG"), ("P", "PNG"), ("RGBA", "PNG")):
        buffer = io.BytesIO()
        Image.new(mode, (9, 7)).save(buffer, kind)
        assert check_photograph(buffer.getvalue()) == (9, 7)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "its photograph .0 bytes. cannot be read as JPEG, PNG or WebP"),
        (b"not a photograph", "its photograph .16 bytes. cannot be read as JPEG, PNG or WebP"),
        (photograph("PNG", (200, 200))[:-500], "is damaged .*: get it again"),
        (photograph("JPEG", (200, 200))[:-2000], "is damaged .*: get it again"),
        (POINTER, "run `git lfs pull` there"),
    ],
)
def test_a_damaged_photograph_is_told_in_one_line(data, message):
    with pytest.raises(ValueError, match=message) as error:
        check_photograph(data)
    assert "\n" not in str(error.value)


def test_a_photograph_that_is_too_large_is_told_in_one_line():
    header = bytearray(photograph("PNG", (9, 9)))
    header[16:24] = struct.pack(">II", 20_000, 20_000)
    header[29:33] = struct.pack(">I", zlib.crc32(header[12:29]))
    with pytest.raises(ValueError, match="has more than 178,956,970 pixels"):
        check_photograph(bytes(header))


def test_the_store_keeps_a_photograph_once_and_knows_when_it_changed(tmp_path):
    store = PhotographStore(tmp_path)
    digest = store.put(PNG)
    assert store.put(PNG) == digest
    assert store.read(digest) == PNG
    assert [path.name for path in (tmp_path / "images").rglob("*") if path.is_file()] == [digest]
    store.path(digest).write_bytes(b"other")
    with pytest.raises(ValueError, match="is gone or damaged: run the same command again"):
        store.read(digest)
