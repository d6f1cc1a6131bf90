"""Photographs: every reader sees the pixels as they are stored."""

import io
import random
import struct
import zlib
from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image, ImageOps

from schemas.photographs import as_stored, opened
from tasks.pages.shown_photographs import UNSHOWN

CASES = Path(__file__).parents[3] / "shared" / "cases" / "photographs"
WIDTH, HEIGHT = 60, 40


def picture(kind: str, mode: str = "RGB", turn: int | None = None, **options: object) -> bytes:
    """Red on the left, blue on the right, a white corner at the upper left."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:, : WIDTH // 2, 0] = pixels[:, WIDTH // 2 :, 2] = 200
    pixels[:10, :10] = 255
    buffer = io.BytesIO()
    if turn is not None:
        exif = Image.Exif()
        exif[0x0112] = turn
        options["exif"] = exif.tobytes()
    Image.fromarray(pixels).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def xmp_of(turn: int) -> bytes:
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>'
    ) % turn


def pixels_of(data: bytes) -> np.ndarray:
    with opened(data) as image:
        return pixels_of_image(image)


def pixels_of_image(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def seen(data: bytes) -> list[np.ndarray]:
    """What different readers make of the bytes: Pillow as it is, Pillow that turns, `datasets`,
    which turns, and a page, which shows white where nothing is."""
    with Image.open(io.BytesIO(data)) as image:
        turned = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    loaded = datasets.Image().decode_example({"bytes": data, "path": None})
    with opened(data) as image:
        shown = image.convert("RGBA")
    page = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    return [pixels_of(data), turned, np.asarray(loaded.convert("RGB")), pixels_of_image(page)]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_no_tag_turns_a_photograph(kind, turn):
    options = {"lossless": True} if kind == "WEBP" else {}
    data = picture(kind, turn=turn, **options)
    plain = as_stored(data)
    assert (plain == data) is (turn == 1)
    for pixels in seen(plain):
        assert np.array_equal(pixels, pixels_of(data))


@pytest.mark.parametrize("turn", [None, 1, 6])
def test_of_a_photograph_with_a_video_the_picture_alone_is_kept(turn):
    video = b"\0\0\0\x18ftypmp42" + random.Random(7).randbytes(9_000) + b"SEFT"
    data = picture("JPEG", turn=turn)
    plain = as_stored(data + video)
    assert plain.endswith(b"\xff\xd9") and b"ftyp" not in plain
    for pixels in seen(plain):
        assert np.array_equal(pixels, pixels_of(data))


@pytest.mark.parametrize("turn", [None, 6])
def test_of_a_photograph_with_another_behind_it_the_first_alone_is_kept(turn):
    """As cameras put a map of depths there, which no list of pictures names."""
    data = picture("JPEG", turn=turn)
    assert as_stored(data + picture("JPEG")) == as_stored(data + b"video")


@pytest.mark.parametrize("padding", [b"", b"\0" * 9, b"\r\n"])
def test_a_plain_photograph_keeps_its_bytes(padding):
    data = picture("JPEG") + padding
    assert as_stored(data) == data


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_no_xmp_turns_a_photograph(kind):
    data = picture(kind, xmp=xmp_of(6))
    plain = as_stored(data)
    assert plain != data
    for pixels in seen(plain):
        assert np.array_equal(pixels, pixels_of(data))


@pytest.mark.parametrize(
    "between", [b"junk", bytes(7), b"\xff\xd1", b"\xff\x00", b"\xff" * 9, b"\xff\xd8"]
)
def test_what_decoders_skip_in_a_jpeg_hides_no_tag(between):
    data = picture("JPEG", turn=6)
    place = data.index(b"\xff\xdb")
    plain = as_stored(data[:place] + between + data[place:])
    assert plain == as_stored(data) != data


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_tags_at_which_readers_fail_are_taken_away(kind):
    data = picture(kind, exif=b"Exif\0\0MMx*\0\0\0\x08\0\0")
    assert as_stored(data) != data
    for pixels in seen(as_stored(data)):
        assert np.array_equal(pixels, pixels_of(data))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_damage_turns_a_photograph_for_some_readers_only(kind):
    """A damaged file is seen alike by all, or by none."""
    data, dice, num_seen = picture(kind, turn=6), random.Random(11), 0
    for _ in range(200):
        broken = bytearray(data)
        for _ in range(dice.randint(1, 2)):
            place = dice.randrange(2, dice.choice([220, len(data)]))
            broken[place : place + dice.randrange(3)] = dice.choice(
                [b"\xff", b"", dice.randbytes(1), dice.randbytes(30), b"\xff\xd9"]
            )
        plain = as_stored(bytes(broken))
        try:
            first = pixels_of(plain)
        except UNSHOWN:
            continue
        num_seen += 1
        assert all(np.array_equal(first, other) for other in seen(plain))
    assert num_seen > 20


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_rows": 1}])
def test_the_pixels_of_a_jpeg_keep_their_bytes(options):
    data = picture("JPEG", turn=6, icc_profile=b"profile", **options)
    plain = as_stored(data)
    exif = data.index(b"Exif\0")
    length = int.from_bytes(data[exif - 2 : exif])
    assert plain == data[: exif - 4] + data[exif - 2 + length :]


@pytest.mark.parametrize(("kind", "becomes"), [("MPO", "JPEG"), ("PNG", "PNG"), ("WEBP", "PNG")])
def test_of_several_pictures_the_first_is_kept(kind, becomes):
    pictures = [Image.new("RGB", (WIDTH, HEIGHT), color) for color in ("red", "blue")]
    buffer = io.BytesIO()
    pictures[0].save(buffer, kind, save_all=True, append_images=pictures[1:])
    plain = as_stored(buffer.getvalue())
    with Image.open(io.BytesIO(plain)) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == (becomes, 1)
        assert image.convert("RGB").getpixel((5, 5))[0] > 250
    if kind == "MPO":
        assert plain.endswith(b"\xff\xd9") and plain.count(b"\xff\xd8\xff") == 1


def test_grey_of_16_bits_is_scaled():
    steps = np.linspace(0, 65535, WIDTH * HEIGHT).astype(np.uint16).reshape(HEIGHT, WIDTH)
    buffer = io.BytesIO()
    Image.fromarray(steps).save(buffer, "PNG")
    with opened(as_stored(buffer.getvalue())) as image:
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), steps >> 8)


def test_a_grey_of_16_bits_that_stands_for_nothing_is_white():
    grey = np.full((HEIGHT, WIDTH), 300, np.uint16)
    grey[:, 30:] = 40_000
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG", transparency=300)
    first, *others = seen(as_stored(buffer.getvalue()))
    assert (first[:, :30] == 255).all() and (first[:, 30:] == 40_000 >> 8).all()
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize(
    ("depth", "colour", "row", "clear"),
    [
        (2, 0, b"\x40", b"\0\1"),
        (4, 0, b"\x50", b"\0\5"),
        (16, 2, b"\1\x2c" * 3 + bytes(6), b"\1\x2c" * 3),
        (2, 0, bytes([0b10_00_0000]), b"\xff\xfe"),  # only its last bits count
    ],
)
def test_a_colour_that_stands_for_nothing_is_white_whatever_its_bits(depth, colour, row, clear):
    """Two pixels, of which the second is black."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        ends = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + ends

    header = struct.pack(">2I5B", 2, 1, depth, colour, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"tRNS", clear),
        (b"IDAT", zlib.compress(b"\0" + row)),
        (b"IEND", b""),
    )
    data = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)
    for reading in seen(as_stored(data)):
        assert reading.tolist() == [[[255] * 3, [0] * 3]]


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "LA"), ("PNG", "PA"), ("WEBP", "RGBA"), ("WEBP", "LA")],
)
def test_what_is_transparent_lies_on_white(kind, mode):
    with opened(picture("PNG")) as image:
        clear = image.convert("L" if mode == "LA" else "RGB")
    hidden = Image.new("L", (WIDTH, HEIGHT), 255)
    hidden.paste(0, (20, 0, WIDTH, HEIGHT))
    hidden.paste(128, (40, 0, WIDTH, HEIGHT))
    clear.putalpha(hidden)
    buffer = io.BytesIO()
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    (clear.quantize(8) if mode == "PA" else clear).save(buffer, kind, **options)
    first, *others = seen(as_stored(buffer.getvalue()))
    assert all(np.array_equal(first, other) for other in others)
    assert (first[:, 20:40] == 255).all() and (first[20, 5] < 210).any()


def test_a_colour_that_stands_for_nothing_is_white():
    buffer = io.BytesIO()
    with opened(picture("PNG")) as image:
        image.save(buffer, "PNG", transparency=image.getpixel((20, 20)))
    first, *others = seen(as_stored(buffer.getvalue()))
    assert (first[20, 20] == 255).all()
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "LA"])
def test_what_all_readers_see_alike_keeps_its_bytes(mode):
    data = picture("PNG", mode)
    assert as_stored(data) is data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        picture("JPEG", turn=6)[:300],
        picture("JPEG", turn=6)[:40],
        picture("GIF", "P"),
    ],
)
def test_what_is_no_whole_image_is_left_to_who_examines_it(data):
    assert as_stored(data) is data


def test_real_files_are_seen_alike():
    if not CASES.is_dir():
        pytest.skip(f"no photographs at {CASES}")
    for path in sorted(CASES.iterdir()):
        plain = as_stored(path.read_bytes())
        with Image.open(io.BytesIO(plain)) as image:
            assert (image.size, image.format in ("JPEG", "PNG")) == ((640, 480), True)
        first, *others = seen(plain)
        assert all(np.array_equal(first, other) for other in others)
        assert 20 < first.mean() < 235, path
