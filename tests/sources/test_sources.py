import io
import json
import math
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from schemas.config.margins import IngestConfig
from schemas.config.source import SourceConfig
from tasks.ingest import stage as ingest_stage
from tasks.ingest.scenes import clean_scenes
from tasks.sources import stage as index_stage
from tasks.sources.files import digest_files, find_files, with_stand_ins
from tasks.sources.shard import find_source, read_shard
from tasks.sources.vg150 import embedded_photographs, index_rows, name_of, read_scenes
from tasks.sources.visual_genome.files import find_annotations, index_annotations
from tasks.stage import shard_names
from tests.stages import after, build_of

NAN, INFINITY = math.nan, math.inf
FILES = ("image_data", "objects", "attributes", "relationships")
FRAME = {"width": 100, "height": 80}


def thing(object_id: int, name: str = "dog", box: tuple = (10, 10, 20, 20), **more) -> dict:
    x, y, w, h = box
    return {"object_id": object_id, "names": [name], "x": x, "y": y, "w": w, "h": h, **more}


def link(number: int, subject: dict, predicate: str, object_: dict) -> dict:
    ends = [{**end, "name": end["names"][0]} for end in (subject, object_)]
    return {
        "relationship_id": number,
        "predicate": predicate,
        "subject": ends[0],
        "object": ends[1],
    }


DOG, TREE = thing(1), thing(2, "tree", (40, 10, 30, 60))
ANNOTATIONS = {
    "image_data": [{"image_id": 1, **FRAME, "url": "http://x/VG_100K/1.jpg", "coco_id": 9}],
    "objects": [{"image_id": 1, "objects": [DOG, TREE]}],
    "attributes": [{"image_id": 1, "attributes": [{"object_id": 1, "attributes": ["wet"]}]}],
    "relationships": [{"image_id": 1, "relationships": [link(7, DOG, "NEAR", TREE)]}],
}
GRAPH = {
    **FRAME,
    "objects": {
        "1": {"name": "dog", "x": 10, "y": 10, "w": 20, "h": 20, "attributes": ["wet"],
              "relations": [{"name": "near", "object": "2"}]},
        "2": {"name": "tree", "x": 40, "y": 10, "w": 30, "h": 60},
    },
}  # fmt: skip
ROW = {
    "image_id": "1",
    **FRAME,
    "objects": json.dumps(
        [{"id": "dog.1", "bbox": [10, 10, 30, 30]}, {"id": "tree.2", "bbox": [40, 10, 70, 70]}]
    ),
    "relationships": json.dumps([{"subject": "dog.1", "predicate": "near", "object": "tree.2"}]),
}
FACTS = [("1", 100, 80, "dog", (10, 10, 30, 30)), ("1", 100, 80, "tree", (40, 10, 70, 70))]


def write(folder: Path, **files: object) -> Path:
    """Files of Visual Genome by role: bytes as they are, anything else as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for role, content in (ANNOTATIONS | files).items():
        if content is not None:
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            (folder / f"{role}.json").write_bytes(data)
    return folder


def write_lines(path: Path, *rows: dict | str) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_parquet(path: Path, *rows: dict, schema: dict | None = None) -> Path:
    table = pa.Table.from_pylist(list(rows))
    for name, kind in (schema or {}).items():
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(kind))
    pq.write_table(table, path)
    return path


def pack(path: Path, **members: bytes | object) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            archive.writestr(name, data)
    return path


def photograph(width: int = 100, height: int = 80, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 40)).save(buffer, kind)
    return buffer.getvalue()


def huge_png(side: int = 60_000) -> bytes:
    """A small PNG whose header says that it is huge."""
    data = bytearray(photograph(kind="PNG"))
    data[16:24] = struct.pack(">II", side, side)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def read(kind: str, path: Path, root: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scenes and the whole ledger of a source, through all the code that a build runs."""
    source = SourceConfig(kind=kind, path=str(path))
    build = after(build_of(root, source), index_stage.STAGE)
    (index,), num_images = build.made["index"], build.num_images
    parts = [
        clean_scenes(read_shard(index, shard, source, root), IngestConfig())
        for shard in shard_names(num_images, 1)
    ]
    first = pl.read_parquet(index.with_suffix(".ledger.parquet"))
    scenes = pl.concat([scenes for scenes, _ in parts])
    return scenes, pl.concat([first, *(ledger for _, ledger in parts)])


def facts(scenes: pl.DataFrame) -> list[tuple]:
    return [
        (row["image_id"], row["width"], row["height"], entry["name"],
         (entry["x1"], entry["y1"], entry["x2"], entry["y2"]))
        for row in scenes.iter_rows(named=True) for entry in row["objects"]
    ]  # fmt: skip


def triplets(scenes: pl.DataFrame) -> list[tuple]:
    found = []
    for row in scenes.iter_rows(named=True):
        names = {entry["object_id"]: entry["name"] for entry in row["objects"]}
        found += [
            (names[entry["subject"]], entry["predicate"], names[entry["object"]])
            for entry in row["relationships"]
        ]
    return found


def drops(ledger: pl.DataFrame) -> list[tuple[str, str, str]]:
    rows = ledger.filter(pl.col("action") == "drop")
    return rows.select("image_id", "item", "reason").sort(pl.all()).rows()


# The forms that a source comes in


def test_visual_genome_files_become_scenes(tmp_path):
    scenes, ledger = read("visual-genome", write(tmp_path / "vg"), tmp_path)
    assert facts(scenes) == FACTS
    assert triplets(scenes) == [("dog", "near", "tree")]
    assert scenes["objects"][0][0]["attributes"] == ["wet"]
    assert scenes.select("coco_id", "photograph", "has_frame").rows() == [(9, "1.jpg", True)]
    assert drops(ledger) == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://x/VG_100K/1.jpg?size=large&key=a/b.jpg", "1.jpg"),
        ("https://x/my%20dog.jpg", "my dog.jpg"),
        ("https://x/1.jpg#top", "1.jpg"),
        ("https://x/1.jpg/", "1.jpg"),
        ("dog#1.jpg", "dog#1.jpg"),
        ("http://[x/1.jpg?a", "1.jpg"),
        ("https://x/2.TIFF", "2.TIFF"),
    ],
)
def test_the_name_of_a_photograph_is_read_from_its_address(url, name, tmp_path):
    (image,) = ANNOTATIONS["image_data"]
    folder = write(tmp_path / "vg", image_data=[image | {"url": url}])
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert scenes["photograph"].to_list() == [name]
    assert drops(ledger) == []


def test_version_1_0_names_images_and_objects_by_id(tmp_path):
    def short(entry: dict) -> dict:
        return {"id": entry["object_id"], **{k: v for k, v in entry.items() if k != "object_id"}}

    relationship = {
        "id": 7, "predicate": "near",
        "subject": {**short(DOG), "name": "dog"}, "object": {**short(TREE), "name": "tree"},
    }  # fmt: skip
    folder = write(
        tmp_path / "vg",
        image_data=None,
        objects=[{"id": 1, "objects": [short(DOG), short(TREE)]}],
        attributes=[{"id": 1, "attributes": [{"id": 1, "attributes": ["wet"]}]}],
        relationships=[{"id": 1, "relationships": [relationship]}],
    )
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert facts(scenes) == [(image, 70, 70, name, box) for image, _, _, name, box in FACTS]
    assert triplets(scenes) == [("dog", "near", "tree")]
    assert scenes["has_frame"].to_list() == [False]
    assert ledger["reason"].to_list() == ["frame-inferred"]


@pytest.mark.parametrize("merged", [[], [5], [5.0], [5, 1058549.0, 7.0]])
def test_version_1_4_takes_boxes_from_relationship_ends_where_they_are_boxes(tmp_path, merged):
    dog, tree = (
        thing(key, name, merged_object_ids=merged) for key, name in ((1, "dog"), (2, "tree"))
    )
    better = {**dog, "x": 50}
    broken = {**tree, "w": 0}
    folder = write(
        tmp_path / "vg",
        objects=[{"image_id": 1, "objects": [dog, tree]}],
        relationships=[{"image_id": 1, "relationships": [link(7, better, "near", broken)]}],
    )
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert [box for *_, box in facts(scenes)] == [(50, 10, 70, 30), (10, 10, 30, 30)]
    assert ledger["reason"].to_list() == ["box-from-relationship"]


def test_other_versions_keep_their_own_boxes(tmp_path):
    relationships = [link(7, {**DOG, "x": 50}, "near", TREE)]
    folder = write(tmp_path / "vg", relationships=[{"image_id": 1, "relationships": relationships}])
    assert facts(read("visual-genome", folder, tmp_path)[0]) == FACTS


@pytest.mark.parametrize(
    "names",
    [
        {role: f"{role}.json.zip" for role in FILES},
        {role: f"{role}_v1_2.json.zip" for role in FILES},
        dict.fromkeys(FILES, "all.zip"),
    ],
)
def test_official_archives_are_read_as_the_files_in_them(tmp_path, names):
    folder = tmp_path / "vg"
    folder.mkdir()
    for archive in set(names.values()):
        inside = [role for role in FILES if names[role] == archive]
        pack(folder / archive, **{f"{role}.json": ANNOTATIONS[role] for role in inside})
    pack(folder / "images.zip", **{"VG_100K/1.jpg": photograph()})
    scenes, _ = read("visual-genome", folder, tmp_path / "zips")
    other, _ = read("visual-genome", write(tmp_path / "plain"), tmp_path / "files")
    assert scenes.equals(other)


def test_a_file_beside_its_archive_is_read_instead_of_it(tmp_path):
    folder = write(tmp_path / "vg")
    pack(folder / "objects.json.zip", **{"objects.json": [{"image_id": 5, "objects": [DOG]}]})
    assert facts(read("visual-genome", folder, tmp_path)[0]) == FACTS


def test_folders_that_a_glob_names_are_read_together(tmp_path):
    write(tmp_path / "part1")
    parts = {role: [{**record, "image_id": 2} for record in ANNOTATIONS[role]] for role in FILES}
    write(tmp_path / "part2", **parts)
    scenes, _ = read("visual-genome", tmp_path / "part*" / "*.json", tmp_path)
    assert scenes["image_id"].to_list() == ["1", "2"]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_vg150_rows_become_scenes(tmp_path, suffix):
    writer = write_lines if suffix == "jsonl" else write_parquet
    scenes, ledger = read("vg150", writer(tmp_path / f"rows.{suffix}", ROW), tmp_path)
    assert facts(scenes) == FACTS
    assert triplets(scenes) == [("dog", "near", "tree")]
    assert drops(ledger) == []


@pytest.mark.parametrize("kind", ["struct", "bytes"])
def test_vg150_sizes_come_from_the_photographs_where_rows_have_none(tmp_path, kind):
    sound = photograph(120, 90)
    images = {"1": sound, "2": sound[:-20], "3": huge_png(90_000), "4": b"text", "5": None}
    rows = [
        {"image_id": key, "objects": ROW["objects"], "relationships": "[]",
         "image": {"bytes": data, "path": None} if kind == "struct" else data}
        for key, data in images.items()
    ]  # fmt: skip
    scenes, _ = read("vg150", write_parquet(tmp_path / "rows.parquet", *rows), tmp_path)
    assert scenes.select("image_id", "width", "height", "has_frame").rows() == [
        ("1", 120, 90, True),
        ("2", 120, 90, True),
        ("3", 70, 70, False),
        ("4", 70, 70, False),
        ("5", 70, 70, False),
    ]


def test_vg150_sizes_in_the_rows_are_not_overruled_by_photographs(tmp_path):
    rows = [{**ROW, "image": {"bytes": photograph(120, 90), "path": None}}]
    scenes, _ = read("vg150", write_parquet(tmp_path / "rows.parquet", *rows), tmp_path)
    assert scenes.select("width", "height").rows() == [(100, 80)]


@pytest.mark.parametrize(
    ("object_id", "name"),
    [
        ("man.3", "man"), ("traffic_light.12", "traffic_light"), ("man", "man"),
        ("st. bernard.1", "st. bernard"), ("st. bernard", "st. bernard"), ("", ""), (".3", ""),
    ],
)  # fmt: skip
def test_vg150_ids_hold_names(object_id, name):
    assert name_of(object_id) == name


def test_vg150_ends_without_a_number_find_their_objects(tmp_path):
    objects = [{"id": "dog", "bbox": [1, 1, 30, 30]}, {"id": "tree", "bbox": [40, 1, 70, 70]}]
    link = [{"subject": "dog", "predicate": "near", "object": "tree"}]
    row = ROW | {"objects": json.dumps(objects), "relationships": json.dumps(link)}
    scenes, ledger = read("vg150", write_lines(tmp_path / "rows.jsonl", row), tmp_path)
    assert triplets(scenes) == [("dog", "near", "tree")]
    assert drops(ledger) == []


def test_gqa_graphs_become_scenes(tmp_path):
    path = tmp_path / "graphs.json"
    path.write_text(json.dumps({"1": GRAPH}))
    scenes, ledger = read("gqa", path, tmp_path)
    assert facts(scenes) == FACTS
    assert triplets(scenes) == [("dog", "near", "tree")]
    assert scenes["objects"][0][0]["attributes"] == ["wet"]
    assert drops(ledger) == []


@pytest.mark.parametrize("keys", [("3", "03"), ("3", "٣"), ("3", "a"), ("9" * 30, "1")])
def test_gqa_ids_that_are_no_plain_numbers_stay_apart(tmp_path, keys):
    objects = dict(
        zip(
            keys,
            (
                {"name": "dog", "x": 1, "y": 1, "w": 20, "h": 20},
                {"name": "tree", "x": 40, "y": 1, "w": 20, "h": 20},
            ),
            strict=True,
        )
    )
    path = tmp_path / "graphs.json"
    path.write_text(json.dumps({"1": {**FRAME, "objects": objects}}))
    scenes, ledger = read("gqa", path, tmp_path)
    assert [name for *_, name, _ in facts(scenes)] == ["dog", "tree"]
    assert drops(ledger) == []


@pytest.mark.parametrize(
    ("mark", "before", "after_"),
    [
        (b"\xef\xbb\xbf", b"", b""),
        (b"", b"\\ud83d", b""),
        (b"", b"", b" \\uDE00"),
        (b"", b"\\ud83d\\ude00 \\ud83d", b""),
    ],
)
def test_marks_of_the_encoding_and_half_characters_cost_nothing_else(
    mark, before, after_, tmp_path
):
    """Of Visual Genome and GQA alike."""
    files = {
        "visual-genome": write(tmp_path / "vg", relationships=b"[]") / "objects.json",
        "gqa": tmp_path / "graphs.json",
    }
    files["gqa"].write_text(json.dumps({"1": GRAPH}))
    for kind, path in files.items():
        text = path.read_bytes()
        assert text.count(b'"dog"') == 1
        path.write_bytes(mark + text.replace(b'"dog"', b'"' + before + b"dog" + after_ + b'"'))
        place = path if kind == "gqa" else path.parent
        scenes, ledger = read(kind, place, tmp_path / f"{kind}-root")
        assert [found for *_, found, _ in facts(scenes)] == ["dog", "tree"]
        assert drops(ledger) == []


@pytest.mark.parametrize("name", [b"d\xf6g", b"d\x80g", b"dog\xff"])
def test_a_name_in_another_encoding_costs_only_its_object(name, tmp_path):
    """Of Visual Genome and GQA alike."""
    files = {
        "visual-genome": write(tmp_path / "vg", relationships=b"[]") / "objects.json",
        "gqa": tmp_path / "graphs.json",
    }
    files["gqa"].write_text(json.dumps({"1": GRAPH, "2": GRAPH}))
    for kind, path in files.items():
        path.write_bytes(path.read_bytes().replace(b'"dog"', b'"' + name + b'"', 1))
        place = path if kind == "gqa" else path.parent
        scenes, ledger = read(kind, place, tmp_path / f"{kind}-root")
        found = [found for *_, found, _ in facts(scenes)]
        assert found == ["tree", *(["dog", "tree"] if kind == "gqa" else [])]
        assert ledger.filter(reason="objects-unreadable")["image_id"].to_list() == ["1"]


@pytest.mark.parametrize("graph", [{}, FRAME, {"objects": {}}])
def test_a_gqa_graph_without_objects_costs_only_itself(graph, tmp_path):
    path = tmp_path / "graphs.json"
    path.write_text(json.dumps({"1": graph, "2": GRAPH}))
    scenes, ledger = read("gqa", path, tmp_path)
    assert scenes["image_id"].to_list() == ["2"]
    assert drops(ledger) == [("1", "image", "no-objects")]


# Bad files: one line that says what was found, where, and what to do


DEEP = b"[" * 10_000 + b"]" * 10_000


@pytest.mark.parametrize(
    ("role", "content", "message"),
    [
        ("objects", json.dumps(ANNOTATIONS["objects"]).encode()[:-9], "not complete JSON"),
        ("relationships", b'[{"image_id": 1}', "not complete JSON"),
        ("image_data", b"", "image_data.json is empty"),
        ("objects", "[]".encode("utf-16"), "is written in UTF-16 or UTF-32: save it as UTF-8"),
        ("objects", "[]".encode("utf-16-be"), "is written in UTF-16 or UTF-32: save it as UTF-8"),
        ("objects", "[]".encode("utf-32-le"), "is written in UTF-16 or UTF-32: save it as UTF-8"),
        ("objects", bytes(9), "not complete JSON"),
        ("objects", b"<html>", "not complete JSON"),
        ("objects", b"{}", "has another shape: expected a list"),
        ("attributes", b'"text"', "has another shape: expected a list"),
        ("objects", DEEP, "nested too deep"),
        ("objects", None, "no objects.json"),
    ],
)
def test_a_bad_visual_genome_file_is_refused_in_one_line(tmp_path, role, content, message):
    folder = write(tmp_path / "vg", **{role: content})
    refused("visual-genome", folder, message)


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"[]", ""), (b"[1, 2]", "image-unreadable"), (b"[null]", "image-unreadable")],
)
def test_a_source_without_an_image_is_refused(tmp_path, content, problem):
    folder = write(tmp_path / "vg", objects=content, relationships=b"[]")
    refused("visual-genome", folder, f"holds no annotated image.*{problem}")


def test_a_row_whose_id_is_nan_is_told_as_such(tmp_path):
    path = write_lines(tmp_path / "r.jsonl", ROW, ROW | {"image_id": NAN})
    scenes, ledger = read("vg150", path, tmp_path)
    assert facts(scenes) == FACTS
    (detail,) = ledger.filter(reason="image-unreadable")["detail"]
    assert "got NaN, an infinity or an object" in detail


def test_a_gap_among_ids_that_are_numbers_is_no_id(tmp_path):
    path = tmp_path / "rows.parquet"
    pl.DataFrame([ROW | {"image_id": one} for one in (1.0, NAN, INFINITY)]).write_parquet(path)
    scenes, ledger = read("vg150", path, tmp_path)
    assert facts(scenes) == FACTS
    lost = ledger.filter(reason="image-unreadable")["detail"].to_list()
    assert lost == [f"rows.parquet: row {row}: no image id" for row in (1, 2)]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ({"image_id": "kitchen_001"}, "image_id 'kitchen_001' is no whole number"),
        ({"id": "kitchen_001"}, "id 'kitchen_001' is no whole number"),
        ({"image_id": 2**70}, f"image_id {2**70} is no whole number"),
        ({"image_id": NAN}, r"image_id \(NaN, an infinity or an object\) is no whole number"),
        ({"id": -INFINITY}, r"id \(NaN, an infinity or an object\) is no whole number"),
        ({"file": "1.jpg"}, "no image_id"),
    ],
)
def test_an_image_id_that_cannot_be_read_is_shown(tmp_path, key, told):
    folder = write(
        tmp_path / "vg",
        image_data=None,
        objects=[{**key, "objects": [DOG, TREE]}],
        attributes=None,
        relationships=None,
    )
    refused("visual-genome", folder, rf"image-unreadable: objects\.json: record 0: {told}\)")


def refused(kind: str, path: Path, message: str) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=message) as caught:
        read(kind, path, path.parent / "root")
    assert type(caught.value) in (ValueError, FileNotFoundError)
    assert "\n" not in str(caught.value)
    assert str(path.parent) in str(caught.value)


@pytest.mark.parametrize("path", ["nowhere", "nowhere/*.json", "~nobody-at-all/x", "empty"])
def test_a_path_without_files_is_refused(tmp_path, path):
    (tmp_path / "empty").mkdir()
    place = path if path.startswith("~") else str(tmp_path / path)
    with pytest.raises(FileNotFoundError, match="no file at"):
        find_files(place)


def test_of_a_folder_of_folders_the_one_that_holds_the_files_is_asked_for(tmp_path):
    (tmp_path / "coco" / "annotations").mkdir(parents=True)
    (tmp_path / "coco" / "annotations" / "instances.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match="name the folder that holds the files"):
        find_files(str(tmp_path / "coco"))


@pytest.mark.parametrize("kind", ["vg150", "gqa"])
def test_a_folder_without_the_right_files_is_refused(tmp_path, kind):
    (tmp_path / "notes.txt").write_text("hello")
    refused(kind, tmp_path, "no .* file at")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (("objects.json", "objects_v1_2.json"), "holds objects twice, in objects.json and obj"),
        (("objects.json.zip", "objects_v1_2.json.zip"), "holds objects twice, in objects.json.zip"),
    ],
)
def test_two_versions_in_one_folder_are_refused(tmp_path, files, message):
    folder = write(tmp_path / "vg", objects=None)
    for name in files:
        if name.endswith(".zip"):
            pack(folder / name, **{name.removesuffix(".zip"): ANNOTATIONS["objects"]})
        else:
            (folder / name).write_text(json.dumps(ANNOTATIONS["objects"]))
    refused("visual-genome", folder, message)


@pytest.mark.parametrize("kind", ["visual-genome", "vg150", "gqa", "coco"])
def test_hidden_files_of_a_folder_are_not_read(tmp_path, kind):
    """macOS writes one beside each file on a disk of another system."""
    image = {"id": 1, **FRAME, "file_name": "1.jpg"}
    boxed = {"image_id": 1, "category_id": 18, "bbox": [10, 10, 20, 20]}
    whole = {"images": [image], "annotations": [boxed], "categories": [{"id": 18, "name": "dog"}]}
    made = {"vg150": ("a.jsonl", ROW), "gqa": ("a.json", {"1": GRAPH}), "coco": ("a.json", whole)}
    if kind in made:
        (tmp_path / made[kind][0]).write_text(json.dumps(made[kind][1]))
    else:
        write(tmp_path)
    for path in [*tmp_path.iterdir()]:
        path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
    scenes, ledger = read(kind, tmp_path, tmp_path / "root")
    assert facts(scenes)[:1] == FACTS[:1] and drops(ledger) == []


def test_archives_of_windows_may_write_backslashes(tmp_path):
    members = {f"vg\\{role}.json": ANNOTATIONS[role] for role in FILES}
    pack(tmp_path / "vg.zip", **members)
    scenes, _ = read("visual-genome", tmp_path, tmp_path / "root")
    assert facts(scenes) == FACTS


@pytest.mark.parametrize(
    "columns",
    [
        {"image_id": pa.array(["1"], pa.string_view())},
        {"image_id": pa.array([1.0])},
        {"objects": pa.array([ROW["objects"]]).dictionary_encode()},
        {"objects": pa.array([ROW["objects"]], pa.string_view())},
        {"width": pa.array([100.0]), "height": pa.array([80]).cast(pa.decimal128(30, 2))},
    ],
)
def test_vg150_columns_may_be_of_each_type_that_holds_the_same(tmp_path, columns):
    table = pa.Table.from_pylist([ROW])
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, values)
    pq.write_table(table, tmp_path / "rows.parquet")
    scenes, _ = read("vg150", tmp_path, tmp_path / "root")
    assert facts(scenes) == FACTS


@pytest.mark.parametrize("kind", [pa.binary_view(), pa.dictionary(pa.int32(), pa.binary())])
def test_vg150_photographs_are_found_in_each_type_of_bytes(tmp_path, kind):
    table = pa.Table.from_pylist([ROW]).drop_columns(["width", "height"])
    plain = pa.array([photograph()])
    images = plain.dictionary_encode() if pa.types.is_dictionary(kind) else plain.cast(kind)
    path = tmp_path / "rows.parquet"
    pq.write_table(table.append_column("image", images), path)
    assert embedded_photographs([path]) == {"1": (path, 0)}
    scenes, _ = read("vg150", path, tmp_path / "root")
    assert facts(scenes) == FACTS


def test_vg150_with_a_column_twice_is_refused(tmp_path):
    table = pa.Table.from_pylist([ROW])
    pq.write_table(table.append_column("objects", table["objects"]), tmp_path / "rows.parquet")
    refused("vg150", tmp_path / "rows.parquet", "has two columns objects: keep one of them")


def test_frames_of_a_gqa_graph_may_be_floats(tmp_path):
    path = tmp_path / "graphs.json"
    path.write_text(json.dumps({"1": GRAPH | {"width": 100.0, "height": 80.0}}))
    scenes, ledger = read("gqa", path, tmp_path / "root")
    assert facts(scenes) == FACTS and ledger.is_empty()


def hostile_zip(path: Path, name: str, link: bool = False) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("placeholder")
        entry.filename = name
        if link:
            entry.create_system = 3
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, json.dumps(ANNOTATIONS["objects"]))
    return path


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("../objects.json", False),
        ("a/../../objects.json", False),
        ("/etc/objects.json", False),
        ("..\\objects.json", False),
        ("C:\\objects.json", False),
        ("C:objects.json", False),
        ("objects.json", True),
    ],
)
def test_archives_that_point_outside_are_refused(tmp_path, name, link):
    folder = write(tmp_path / "vg", objects=None)
    hostile_zip(folder / "objects.json.zip", name, link)
    refused("visual-genome", folder, "points outside the archive: do not use this file")
    assert not list(tmp_path.rglob("*-objects.json"))


def damage(data: bytes, kind: str) -> bytes:
    broken = bytearray(data)
    if kind == "cut":
        return data[: len(data) // 2]
    if kind == "byte":
        broken[data.index(b"objects.json") + 40] ^= 0xFF
    if kind == "encrypted":
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            broken[data.index(mark) + place] |= 1
    if kind == "method":
        for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            broken[data.index(mark) + place] = 99
    if kind == "text":
        return b"<!doctype html><title>Sign in</title>"
    return b"" if kind == "empty" else bytes(broken)


@pytest.mark.parametrize("kind", ["cut", "byte", "encrypted", "method", "text", "empty"])
def test_damaged_archives_are_refused(tmp_path, kind):
    folder = write(tmp_path / "vg", objects=None)
    path = pack(folder / "objects.json.zip", **{"objects.json": ANNOTATIONS["objects"] * 9})
    path.write_bytes(damage(path.read_bytes(), kind))
    refused("visual-genome", folder, r"objects.json.zip.*: download it again")
    assert not list((tmp_path / "root").rglob("*objects.json*"))


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    folder = write(tmp_path / "vg", objects=None)
    pack(folder / "objects.json.zip", **{"objects.json": b"[" + b" " * 8_000_000 + b"]"})
    refused("visual-genome", folder, "would unpack from .* to 8,000,002 bytes: do not use")
    assert not list((tmp_path / "root").rglob("*objects.json*"))


def test_an_archive_is_unpacked_once_and_again_when_it_changes(tmp_path):
    folder = write(tmp_path / "vg", objects=None)
    archive = folder / "objects.json.zip"
    source = SourceConfig(kind="visual-genome", path=str(folder))
    pack(archive, **{"objects.json": ANNOTATIONS["objects"]})
    (first,) = find_source(source, tmp_path)["objects"]
    stamp = first.stat().st_mtime_ns
    assert find_source(source, tmp_path)["objects"] == [first]
    assert first.stat().st_mtime_ns == stamp
    pack(archive, **{"objects.json": [{"image_id": 1, "objects": [DOG]}]})
    (second,) = find_source(source, tmp_path)["objects"]
    assert second != first
    assert json.loads(second.read_bytes()) == [{"image_id": 1, "objects": [DOG]}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"1": ', "not complete JSON"),
        (b"[]", "expected an object: image id to graph"),
        (b"", "is empty: download it again"),
        (b"{}", "holds no annotated image"),
        (b'{"1":' + DEEP + b"}", "nested too deep"),
        (b'{"\xff": {}}', "not complete JSON"),
    ],
)
def test_a_bad_gqa_file_is_refused_in_one_line(tmp_path, content, message):
    path = tmp_path / "graphs.json"
    path.write_bytes(content)
    refused("gqa", path, message)


@pytest.mark.parametrize("column", ["image_id", "objects", "relationships"])
@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_vg150_rows_without_a_column_are_refused(tmp_path, column, suffix):
    row = {name: value for name, value in ROW.items() if name != column}
    writer = write_lines if suffix == "jsonl" else write_parquet
    refused("vg150", writer(tmp_path / f"rows.{suffix}", row), f"has no column {column}")


def test_vg150_columns_of_another_type_are_refused(tmp_path):
    path = write_parquet(tmp_path / "rows.parquet", ROW | {"objects": [1, 2]})
    refused("vg150", path, "in column objects: expected JSON as text")


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_empty_vg150_files_are_refused(tmp_path, suffix):
    path = tmp_path / f"rows.{suffix}"
    path.write_bytes(b"")
    refused("vg150", path, "download it again")


def test_damaged_parquet_is_refused_or_read_and_never_panics(tmp_path):
    row = ROW | {"image": {"bytes": photograph(), "path": "1.jpg"}}
    sound = write_parquet(
        tmp_path / "rows.parquet", *[row | {"image_id": str(i)} for i in range(9)]
    )
    data = sound.read_bytes()
    outcomes = Counter()
    for place in range(0, len(data), max(len(data) // 150, 1)):
        broken = bytearray(data)
        broken[place] ^= 0x5A
        sound.write_bytes(broken)
        try:
            index, _ = index_rows([sound])
            read_scenes(index, [sound])
            embedded_photographs([sound])
            outcomes["read"] += 1
        except ValueError as error:
            outcomes["refused"] += 1
            assert "\n" not in str(error)
    for stop in (4, 100, len(data) // 2, len(data) - 1):
        sound.write_bytes(data[:stop])
        refused("vg150", sound, "cannot be read .*: download it again")
    assert outcomes["refused"] > 10


# Bad records: a ledger row each, and the rest goes on


BAD_OBJECTS = [
    (thing(3, x=None), "objects-unreadable"),
    (thing(3, x="10"), "objects-unreadable"),
    (thing(3, w=10**400), "objects-unreadable"),
    (thing(2**70), "objects-unreadable"),
    (thing(3) | {"names": [5]}, "objects-unreadable"),
    ({"object_id": 3, "names": ["cup"]}, "objects-unreadable"),
    (5, "objects-unreadable"),
    (None, "objects-unreadable"),
    ([], "objects-unreadable"),
    (thing(3) | {"names": []}, "object-without-name"),
    (thing(3) | {"names": None}, "object-without-name"),
    (thing(3) | {"names": [None, " "]}, "object-without-name"),
    (thing(3, "\x00\x07\u200b"), "object-without-name"),
    (thing(None), "object-without-id"),
    (thing(2, "cup"), "duplicate-object-id"),
    (thing(3, box=(10, 10, 0, 20)), "box-empty"),
    (thing(3, box=(10, 10, -5, 20)), "box-empty"),
    (thing(3, box=(500, 10, 20, 20)), "box-outside"),
    (thing(3, box=(1e6, 10, 20, 20)), "box-unreadable"),
]


@pytest.mark.parametrize(
    ("named", "names"),
    [
        ({"names": None, "name": "cup"}, ["cup"]),
        ({"names": [], "name": "cup"}, ["cup"]),
        ({"names": [None, ""], "name": "cup"}, ["cup"]),
        ({"names": [" "], "name": "cup"}, ["cup"]),
        ({"names": ["mug"], "name": "cup"}, ["mug"]),
        ({"names": ["mug"], "name": 5}, ["mug"]),
        ({"names": "mug", "name": "cup"}, ["cup"]),
        ({"names": [5], "name": "cup"}, ["cup"]),
        ({"names": [None], "name": None}, []),
    ],
)
def test_a_thing_may_have_its_name_as_an_end_does(tmp_path, named, names):
    third = thing(3, box=(70, 30, 25, 15)) | named
    folder = write(tmp_path / "vg", objects=[{"image_id": 1, "objects": [DOG, TREE, third]}])
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert [name for _, _, _, name, _ in facts(scenes)] == ["dog", "tree", *names]
    is_odd = named["name"] == 5 or named["names"] in ("mug", [5])
    assert ("field-unreadable" in ledger["reason"]) == is_odd


@pytest.mark.parametrize("odd", [{"names": "dog"}, {"names": [5]}, {"name": 5}])
def test_names_of_an_end_that_cannot_be_read_cost_only_themselves(tmp_path, odd):
    entry = link(7, DOG, "near", TREE)
    entry["subject"] = entry["subject"] | odd
    folder = write(tmp_path / "vg", relationships=[{"image_id": 1, "relationships": [entry]}])
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert triplets(scenes) == [("dog", "near", "tree")]
    assert "field-unreadable" in ledger["reason"]


@pytest.mark.parametrize("is_object", [True, False])
def test_ids_of_things_may_be_texts(tmp_path, is_object):
    """As databases export keys, in one of the files or in both."""
    dog, tree = (one | {"object_id": str(one["object_id"])} for one in (DOG, TREE))
    objects = [dog, tree] if is_object else [DOG, TREE]
    folder = write(
        tmp_path / "vg",
        objects=[{"image_id": 1, "objects": objects}],
        relationships=[{"image_id": 1, "relationships": [link("7", dog, "near", tree)]}],
    )
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert facts(scenes) == FACTS and not drops(ledger)
    assert triplets(scenes) == [("dog", "near", "tree")]


@pytest.mark.parametrize(("entry", "reason"), BAD_OBJECTS)
def test_a_bad_object_is_dropped_alone_with_its_reason(tmp_path, entry, reason):
    folder = write(tmp_path / "vg", objects=[{"image_id": 1, "objects": [DOG, TREE, entry]}])
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert [name for _, _, name in drops(ledger)] == [reason]
    assert facts(scenes) == FACTS
    assert triplets(scenes) == [("dog", "near", "tree")]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"relationship_id": 8}, "relationships-unreadable"),
        (link(8, DOG, None, TREE), "predicate-empty"),
        (link(8, DOG, " . ", TREE), "predicate-empty"),
        (link(8, DOG, "\x00", TREE), "predicate-empty"),
        (link(8, DOG, 5, TREE), "relationships-unreadable"),
        (link(8, DOG, "on", TREE) | {"subject": None}, "relationships-unreadable"),
        (link(8, DOG, "on", TREE) | {"object": 2}, "relationships-unreadable"),
        (link(8, DOG, "on", TREE) | {"subject": {"object_id": 99}}, "dangling-end"),
        (link(8, DOG, "on", TREE) | {"subject": {"name": "dog"}}, "dangling-end"),
        (link(8, DOG, "on", thing(2, "zebra")), "end-name-differs"),
        (link(8, DOG, "on", DOG), "self-loop"),
        (link(8, DOG, "near", TREE), "duplicate-relationship"),
        (link(8, DOG, " Near\x07", TREE), "duplicate-relationship"),
        ("text", "relationships-unreadable"),
    ],
)
def test_a_bad_relationship_is_dropped_alone_with_its_reason(tmp_path, entry, reason):
    relationships = [link(7, DOG, "near", TREE), entry]
    folder = write(tmp_path / "vg", relationships=[{"image_id": 1, "relationships": relationships}])
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert [name for _, _, name in drops(ledger)] == [reason]
    assert facts(scenes) == FACTS
    assert triplets(scenes) == [("dog", "near", "tree")]


@pytest.mark.parametrize("name", [None, "", "  "])
def test_an_end_without_a_name_is_no_other_object(tmp_path, name):
    entry = link(7, DOG, "near", TREE)
    entry["subject"] = {**DOG, "names": None, "name": name}
    folder = write(tmp_path / "vg", relationships=[{"image_id": 1, "relationships": [entry]}])
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert triplets(scenes) == [("dog", "near", "tree")]
    assert drops(ledger) == []


def test_bad_records_cost_only_themselves(tmp_path):
    objects = [
        {"image_id": 1, "objects": [DOG, TREE]},
        {"image_id": 1, "objects": [thing(9, "cup")]},
        {"objects": [DOG]},
        {"image_id": "two", "objects": [DOG]},
        {"image_id": 0, "objects": [DOG]},
        {"image_id": 0, "objects": [TREE]},
        {"image_id": 3, "objects": None},
        {"image_id": 4},
        {"image_id": 5, "objects": []},
        7,
    ]
    image_data = [
        {"image_id": 0, "width": 0, "height": 10},
        ANNOTATIONS["image_data"][0],
        {"image_id": 6, **FRAME},
    ]
    attributes = [{"image_id": 8, "attributes": []}]
    folder = write(tmp_path / "vg", objects=objects, image_data=image_data, attributes=attributes)
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert scenes["image_id"].to_list() == ["0", "1"]
    assert drops(ledger) == sorted(
        [
            ("1", "objects[1]", "duplicate-image"),
            ("", "objects[2]", "image-unreadable"),
            ("", "objects[3]", "image-unreadable"),
            ("0", "image_data", "frame-unreadable"),
            ("0", "objects[5]", "duplicate-image"),
            ("3", "objects", "record-unreadable"),
            ("3", "image", "no-objects"),
            ("4", "objects", "record-unreadable"),
            ("4", "image", "no-objects"),
            ("5", "image", "no-objects"),
            ("", "objects[9]", "image-unreadable"),
            ("6", "image", "no-annotation"),
            ("8", "image", "no-annotation"),
        ]
    )


def test_what_msgspec_skips_does_not_stop_the_rest(tmp_path):
    """Fields that nobody reads may hold what another JSON reader refuses."""
    record = json.dumps(ANNOTATIONS["objects"][0])[:-1].encode()
    odd = b',"note":"\xff","big":' + b"9" * 400 + b',"deep":' + b"[" * 400 + b"]" * 400 + b"}"
    folder = write(tmp_path / "vg", objects=b"[" + record + odd + b"]")
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert facts(scenes) == FACTS
    assert drops(ledger) == []


@pytest.mark.parametrize(
    ("files", "lost"),
    [
        ({"objects": [DOG, TREE, thing(3, box=(NAN, 1, 2, 3))]}, "objects-unreadable"),
        ({"objects": [DOG, TREE, thing(3, box=(1, 1, -INFINITY, 3))]}, "objects-unreadable"),
        ({"objects": [DOG, TREE, thing(NAN)]}, "objects-unreadable"),
        ({"objects": [DOG, TREE, thing(3) | {"names": NAN}]}, "objects-unreadable"),
        ({"objects": [DOG, TREE, NAN]}, "objects-unreadable"),
        ({"objects": [DOG, TREE | {"depth": NAN}]}, "field-unreadable"),
        ({"objects": [DOG, TREE | {"unread": INFINITY}]}, None),
        ({"image_data": {**FRAME, "coco_id": NAN}}, "field-unreadable"),
        ({"image_data": {**FRAME, "url": NAN}}, "field-unreadable"),
        ({"attributes": [{"object_id": 1, "attributes": NAN}]}, "attributes-unreadable"),
        (
            {"relationships": [link(7, DOG, "NEAR", TREE), link(8, DOG, NAN, TREE)]},
            "relationships-unreadable",
        ),
    ],
)
def test_a_number_that_json_cannot_hold_costs_what_it_is_in(tmp_path, files, lost):
    """Beside a good image, whose texts that look like such numbers stay."""
    ((role, content),) = files.items()
    second = {"image_id": 2, **(content if role == "image_data" else {role: content})}
    annotations = {
        name: [*records, {**records[0], "image_id": 2}] for name, records in ANNOTATIONS.items()
    }
    annotations[role] = [
        {**ANNOTATIONS[role][0], "note": 'a "NaN", NaN, \\" -Infinity \\\\'},
        second,
    ]
    scenes, ledger = read("visual-genome", write(tmp_path / "vg", **annotations), tmp_path)
    assert facts(scenes)[:2] == FACTS
    assert facts(scenes)[2:] == [("2", *fact[1:]) for fact in FACTS]
    found = ledger.filter(pl.col("reason").str.ends_with("-unreadable"))
    assert found["reason"].to_list() == ([lost] if lost else [])
    told = ("NaN, an infinity or an object", "missing required field")
    assert all(any(part in detail for part in told) for detail in found["detail"])


def test_a_number_that_json_cannot_hold_costs_one_thing_of_a_graph(tmp_path):
    bad = GRAPH["objects"]["2"] | {"x": NAN}
    graph = {**GRAPH, "objects": {**GRAPH["objects"], "3": bad}}
    path = tmp_path / "graphs.json"
    path.write_text(json.dumps({"1": GRAPH, "2": graph}))
    scenes, ledger = read("gqa", path, tmp_path)
    assert facts(scenes) == [*FACTS, *(("2", *fact[1:]) for fact in FACTS)]
    assert drops(ledger) == [("2", "object 3", "objects-unreadable")]


def test_a_number_that_json_cannot_hold_costs_one_thing_of_a_row(tmp_path):
    objects = ROW["objects"][:-1] + ', {"id": "cup.3", "bbox": [NaN, 1, 2, 3]}]'
    path = write_lines(tmp_path / "rows.jsonl", ROW, ROW | {"image_id": "2", "objects": objects})
    scenes, ledger = read("vg150", path, tmp_path)
    assert facts(scenes) == [*FACTS, *(("2", *fact[1:]) for fact in FACTS)]
    assert drops(ledger) == [("2", "objects[2]", "objects-unreadable")]


def test_a_record_nested_too_deep_is_dropped_alone(tmp_path):
    deep = b'{"image_id": 2, "objects": [' + b"[" * 700 + b"]" * 700 + b"]}"
    good = json.dumps(ANNOTATIONS["objects"][0]).encode()
    folder = write(tmp_path / "vg", objects=b"[" + good + b"," + deep + b"]")
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert facts(scenes) == FACTS
    assert ("2", "image", "no-objects") in drops(ledger)


@pytest.mark.parametrize(
    ("change", "expected", "kept"),
    [
        ({"objects": None}, [("2", "image", "record-unreadable")], 0),
        ({"objects": "["}, [("2", "image", "record-unreadable")], 0),
        ({"objects": "{}"}, [("2", "image", "record-unreadable")], 0),
        ({"objects": '[{"id": "a.1", "bbox": [NaN, 0, 1, 1]}]'},
         [("2", "image", "no-objects"), ("2", "objects[0]", "objects-unreadable"),
          ("2", "relationship 1", "dangling-end")], 0),
        ({"objects": ROW["objects"][:-1] + ', {"id": "cup.3"}, 5]'},
         [("2", "objects[2]", "objects-unreadable"), ("2", "objects[3]", "objects-unreadable")], 2),
        ({"objects": ROW["objects"][:-1] + ', {"id": "c.3", "bbox": [1, 2, 1e400, 4]}]'},
         [("2", "objects[2]", "objects-unreadable")], 2),
        ({"objects": ROW["objects"][:-1] + ', {"id": "dog.1", "bbox": [1, 2, 3, 4]}]'},
         [("2", "object 1", "duplicate-object-id")], 2),
        ({"relationships": None}, [("2", "relationships", "record-unreadable")], 2),
        ({"relationships": "nope"}, [("2", "relationships", "record-unreadable")], 2),
        ({"relationships": '[{"subject": "dog.1", "predicate": "on", "object": "cat.7"}]'},
         [("2", "relationship 1", "dangling-end")], 2),
        ({"width": -3}, [], 2),
        ({"width": None}, [], 2),
        ({"width": 10**7}, [], 2),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_a_bad_vg150_row_costs_only_itself(tmp_path, change, expected, kept, suffix):
    writer = write_lines if suffix == "jsonl" else write_parquet
    path = writer(tmp_path / f"rows.{suffix}", ROW, ROW | {"image_id": "2"} | change)
    scenes, ledger = read("vg150", path, tmp_path)
    assert drops(ledger) == expected
    sizes = dict(scenes.select("image_id", pl.col("objects").list.len()).iter_rows())
    assert sizes == {"1": 2} | ({"2": kept} if kept else {})
    if "width" in change:
        assert scenes["has_frame"].to_list() == [True, False]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_vg150_rows_without_an_id_or_with_a_known_one_are_dropped(tmp_path, suffix):
    writer = write_lines if suffix == "jsonl" else write_parquet
    rows = [ROW, ROW | {"image_id": None}, ROW | {"image_id": " "}, ROW | {"width": 7}]
    scenes, ledger = read("vg150", writer(tmp_path / f"rows.{suffix}", *rows), tmp_path)
    assert facts(scenes) == FACTS
    assert drops(ledger) == [
        ("", "image[1]", "image-unreadable"),
        ("", "image[2]", "image-unreadable"),
        ("1", "row 3", "duplicate-image"),
    ]


def test_broken_json_lines_cost_only_themselves(tmp_path):
    path = write_lines(
        tmp_path / "rows.jsonl", "", '{"image_id": "9", "obj', ROW, "[1]", '{"image_id": [1]}'
    )
    scenes, ledger = read("vg150", path, tmp_path)
    assert facts(scenes) == FACTS
    assert [reason for _, _, reason in drops(ledger)] == ["image-unreadable"] * 3


def test_vg150_columns_may_be_numbers_and_json_lines_hold_lists(tmp_path):
    row = ROW | {"image_id": 1, "width": 100.0}
    assert facts(read("vg150", write_parquet(tmp_path / "rows.parquet", row), tmp_path)[0]) == FACTS
    row |= {"objects": json.loads(ROW["objects"]), "width": 100}
    assert (
        facts(read("vg150", write_lines(tmp_path / "rows.jsonl", row), tmp_path / "2")[0]) == FACTS
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"width": "wide"', [("2", "image_data", "frame-unreadable")]),
        ('"height": 0', [("2", "image_data", "frame-unreadable")]),
    ],
)
def test_a_gqa_graph_without_a_frame_keeps_its_objects(tmp_path, text, expected):
    other = json.dumps(GRAPH["objects"])
    path = tmp_path / "graphs.json"
    path.write_text(f'{{"1": {json.dumps(GRAPH)}, "2": {{{text}, "objects": {other}}}}}')
    scenes, ledger = read("gqa", path, tmp_path)
    assert drops(ledger) == expected
    assert scenes.select("image_id", "width", "has_frame").rows() == [
        ("1", 100, True), ("2", 70, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ('"3": 5', "objects-unreadable"),
        ('"3": {"name": "cup"}', "objects-unreadable"),
        ('"3": {"name": null, "x": 1, "y": 1, "w": 5, "h": 5}', "object-without-name"),
        ('"2": {"name": "cup", "x": 1, "y": 1, "w": 5, "h": 5}', "duplicate-object-id"),
        ('"3": {"name": "tree", "x": 40, "y": 10, "w": 30, "h": 60, "relations": [7]}',
         "relationships-unreadable"),
        ('"3": {"name": "tree", "x": 40, "y": 10, "w": 30, "h": 60, "relations": {}}',
         "relationships-unreadable"),
        ('"3": {"name": "tree", "x": 40, "y": 10, "w": 30, "h": 60, "attributes": [null]}',
         "attributes-unreadable"),
        ('"3": {"name": "tree", "x": 40, "y": 10, "w": 30, "h": 60, '
         '"relations": [{"name": "on", "object": "none"}]}', "dangling-end"),
    ],
)  # fmt: skip
def test_a_bad_gqa_object_costs_only_itself(tmp_path, part, expected):
    graph = json.dumps(GRAPH)
    place = graph.index('"1": {')
    path = tmp_path / "graphs.json"
    path.write_text(f'{{"1": {graph[:place]}{part}, {graph[place:]}}}')
    scenes, ledger = read("gqa", path, tmp_path)
    assert [reason for *_, reason in drops(ledger)] == [expected]
    assert {"dog", "tree"} == {name for *_, name, _ in facts(scenes)}
    assert triplets(scenes) == [("dog", "near", "tree")]


def test_repeated_gqa_images_are_in_the_ledger(tmp_path):
    graph, cup = json.dumps(GRAPH), '{"width": 50, "height": 50, "objects": {}}'
    path = tmp_path / "graphs.json"
    path.write_text(f'{{"1": {cup}, "1": {cup} , "2" : {graph}, "1" : {graph}, "": {graph}}}')
    (tmp_path / "more.json").write_text(f'{{"2": {cup}}}')
    scenes, ledger = read("gqa", tmp_path / "*.json", tmp_path)
    assert scenes["image_id"].to_list() == ["1", "2"]
    assert scenes["width"].to_list() == [100, 100]
    assert drops(ledger) == [
        ("", "image", "image-unreadable"),
        ("1", "image", "duplicate-image"),
        ("1", "image", "duplicate-image"),
        ("2", "image", "duplicate-image"),
    ]


def test_an_index_made_in_several_processes_is_the_same(tmp_path):
    good, broken = write(tmp_path / "good"), write(tmp_path / "broken", objects=b"[")
    store = tmp_path / "digests.json"
    files = find_annotations(str(good), tmp_path, store)
    for alone, apart in zip(index_annotations(files, 1), index_annotations(files, 2), strict=True):
        assert alone.equals(apart)
    with pytest.raises(ValueError, match=r"objects.json is not complete JSON"):
        index_annotations(find_annotations(str(broken), tmp_path, store), 2)


# Nothing is lost silently


finite = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | finite | st.text(max_size=3)
junk = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
numbers = st.integers(-20, 130) | st.sampled_from([0, 10.4, 10.6, 1e6, 2**40, None, "7"])
names = st.sampled_from(["dog", "Dog ", "tree", "cup of tea", "", "\x00", "\u200b", "man", None])
ids = st.integers(1, 4) | st.sampled_from([None, 2**62, 2**63, "3"])
entries = st.fixed_dictionaries(
    {},
    optional={
        "object_id": ids, "id": ids, "names": st.lists(names, max_size=2) | st.none(),
        "x": numbers, "y": numbers, "w": numbers, "h": numbers,
        "merged_object_ids": st.just([]),
    },
)  # fmt: skip
good_entries = st.builds(
    thing,
    st.integers(1, 5),
    st.sampled_from(["dog", "tree", "man"]),
    st.tuples(*[st.integers(0, 60)] * 4),
)
objects = good_entries | entries | junk
ends = st.builds(lambda entry, name: {**entry, "name": name}, good_entries | entries, names)
relationships = st.builds(
    lambda number, predicate, subject, other, missing: {
        key: value
        for key, value in {
            "relationship_id": number, "predicate": predicate, "subject": subject, "object": other,
        }.items() if key != missing
    },
    ids,
    st.sampled_from(["on", "ON ", "near", "", None, "is on top of"]),
    ends, ends,
    st.sampled_from(["", "", "", "predicate", "subject", "relationship_id"]),
) | junk  # fmt: skip


def image_id_of(record: object) -> int | None:
    """A number, or the text of one."""
    image_id = record.get("image_id") if isinstance(record, dict) else None
    if isinstance(image_id, str) and image_id.isdecimal():
        return int(image_id)
    return image_id if isinstance(image_id, int) and not isinstance(image_id, bool) else None


def records(role: str, entry: st.SearchStrategy) -> st.SearchStrategy:
    """Records of one role: for every image one, some broken."""
    good = st.lists(entry, max_size=5).map(lambda found: {role: found})
    broken = junk.map(lambda found: {role: found}) | st.just({})
    number = st.sampled_from([1, 1, 2, 3, None, "2"])
    one = st.builds(lambda image, body: {"image_id": image, **body}, number, good | broken)
    return st.lists(one | junk, max_size=4)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(records("objects", objects), records("relationships", relationships))
def test_every_object_and_relationship_is_kept_or_in_the_ledger(tmp_path_factory, things, links):
    """Each raw entry is in a scene, merged into one, or dropped in exactly one ledger row: its
    own, its list's or its record's."""
    folder = tmp_path_factory.mktemp("vg")
    try:
        write(folder, image_data=None, attributes=None, objects=things, relationships=links)
        try:
            scenes, ledger = read("visual-genome", folder, folder)
        except ValueError as error:
            assert "holds no annotated image" in str(error)
            return
        for role, raw, item in (
            ("objects", things, "object "), ("relationships", links, "relationship "),
        ):  # fmt: skip
            seen, expected = set(), 0
            for record in raw:
                image_id = image_id_of(record)
                if image_id is None:
                    continue
                if image_id not in seen and isinstance(record.get(role), list):
                    expected += len(record[role])
                seen.add(image_id)
            lost = ledger.filter(pl.col("action") == "drop")
            own = lost.filter(pl.col("item").str.starts_with(item))
            unreadable = lost.filter(pl.col("reason") == f"{role}-unreadable")
            merged = ledger.filter(pl.col("reason") == "duplicate-object")
            restored = ledger.filter(pl.col("reason") == "object-restored")
            kept = scenes[role].list.len().sum() if scenes.height else 0
            balance = merged.height - restored.height if role == "objects" else 0
            assert kept + own.height + unreadable.height + balance == expected
        check_images(things, links, scenes, ledger)
    finally:
        shutil.rmtree(folder)


def check_images(things: list, links: list, scenes: pl.DataFrame, ledger: pl.DataFrame) -> None:
    """Every record is read, or one ledger row names it."""
    known = set()
    for role, raw in (("objects", things), ("relationships", links)):
        seen = set()
        for place, record in enumerate(raw):
            image_id = image_id_of(record)
            readable = image_id is not None
            rows = ledger.filter(pl.col("item") == f"{role}[{place}]")
            indexed = rows.filter(pl.col("reason").is_in(["duplicate-image", "image-unreadable"]))
            assert indexed.height == (0 if readable and image_id not in seen else 1)
            seen.add(image_id) if readable else None
        known |= seen
    dropped = ledger.filter(pl.col("item") == "image", pl.col("action") == "drop")["image_id"]
    assert sorted([*scenes["image_id"], *dropped]) == sorted(map(str, known))


# Digests, and the real samples


def test_a_digest_is_of_names_and_contents_only(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.json").write_text("1")
    store = tmp_path / "store.json"

    def digest(folder: str, text: str | None = None) -> str:
        if text is not None:
            (tmp_path / folder / "x.json").write_text(text)
        return digest_files([tmp_path / folder / "x.json"], tmp_path / folder, store)

    first = digest("a")
    assert digest("b") == first
    assert digest("a", "22") != first
    assert digest("a", "1") == first
    store.write_text("damaged {")
    assert digest("a") == first


@pytest.mark.parametrize(
    ("kind", "version", "num_images", "num_objects", "reasons"),
    [
        ("visual-genome", "v1.0", 5, 156, {"object-restored", "duplicate-relationship"}),
        ("visual-genome", "v1.2", 12, 425, {"duplicate-relationship", "predicate-spelling",
                                             "several-names", "sentence-name"}),
        ("visual-genome", "v1.4", 3, 88, {"box-from-relationship", "frame-inferred",
                                          "object-restored"}),
        ("vg150", "vg150", 12, 205, {"duplicate-relationship"}),
        ("gqa", "gqa", 9, 146, {"box-clipped", "predicate-spelling"}),
    ],
)  # fmt: skip
def test_real_samples_are_read_whole(
    visual_genome, tmp_path, kind, version, num_images, num_objects, reasons
):
    scenes, ledger = read(kind, visual_genome / version, tmp_path)
    assert scenes.height == num_images
    assert abs(scenes["objects"].list.len().sum() - num_objects) <= num_objects // 10
    assert reasons <= set(ledger["reason"])
    lost = ledger.filter(pl.col("action") == "drop", pl.col("item").str.starts_with("relationship"))
    assert set(lost["reason"]) <= {"duplicate-relationship", "self-loop", "end-name-differs"}
    assert not any("unreadable" in reason for reason in ledger["reason"])


@pytest.mark.parametrize("has_old_time", [False, True])
@pytest.mark.parametrize("kind", ["visual-genome", "vg150", "gqa"])
def test_a_word_that_changes_in_place_is_read_again(kind, has_old_time, tmp_path):
    """The index stays the same: it holds the places of records, not their words."""
    path = {
        "visual-genome": lambda: write(tmp_path / "vg") / "objects.json",
        "vg150": lambda: write_lines(tmp_path / "rows.jsonl", ROW),
        "gqa": lambda: write_lines(tmp_path / "graphs.json", {"1": GRAPH}),
    }[kind]()
    source = SourceConfig(kind=kind, path=str(path.parent if kind == "visual-genome" else path))
    stages = (index_stage.STAGE, ingest_stage.STAGE)
    first = after(build_of(tmp_path / "root", source), *stages)
    times = path.stat()
    path.write_text(path.read_text().replace("dog", "cat"))
    if has_old_time:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    second = after(build_of(tmp_path / "root", source), *stages)
    (before,), (now,) = first.made["ingest"], second.made["ingest"]
    assert [row[3] for row in facts(pl.read_parquet(before))] == ["dog", "tree"]
    assert [row[3] for row in facts(pl.read_parquet(now))] == ["cat", "tree"]


def test_whole_numbers_of_visual_genome_may_have_a_point(tmp_path):
    files = json.loads(json.dumps(ANNOTATIONS), parse_int=float)
    scenes, ledger = read("visual-genome", write(tmp_path / "vg", **files), tmp_path)
    assert facts(scenes) == FACTS
    assert triplets(scenes) == [("dog", "near", "tree")]
    assert drops(ledger) == []


@pytest.mark.parametrize(
    ("role", "record", "field"),
    [
        ("image_data", {"coco_id": "123"}, "image_data.coco_id"),
        ("image_data", {"coco_id": 1.5}, "image_data.coco_id"),
        ("image_data", {"coco_id": -1}, "image_data.coco_id"),
        ("image_data", {"url": 5}, "image_data.url"),
        ("image_data", {"url": "http://[x"}, "image_data.url"),
        ("image_data", {"url": "n/a"}, "image_data.url"),
        ("image_data", {"url": "https://x/photo.php?id=3"}, "image_data.url"),
        ("image_data", {"url": "https://x/\0a.jpg"}, "image_data.url"),
        ("image_data", {"exhaustive": "yes"}, "image_data.exhaustive"),
        ("image_data", {"image_id": "1"}, None),
        ("objects", {"merged_object_ids": "5"}, "objects[0].merged_object_ids"),
        ("objects", {"merged_object_ids": [2**70]}, "objects[0].merged_object_ids"),
        ("objects", {"depth": -1.0}, "objects[0].depth"),
        ("objects", {"facing": 3}, "objects[0].facing"),
        (
            "relationships",
            {"subject": {**DOG, "name": "dog", "merged_object_ids": {}}},
            "relationships[0].subject.merged_object_ids",
        ),
    ],
)
def test_a_field_that_can_be_spared_costs_only_itself(role, record, field, tmp_path):
    (first,) = ANNOTATIONS[role]
    if role == "image_data":
        changed = first | record
    else:
        entry, *others = first[role]
        changed = {**first, role: [entry | record, *others]}
    folder = write(tmp_path / "vg", **{role: [changed]})
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert facts(scenes) == FACTS
    assert triplets(scenes) == [("dog", "near", "tree")]
    assert scenes["photograph"].to_list() == ["1.jpg"]
    assert drops(ledger) == []
    noted = ledger.filter(reason="field-unreadable")
    assert noted["item"].to_list() == ([field] if field else [])
    assert set(noted["action"]) <= {"repair"}


def test_objects_named_by_texts_and_images_by_texts_are_the_same_images(tmp_path):
    texts = [{**ANNOTATIONS["objects"][0], "image_id": "1"}]
    scenes, ledger = read("visual-genome", write(tmp_path / "vg", objects=texts), tmp_path)
    assert (facts(scenes), drops(ledger)) == (FACTS, [])


TEXTS = st.text(st.sampled_from('NaIfinty"\\, -é\n'), max_size=12) | st.sampled_from(
    ["NaN", "-Infinity"]
)
JSON = st.recursive(
    TEXTS | st.none() | st.sampled_from([1.5, -2, NAN, INFINITY, -INFINITY]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_only_numbers_that_json_cannot_hold_are_stood_in_for(value):
    def expected(part: object) -> object:
        if isinstance(part, float) and not math.isfinite(part):
            return {}
        if isinstance(part, list):
            return [expected(inner) for inner in part]
        if isinstance(part, dict):
            return {key: expected(inner) for key, inner in part.items()}
        return part

    raw = json.dumps(value, ensure_ascii=False).encode()
    plain = with_stand_ins(raw)
    assert len(plain) == len(raw)
    assert json.loads(plain) == expected(value)
