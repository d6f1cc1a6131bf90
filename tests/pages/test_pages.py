"""What pages share: templates and their policy, pictures that fit, boxes in thousandths."""

import io
import re
from base64 import b64decode, b64encode
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tasks.pages.boxes import MARGIN, UNIT, place_of_box, shown_label
from tasks.pages.shown_photographs import SIDES, data_address, shrunk
from tasks.pages.templates import page_template, policy, text_template


def photograph(width: int, height: int, kind: str = "JPEG", mode: str = "RGB") -> bytes:
    """Of noise, which takes the most bytes."""
    noise = np.random.default_rng(3).integers(0, 256, (height, width, 4), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise, "RGBA").convert(mode).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("room", [1500, 6000, 60_000])
@pytest.mark.parametrize(("width", "height"), [(900, 500), (120, 300)])
def test_a_picture_fits_and_is_as_long_as_it_may_be(room, width, height):
    made, size = shrunk(photograph(width, height), room)
    assert size == (width, height)
    with Image.open(io.BytesIO(made)) as shown:
        side = max(shown.size)
        assert shown.width / shown.height == pytest.approx(width / height, rel=0.05)
    assert len(made) <= room or side == SIDES[-1]
    if room == 60_000:
        assert side >= min(max(width, height), SIDES[1])


def test_what_is_transparent_is_white():
    clear = Image.new("RGBA", (80, 60), (255, 0, 0, 0))
    buffer = io.BytesIO()
    clear.save(buffer, "PNG")
    made, _ = shrunk(buffer.getvalue(), 60_000)
    with Image.open(io.BytesIO(made)) as shown:
        assert min(shown.convert("RGB").getpixel((40, 30))) > 250


@pytest.mark.parametrize("data", [b"", b"no picture", photograph(90, 60)[:200]])
def test_what_is_no_photograph_is_not_shown(data):
    assert shrunk(data, 60_000) is None


def test_a_data_address_holds_the_picture():
    address = data_address(b"\x00\xffbytes")
    kind, text = address.split(",")
    assert (kind, b64decode(text)) == ("data:image/webp;base64", b"\x00\xffbytes")


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((0, 0, 400, 300), [0, 0, 1000, 1000]),
        ((100, 75, 200, 150), [250, 250, 250, 250]),
        ((-400, 150, 800, 900), [-20, 500, 1040, 520]),
    ],
)
def test_boxes_are_in_thousandths(box, place):
    assert place_of_box(box, 400, 300) == place


sides = st.integers(1, 5000)


@given(sides, sides, sides, sides, sides, sides)
def test_a_box_hardly_leaves_the_picture(x, y, wide, high, width, height):
    left, top, across, down = place_of_box((x, y, x + wide, y + high), width, height)
    assert across >= 0 and down >= 0
    assert left <= UNIT * (1 + MARGIN) and left + across <= UNIT * (1 + MARGIN)
    assert top + down <= UNIT * (1 + MARGIN)


def test_a_label_is_short_and_can_be_written():
    assert shown_label("a\ud800" * 100).encode() and len(shown_label("a" * 100)) == 40


def test_a_page_escapes_and_its_policy_names_its_style_and_script(tmp_path):
    (tmp_path / "own.css").write_text("p { margin: 0 }\n")
    template = (
        '{% set style %}{{ part("own.css") }}{{ part("style.css") }}{% endset %}'
        '{% set script %}{{ part("drawing.js") }}{% endset %}'
        '<meta content="{{ policy(style, script) }}"><style>{{ style }}</style>'
        "<script>{{ script }}</script>{{ text }}"
    )
    (tmp_path / "page.html.jinja").write_text(template)
    page = page_template(tmp_path / "page.html.jinja").render(text="<b>&")
    assert page.endswith("</script>&lt;b&gt;&amp;")
    assert "p { margin: 0 }" in page
    for name in ("style", "script"):
        (text,) = re.findall(f"<{name}>(.*?)</{name}>", page, re.DOTALL)
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{name}-src &#39;sha256-{digest}&#39;" in page


HOSTILE = "a\u202eb\x1b[31m\u200b\U000e0041 \u0641\u0627\u200c\u0644\n"
SEEN = "a\\u202eb\\u001b[31m\\u200b\\U000e0041 \u0641\u0627\u200c\u0644\n"


@pytest.mark.parametrize("kind", [page_template, text_template])
def test_hidden_characters_are_seen(kind, tmp_path):
    text = "{% macro say(text) %}{{ text }}{% endmacro %}{{ text }}|{{ say(text) }}\u200b\n"
    (tmp_path / "page.jinja").write_text(text)
    assert kind(tmp_path / "page.jinja").render(text=HOSTILE) == f"{SEEN}|{SEEN}\u200b\n"


def test_hidden_characters_of_a_label_are_seen():
    assert shown_label("dog\u202egod") == "dog\\u202egod"


def test_a_page_without_a_script_allows_none():
    assert "script-src 'none'" in policy("p {}")
    assert policy("p {}").startswith("default-src 'none'; ")


def test_text_is_not_escaped_but_by_its_filters(tmp_path):
    (tmp_path / "card.md.jinja").write_text("{{ text }} {{ text|loud }}\n")
    card = text_template(tmp_path / "card.md.jinja", {"loud": str.upper})
    assert card.render(text="a < b") == "a < b A < B\n"
