import io
import random
import re
import shutil
import zipfile
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from schemas.config.margins import IngestConfig
from schemas.config.source import SourceConfig
from schemas.photographs import as_stored
from tasks.ingest import stage as ingest
from tasks.photographs import stage as photographs
from tasks.photographs.stage import PHOTOGRAPHS, examine, examine_photographs
from tasks.photographs.store import SourcePhotographs, open_photographs
from tasks.sources import stage as index
from tasks.sources.vg150_parquet import BATCH
from tests.rights import closed, open_folder
from tests.sources.test_sources import (
    ROW,
    damage,
    hostile_zip,
    huge_png,
    pack,
    write,
    write_parquet,
)
from tests.stages import after, build_of, run

CONFIG = IngestConfig(min_photograph_pixels=100, max_photograph_pixels=20_000)


def noise(width: int = 100, height: int = 80, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    pixels = random.Random(7).randbytes(width * height * 3)
    Image.frombytes("RGB", (width, height), pixels).save(buffer, kind, **options)
    return buffer.getvalue()


JPEG, PNG = noise(), noise(kind="PNG")


def scenes_of(*names: str, width: int = 100, height: int = 80) -> pl.DataFrame:
    ids = [name.removesuffix(".jpg") for name in names]
    frame = pl.DataFrame(
        {"image_id": ids, "photograph": names}, schema_overrides={"photograph": pl.String}
    )
    return frame.with_columns(width=pl.lit(width), height=pl.lit(height), has_frame=pl.lit(True))


def source(*photographs: Path, path: Path = Path("/nowhere"), kind: str = "visual-genome"):
    return SourceConfig(kind=kind, path=str(path), photographs=tuple(map(str, photographs)))


@pytest.mark.parametrize(
    ("data", "frame", "reason"),
    [
        (JPEG, (100, 80, True), None),
        (PNG, (100, 80, True), None),
        (noise(progressive=True), (100, 80, True), None),
        (noise(quality=5), (100, 80, True), None),
        (noise(kind="WEBP"), (100, 80, True), None),
        (None, (100, 80, True), "photograph-missing"),
        (JPEG, (80, 100, True), "photograph-size-differs"),
        (JPEG, (100, 81, True), "photograph-size-differs"),
        (JPEG, (100, 80, False), "frame-unknown"),
        (noise(9, 9), (9, 9, True), "photograph-too-small"),
        (noise(200, 150), (200, 150, True), "photograph-too-large"),
        (huge_png(9_000), (9_000, 9_000, True), "photograph-too-large"),
        (huge_png(11_000), (11_000, 11_000, True), "photograph-too-large"),
        (huge_png(60_000), (60_000, 60_000, True), "photograph-broken"),
        (b"", (100, 80, True), "photograph-broken"),
        (b"this is text", (100, 80, True), "photograph-broken"),
        (b"\xff\xd8\xff\xe0", (100, 80, True), "photograph-broken"),
        (JPEG[: len(JPEG) // 2], (100, 80, True), "photograph-broken"),
        (JPEG[:-200], (100, 80, True), "photograph-broken"),
        (PNG[: len(PNG) // 2], (100, 80, True), "photograph-broken"),
        (PNG[:900] + b"\x00" * 40 + PNG[940:], (100, 80, True), "photograph-broken"),
        (noise(kind="GIF"), (100, 80, True), "photograph-broken"),
        (noise(kind="BMP"), (100, 80, True), "photograph-broken"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_photograph_is_sound_or_the_reason_is_given(data, frame, reason):
    problem = examine(data, *frame, CONFIG)
    assert (problem[0] if problem else None) == reason
    if problem:
        assert problem == examine(data, *frame, CONFIG)
        assert problem[1].strip() and "\n" not in problem[1] and " at 0x" not in problem[1]


@pytest.mark.parametrize(
    ("annotated", "told"),
    [
        (
            (80, 100),
            "found 100 x 80, annotated 80 x 100, as where tools show it turned: annotate its "
            "pixels as they are stored, or store it as it is shown",
        ),
        ((100, 81), "found 100 x 80, annotated 100 x 81"),
        ((40, 50), "found 100 x 80, annotated 40 x 50"),
    ],
)
@pytest.mark.parametrize("tag", [1, 6])
def test_a_photograph_that_was_annotated_as_it_is_shown_is_said_to_be_turned(annotated, told, tag):
    tags = Image.Exif()
    tags[0x0112] = tag
    data = as_stored(noise(exif=tags))
    assert examine(data, *annotated, True, CONFIG) == ("photograph-size-differs", told)


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0", JPEG.replace(b"\x08\0", b"\x0c\0", 1)])
def test_a_jpeg_that_cannot_be_read_is_not_said_to_be_none(data):
    told = ("photograph-broken", "cannot be read as JPEG, PNG or WebP")
    assert examine(data, 100, 80, True, CONFIG) == told


@pytest.mark.parametrize("data", [JPEG, PNG])
def test_no_damage_to_a_photograph_stops_the_rest(data):
    dice = random.Random(5)
    for _ in range(400):
        broken = bytearray(data)
        for _ in range(dice.randint(1, 5)):
            place = dice.randrange(dice.choice([60, 700, len(broken)]))
            broken[place : place + dice.randrange(3)] = dice.randbytes(dice.randrange(4))
        problem = examine(bytes(broken), 100, 80, True, CONFIG)
        assert problem is None or problem[0].startswith("photograph-")


def test_photographs_are_found_in_folders_archives_or_alone(tmp_path):
    folder = tmp_path / "photos" / "VG_100K"
    folder.mkdir(parents=True)
    (folder / "1.jpg").write_bytes(noise(11, 11))
    (tmp_path / "alone.jpg").write_bytes(noise(12, 12))
    two = pack(
        tmp_path / "two.zip",
        **{
            "VG_100K_2/2.jpg": noise(13, 13),
            "VG_100K_2/1.jpg": noise(11, 11),
            "__MACOSX/._2.jpg": b"x",
        },
    )
    store, used = open_photographs(
        source(tmp_path / "photos", two, tmp_path / "alone.jpg"), tmp_path
    )
    assert used == [folder / "1.jpg", two, tmp_path / "alone.jpg"]
    assert [store.read("1", name) for name in ("1.jpg", "2.jpg", "alone.jpg", "3.jpg")] == [
        noise(11, 11), noise(13, 13), noise(12, 12), None,
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.rglob("*.jpg")) == ["1.jpg", "alone.jpg"]


@pytest.mark.parametrize("name", ["1.mpo", "1.MPO", "1.jfif", "1.jpe"])
def test_a_jpeg_is_found_by_the_other_endings_of_its_name(name, tmp_path):
    two = noise(kind="MPO", save_all=True, append_images=[Image.new("RGB", (10, 10))])
    folder, archive = tmp_path / name, pack(tmp_path / "one.zip", **{f"photos/{name}": two})
    folder.write_bytes(two)
    for place in (tmp_path, archive, folder):
        found = open_photographs(source(place), tmp_path)[0].read("1", name)
        assert found and Image.open(io.BytesIO(found)).format == "JPEG"


@pytest.mark.parametrize(
    ("offset", "value", "how"),
    [
        (10, 9, "packed by method 9, which Python does not know"),
        (10, 93, "packed by method 93"),
        (10, 99, "encrypted"),
        (8, 1, "encrypted"),
        (34, 1, "in another part of the archive"),
    ],
)
def test_an_archive_that_cannot_be_unpacked_says_so(offset, value, how, tmp_path):
    archive = pack(tmp_path / "two.zip", **{"1.jpg": noise(11, 11), "2.jpg": noise(12, 12)})
    raw = bytearray(archive.read_bytes())
    for entry in [found.start() for found in re.finditer(b"PK\x01\x02", raw)]:
        raw[entry + offset : entry + offset + 2] = value.to_bytes(2, "little")
    archive.write_bytes(raw)
    with pytest.raises(ValueError, match=rf"two.zip: what it holds is {how}.*: unpack it, and"):
        open_photographs(source(archive), tmp_path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_may_be_packed_by_any_method_that_python_knows(packing, tmp_path):
    with zipfile.ZipFile(tmp_path / "one.zip", "w", packing) as archive:
        archive.writestr("1.jpg", noise(11, 11))
    store, _ = open_photographs(source(tmp_path / "one.zip"), tmp_path)
    assert store.read("1", "1.jpg") == noise(11, 11)


def test_of_files_of_one_name_the_folders_decide(tmp_path):
    for folder in ("left", "right"):
        (tmp_path / "drive" / folder).mkdir(parents=True)
    first, second, packed = (noise(quality=quality) for quality in (90, 80, 70))
    (tmp_path / "drive" / "left" / "1.jpg").write_bytes(first)
    (tmp_path / "drive" / "right" / "1.jpg").write_bytes(second)
    pack(tmp_path / "drive" / "more.zip", **{"back/1.jpg": packed})
    store, _ = open_photographs(source(tmp_path / "drive"), tmp_path)
    names = ("left/1.jpg", "drive/right/1.jpg", "back/1.jpg", "1.jpg", "up/1.jpg", "left/2.jpg")
    assert [store.read("1", name) for name in names] == [first, second, packed, None, None, None]
    found = examine_photographs(scenes_of(*names), store, CONFIG)
    assert found["reason"].to_list() == [
        None, None, None, "photograph-ambiguous", "photograph-ambiguous", "photograph-missing",
    ]  # fmt: skip
    assert found["detail"][3].startswith("3 different files may be 1.jpg: ")


def test_photographs_are_found_whatever_system_wrote_their_names(tmp_path):
    """Windows may pack backslashes, and macOS keeps letters and accents apart."""
    told, stored = "caf\u00e9", "cafe\u0301"
    for number, folder in enumerate(("left", stored)):
        (tmp_path / "drive" / folder).mkdir(parents=True)
        (tmp_path / "drive" / folder / f"{stored}.jpg").write_bytes(noise(11 + number))
    pack(tmp_path / "drive" / "more.zip", **{"back\\2.jpg": noise(13), "up\\2.jpg": noise(14)})
    store, _ = open_photographs(source(tmp_path / "drive"), tmp_path)
    names = (f"left/{told}.jpg", f"{told}/{stored}.jpg", "back/2.jpg", "up\\2.jpg")
    assert [store.read("1", name) for name in names] == [noise(size) for size in range(11, 15)]


def test_names_may_differ_in_case_where_no_other_is_meant(tmp_path):
    """As cameras and Windows write them."""
    first, second, packed = noise(11), noise(12), noise(13)
    (tmp_path / "IMG_1.JPG").write_bytes(first)
    (tmp_path / "img_1.jpg").write_bytes(second)
    pack(tmp_path / "more.zip", **{"Photos/Two.PNG": packed})
    store, _ = open_photographs(source(tmp_path), tmp_path)
    names = ("IMG_1.JPG", "img_1.jpg", "Img_1.jpg", "two.png", "three.png")
    assert [store.read("1", name) for name in names] == [first, second, None, packed, None]
    found = examine_photographs(scenes_of(*names[2:]), store, CONFIG)
    assert found["reason"].to_list()[0] == "photograph-ambiguous"


def test_photographs_are_looked_for_beside_the_annotations(tmp_path):
    folder = write(tmp_path / "vg")
    pack(folder / "images.zip", **{"VG_100K/1.jpg": JPEG})
    store, used = open_photographs(source(path=folder), tmp_path)
    assert (store.read("1", "1.jpg"), used) == (JPEG, [folder / "images.zip"])
    assert open_photographs(source(path=folder / "objects.json"), tmp_path)[1] == used


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("nowhere", "no photographs at .*nowhere: correct source.photographs"),
        ("empty", 'no photographs at .*empty: name their folders .* images = "omit"'),
        ("empty.zip", 'no photographs at .*empty.zip: name their folders .* images = "omit"'),
        ("deep", r"no photographs at .*deep: name their folders \(looked through three deep\) or"),
        ("notes.txt", "notes.txt is neither a photograph nor a zip archive"),
        ("text.zip", "text.zip is not a complete zip archive"),
        ("half.zip", "half.zip is not a complete zip archive"),
        ("up.zip", "points outside the archive"),
        ("link.zip", "points outside the archive"),
        ("~nobody-at-all/photos", "no file at ~nobody"),
    ],
)
def test_a_bad_place_of_photographs_is_refused_in_one_line(tmp_path, place, message):
    (tmp_path / "empty").mkdir()
    album = tmp_path / "deep" / "Takeout" / "Google Photos" / "2026"
    album.mkdir(parents=True)
    (album / "1.jpg").write_bytes(JPEG)
    (tmp_path / "notes.txt").write_text("hello")
    pack(tmp_path / "empty.zip", **{"notes.txt": b"hello"})
    (tmp_path / "text.zip").write_text("<html>")
    whole = pack(tmp_path / "whole.zip", **{"1.jpg": JPEG}).read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    hostile_zip(tmp_path / "up.zip", "../1.jpg")
    hostile_zip(tmp_path / "link.zip", "1.jpg", link=True)
    where = Path(place) if place.startswith("~") else tmp_path / place
    with pytest.raises((ValueError, FileNotFoundError), match=message) as caught:
        open_photographs(source(where), tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["byte", "encrypted", "method"])
def test_a_damaged_entry_costs_only_its_photograph(tmp_path, kind):
    path = tmp_path / "images.zip"
    members = {"objects.json.jpg": JPEG, "2.jpg": PNG}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    path.write_bytes(damage(path.read_bytes(), kind))
    store, _ = open_photographs(source(path), tmp_path)
    found = examine_photographs(scenes_of("objects.json.jpg", "2.jpg"), store, CONFIG)
    assert found["reason"].to_list() == ["photograph-broken", None]


def test_a_photograph_larger_than_can_be_is_not_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "images.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.jpg", JPEG + bytes(65 * 1024**2))
    (tmp_path / "2.jpg").touch()
    with (tmp_path / "2.jpg").open("wb") as stream:
        stream.truncate(65 * 1024**2)
    store, _ = open_photographs(source(tmp_path), tmp_path)
    assert (store.read("1", "1.jpg"), store.read("2", "2.jpg")) == (b"", b"")


def test_an_unreadable_file_costs_only_its_photograph(tmp_path):
    (tmp_path / "1.jpg").write_bytes(JPEG)
    (tmp_path / "2.jpg").write_bytes(JPEG)
    store, _ = open_photographs(source(tmp_path), tmp_path)
    (tmp_path / "1.jpg").unlink()
    found = examine_photographs(scenes_of("1.jpg", "2.jpg", "3.jpg"), store, CONFIG)
    assert found["reason"].to_list() == ["photograph-broken", None, "photograph-missing"]


def test_every_scene_has_one_row_in_its_order():
    store = SourcePhotographs()
    found = examine_photographs(scenes_of("3.jpg", "1.jpg"), store, CONFIG)
    assert found.schema == PHOTOGRAPHS
    assert found.select("image_id", "reason").rows() == [
        ("3", "photograph-missing"), ("1", "photograph-missing"),
    ]  # fmt: skip
    exported = scenes_of("images\\3f2a9c1b-IMG 1.jpg")  # a tool's own beginning before the name
    assert examine_photographs(exported, store, CONFIG)["detail"].to_list() == [
        "no file named 3f2a9c1b-IMG 1.jpg"
    ]
    assert examine_photographs(scenes_of(), store, CONFIG).schema == PHOTOGRAPHS


def rows_with(folder: Path, **images: object) -> Path:
    rows = [
        {"image_id": key, "objects": ROW["objects"], "relationships": "[]",
         "image": {"bytes": data, "path": f"{key}.jpg"}}
        for key, data in images.items()
    ]  # fmt: skip
    return write_parquet(folder / "rows.parquet", *rows)


def build(place: SourceConfig, root: Path) -> pl.DataFrame:
    """The photographs table of a source, through the tasks of a build."""
    started = build_of(root, place, images="embed")
    done = after(started, index.STAGE, ingest.STAGE, photographs.STAGE)
    return pl.read_parquet(done.made["photographs"][0])


def test_photographs_in_parquet_rows_give_the_frame_and_are_used(tmp_path):
    photo = noise(120, 90)
    path = rows_with(tmp_path, a=photo, b=None, c=photo[: len(photo) // 2], d=b"text", e=photo)
    found = build(source(path=path, kind="vg150"), tmp_path)
    assert found.select("image_id", "sha256", "num_bytes", "reason").rows() == [
        ("a", sha256(photo).hexdigest(), len(photo), None),
        ("b", None, None, "photograph-missing"),
        ("c", None, None, "photograph-broken"),
        ("d", None, None, "photograph-broken"),
        ("e", sha256(photo).hexdigest(), len(photo), None),
    ]


def test_of_repeated_parquet_rows_the_first_photograph_is_used(tmp_path):
    first, second = noise(120, 90), noise(120, 91)
    rows = [
        {"image_id": "1", "objects": ROW["objects"], "relationships": "[]", "image": data}
        for data in (first, second)
    ]
    path = write_parquet(tmp_path / "rows.parquet", *rows)
    place = source(path=path, kind="vg150")
    store, used = open_photographs(place, tmp_path)
    assert used == [path]
    assert store.read_all(pl.DataFrame({"image_id": ["1", "2"]})) == {"1": first}
    assert build(place, tmp_path)["sha256"].to_list() == [sha256(first).hexdigest()]


@pytest.mark.parametrize(("num", "group_size"), [(10, 3), (BATCH + 10, BATCH + 6)])
def test_photographs_are_read_from_the_row_groups_that_hold_them(tmp_path, num, group_size):
    photos = {str(number): noise(20, 20 + number) for number in range(num)}
    table = pl.DataFrame(
        {"image_id": list(photos), "objects": "[]", "relationships": "[]",
         "image": list(photos.values())}
    )  # fmt: skip
    table.write_parquet(tmp_path / "rows.parquet", row_group_size=group_size)
    store, _ = open_photographs(source(path=tmp_path, kind="vg150"), tmp_path)
    for wanted in (["0"], ["9", "2", "3"], list(photos), []):
        found = store.read_all(pl.DataFrame({"image_id": wanted}, schema={"image_id": pl.String}))
        assert found == {key: photos[key] for key in wanted}


def test_vg150_rows_without_photographs_take_them_from_folders(tmp_path):
    write_parquet(tmp_path / "rows.parquet", ROW | {"image": "a path"})
    (tmp_path / "1.jpg").write_bytes(JPEG)
    found = build(source(path=tmp_path / "rows.parquet", kind="vg150"), tmp_path)
    assert found["reason"].to_list() == [None]


def test_the_same_photographs_under_two_names_have_one_digest(tmp_path):
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / name).write_bytes(JPEG)
    (tmp_path / "3.jpg").write_bytes(noise(100, 80, quality=50))
    store, _ = open_photographs(source(tmp_path), tmp_path)
    found = examine_photographs(scenes_of("1.jpg", "2.jpg", "3.jpg"), store, CONFIG)["sha256"]
    assert found[0] == found[1] != found[2]


def test_a_shard_is_examined_again_only_when_photographs_change(tmp_path):
    folder = write(tmp_path / "vg")
    (folder / "1.jpg").write_bytes(JPEG)
    place = source(path=folder)
    build = after(build_of(tmp_path, place, images="embed"), index.STAGE, ingest.STAGE)

    def examined() -> tuple[Path, bool]:
        (path,) = run(photographs.STAGE, build)
        return (path, False) if isinstance(path, Path) else (path.data, path.name == "Cached")

    first, was_cached = examined()
    assert not was_cached
    assert pl.read_parquet(first)["reason"].to_list() == [None]
    assert examined() == (first, True)
    (folder / "1.jpg").write_bytes(JPEG[:-300])
    second, was_cached = examined()
    assert second != first and not was_cached
    assert pl.read_parquet(second)["reason"].to_list() == ["photograph-broken"]


def test_real_photographs_are_sound(visual_genome, tmp_path):
    shutil.copytree(visual_genome / "photos", tmp_path / "photos")
    store, used = open_photographs(source(tmp_path / "photos"), tmp_path)
    assert len(used) == 4
    for path in used:
        with Image.open(path) as image:
            assert examine(store.read("1", path.name), *image.size, True, IngestConfig()) is None


def striped(kind: str, mode: str = "RGB") -> bytes:
    """Red at the left, blue at the right."""
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (20, 0, 40, 20))
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, kind)
    return buffer.getvalue()


def sides(data: bytes) -> tuple[str, str]:
    with Image.open(io.BytesIO(data)) as image:
        pixels = [image.convert("RGB").getpixel(place) for place in ((5, 10), (35, 10))]
    left, right = ("red" if pixel[0] > pixel[2] else "blue" for pixel in pixels)
    return left, right


@pytest.mark.parametrize(
    ("kind", "mode", "made"),
    [
        ("JPEG", "RGB", "JPEG"),
        ("JPEG", "CMYK", "JPEG"),
        ("PNG", "P", "PNG"),
        ("WEBP", "RGB", "PNG"),
    ],
)
def test_a_mirror_image_is_read_from_its_photograph(kind, mode, made, tmp_path):
    (tmp_path / "1.jpg").write_bytes(striped(kind, mode))
    store, _ = open_photographs(source(tmp_path), tmp_path)
    found = store.read("1-mirrored", "1-mirrored.jpg")
    assert (sides(store.read("1", "1.jpg")), sides(found)) == (("red", "blue"), ("blue", "red"))
    with Image.open(io.BytesIO(found)) as image:
        assert (image.format, image.size) == (made, (40, 20))
    assert store.read("1-mirrored", "1-mirrored.jpg") == found
    assert store.read("2-mirrored", "2-mirrored.jpg") is None


def test_a_photograph_that_is_named_as_a_mirror_image_is_none(tmp_path):
    first, second = striped("JPEG"), striped("PNG")
    for name, data in (("1.jpg", first), ("1-mirrored.jpg", second), ("3.jpg", first)):
        (tmp_path / name).write_bytes(data)
    store, _ = open_photographs(source(tmp_path), tmp_path)
    assert store.read("2", "1-mirrored.jpg") == second
    assert store.read("3", "3-mirrored.jpg") is None
    for key, name, kind in (
        ("1-mirrored", "1-mirrored.jpg", "JPEG"),
        ("2-mirrored", "1-mirrored-mirrored.jpg", "PNG"),
    ):
        found = store.read(key, name)
        assert sides(found) == ("blue", "red")
        with Image.open(io.BytesIO(found)) as image:
            assert image.format == kind


@pytest.mark.parametrize("data", [b"", b"text", JPEG[:400]])
def test_of_a_broken_photograph_there_is_no_mirror_image(data, tmp_path):
    (tmp_path / "1.jpg").write_bytes(data)
    store, _ = open_photographs(source(tmp_path), tmp_path)
    assert store.read("1-mirrored", "1-mirrored.jpg") == b""
    scene = scenes_of("1-mirrored.jpg")
    assert examine_photographs(scene, store, CONFIG)["reason"].to_list() == ["photograph-broken"]


def test_mirror_images_of_rows_are_read_with_them(tmp_path):
    rows = [ROW | {"image": {"bytes": striped("JPEG"), "path": None}}]
    path = write_parquet(tmp_path / "rows.parquet", *rows)
    store, _ = open_photographs(source(path=path, kind="vg150"), tmp_path)
    (key,) = store.rows
    found = dict(store.read_rows([key, f"{key}-mirrored"]))
    assert {one: sides(data) for one, data in found.items()} == {
        key: ("red", "blue"), f"{key}-mirrored": ("blue", "red"),
    }  # fmt: skip


def test_photographs_that_cannot_be_looked_for_are_told(tmp_path, caplog):
    with open_folder() as folder:
        for name in ("open/1.jpg", "seen/5.jpg", "shut/2.jpg"):
            (folder / name).parent.mkdir()
            (folder / name).write_bytes(JPEG)
        for name in ("3.jpg", "4.jpg"):
            (folder / "open" / name).symlink_to("/nowhere/it.jpg")
        (folder / "seen").chmod(0o744)  # its names may be listed, its files not be opened
        with closed(folder / "shut"):
            open_photographs(source(folder), folder)
            used = open_photographs(source(folder), folder)[1]
        assert used == [folder / "open" / "1.jpg"]
        assert {*caplog.messages} == {
            f"{folder}/seen cannot be looked into (Permission denied): its photographs are missing",
            f"{folder}/shut cannot be looked into (Permission denied): its photographs are missing",
            f"2 photographs or archives in {folder} are links that lead to no file: mend them",
        }
