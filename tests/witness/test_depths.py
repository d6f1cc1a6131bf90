"""Depth maps as witnesses: read with suspicion, measured in boxes, and weighed by their spread."""

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from schemas.claim import DepthClaim, RelationClaim
from schemas.proof.facts import Facts
from schemas.scene_graph import Scene, scenes_of
from schemas.testimony import with_testimony
from tasks.stage import Build
from tasks.witness.depth_maps import farness, read_map
from tasks.witness.stage import STAGE, check, gather_testimony
from tests.scenes import PROOF, scene, scene_rows
from tests.stages import after, build_of, with_artifacts

LEFT, RIGHT = (100, 200, 300, 400), (500, 200, 700, 400)
METRIC = {"scale": "metric", "near": "small"}
PAIR = [("dog", LEFT), ("chair", RIGHT)]


def painted(one: Scene, *depths: float, ground: float = 20.0) -> np.ndarray:
    """Metres: each thing fills its box, what is nearer over what is farther."""
    values = np.full((one.height, one.width), ground)
    for depth, thing in sorted(zip(depths, one.objects.values(), strict=True), key=lambda p: -p[0]):
        box = thing.box
        values[box.y1 : box.y2, box.x1 : box.x2] = depth
    return values


def heard(
    one: Scene, folder: Path, depth: Any = METRIC, **settings: Any
) -> tuple[Facts, list[tuple[str, str, str]]]:
    """What is known of a scene (image 1) whose map lies in the folder, and the ledger."""
    witness = {"kind": "depth", "name": "eye", "path": str(folder), "join": "image_id"}
    config = build_of(folder, witness=[{**witness, "depth": depth, **settings}]).config
    rows = scene_rows(one)
    testimony, ledger = gather_testimony(rows, config, folder)
    (known,) = scenes_of(with_testimony(rows, testimony))
    return Facts(known, PROOF), ledger.select("item", "reason", "detail").rows()


def said(facts: Facts, near: int = 0, far: int = 1) -> str:
    return facts.holds(DepthClaim(near, far)).standing


@pytest.mark.parametrize(
    ("photograph", "file"),
    [
        ("caf\u00e9.jpg", "cafe\u0301.npy"),  # as macOS stores it
        ("cafe\u0301.jpg", "caf\u00e9.npy"),
        ("VG_100K\\7.jpg", "7.npy"),  # as Windows writes it
    ],
)
def test_a_map_is_found_whatever_system_wrote_the_names(tmp_path, photograph, file):
    one = scene(PAIR)
    np.save(tmp_path / file, painted(one, 2.0, 5.0))
    rows = scene_rows(one).with_columns(photograph=pl.lit(photograph))
    witness = {"kind": "depth", "name": "eye", "path": str(tmp_path), "join": "file_name"}
    config = build_of(tmp_path, witness=[{**witness, "depth": METRIC}]).config
    testimony, _ = gather_testimony(rows, config, tmp_path)
    (known,) = scenes_of(with_testimony(rows, testimony))
    assert said(Facts(known, PROOF)) == "proved"


@pytest.mark.parametrize(
    ("near", "far", "standing"),
    [(2.0, 5.0, "proved"), (5.0, 2.0, "refuted"), (2.0, 2.2, "unknown"), (2.0, 2.0, "unknown")],
)
def test_a_thing_is_nearer_where_its_map_says_so_clearly(tmp_path, near, far, standing):
    one = scene(PAIR)
    np.save(tmp_path / "1.npy", painted(one, near, far))
    assert said(heard(one, tmp_path)[0]) == standing


@pytest.mark.parametrize(
    ("near", "far", "standing"),
    [(2.0, 2.3, "unknown"), (2.0, 2.8, "proved"), (2.8, 2.0, "refuted"), (6.0, 8.0, "unknown")],
)
def test_the_numbers_of_a_relative_map_differ_by_a_ratio_and_by_a_gap(
    tmp_path, near, far, standing
):
    one = scene([*PAIR, ("cat", (0, 420, 900, 600))])
    np.save(tmp_path / "1.npy", 1.0 / painted(one, near, far, 2.0))
    depth = {"scale": "relative", "near": "large"}
    assert said(heard(one, tmp_path, depth)[0]) == standing


def write(path: Path, values: np.ndarray) -> None:
    match path.suffix.lower():
        case ".png":
            Image.fromarray(values.astype(np.uint16)).save(path)
        case ".npz":
            np.savez_compressed(path, depth=values, other=values[:2])
        case _:
            np.save(path, values)


@pytest.mark.parametrize(
    ("suffix", "depth", "stored"),
    [
        (".png", {"scale": "metric", "near": "small", "unit": 0.001}, lambda m: 1000 * m),
        (".PNG", {"scale": "metric", "near": "small", "unit": 0.001}, lambda m: 1000 * m),
        (".npy", METRIC, lambda m: m.astype(np.float32)),
        (".npz", {"scale": "relative", "near": "small"}, lambda m: 3 * m + 40),
        (".npy", {"scale": "relative", "near": "large"}, lambda m: 7 / m + 1),
        (".npy", METRIC, lambda m: np.asfortranarray(m)[None]),
        (".npy", METRIC, lambda m: m[::2, ::2]),
        (".png", {"scale": "relative", "near": "large"}, lambda m: 60000 / m),
    ],
)
def test_every_form_of_a_map_says_the_same(tmp_path, suffix, depth, stored):
    one = scene(PAIR)
    write(tmp_path / f"1{suffix}", stored(painted(one, 2.0, 8.0)))
    facts, ledger = heard(one, tmp_path, depth)
    assert (said(facts), said(facts, 1, 0), ledger) == ("proved", "refuted", [])


@pytest.mark.parametrize(
    ("objects", "spoil"),
    [
        # The map is noise; something else is before the chair; the chair is thin, or not measured.
        (PAIR, lambda m: m * np.exp(np.random.default_rng(1).normal(0, 1.5, m.shape))),
        ([*PAIR, ("box", (480, 180, 720, 420))], None),
        ([("dog", LEFT), ("pole", (600, 100, 608, 500))], None),
        (PAIR, lambda m: np.where(np.arange(900) > 450, np.nan, m)),
        (PAIR, lambda m: np.where(np.arange(900) > 450, 0.0, m)),
        ([("dog", LEFT), ("chairs", RIGHT)], None),
        # Most of the box shows what is behind it.
        ([("dog", LEFT), ("umbrella", RIGHT)], None),
    ],
)
def test_what_cannot_be_measured_stays_unknown(tmp_path, objects, spoil):
    one = scene(objects)
    values = painted(one, 2.0, 8.0, 1.0) if len(objects) > 2 else painted(one, 2.0, 8.0)
    np.save(tmp_path / "1.npy", spoil(values) if spoil else values)
    assert said(heard(one, tmp_path)[0]) == "unknown"


@pytest.mark.parametrize(
    ("cup", "table", "standing"),
    [
        # It ends within the table's height, over it; it hangs above; it stands before the table.
        ((150, 100, 250, 260), (100, 220, 700, 480), "unknown"),
        ((150, 20, 250, 180), (100, 220, 700, 480), "proved"),
        ((150, 100, 250, 500), (240, 220, 700, 480), "proved"),
        # Only a piece of the table is boxed: the cup may stand on the rest of it.
        ((150, 100, 450, 400), (500, 420, 640, 480), "unknown"),
    ],
)
def test_what_may_rest_on_something_is_about_as_far(tmp_path, cup, table, standing):
    one = scene([("cup", cup), ("table", table)])
    np.save(tmp_path / "1.npy", painted(one, 2.0, 5.0))
    assert said(heard(one, tmp_path)[0]) == standing


@pytest.mark.parametrize(
    ("predicate", "near", "far", "standing", "reasons"),
    [
        ("in front of", 2.0, 8.0, "witnessed", []),
        ("in front of", 8.0, 2.0, "unknown", ["depth-disagrees"]),
        ("behind", 8.0, 2.0, "witnessed", []),
        ("behind", 2.0, 8.0, "unknown", ["depth-disagrees"]),
        ("in front of", 2.0, 2.1, "asserted", []),
        ("in front of", 2.1, 2.0, "unknown", []),
    ],
)
def test_depth_and_annotation_witness_or_contradict(
    tmp_path, predicate, near, far, standing, reasons
):
    one = scene(PAIR, [(0, predicate, 1)])
    np.save(tmp_path / "1.npy", painted(one, near, far))
    facts, ledger = heard(one, tmp_path)
    assert facts.holds(RelationClaim(0, predicate, 1)).standing == standing
    assert [reason for _, reason, _ in ledger] == reasons


def test_farther_is_not_in_front_and_nearer_need_not_be(tmp_path):
    one = scene(PAIR)
    np.save(tmp_path / "1.npy", painted(one, 2.0, 8.0))
    facts, _ = heard(one, tmp_path)
    assert facts.holds(RelationClaim(1, "in front of", 0)).refutes
    assert facts.holds(RelationClaim(0, "in front of", 1)).standing == "unknown"


@pytest.mark.parametrize("near_is_large", [False, True])
def test_an_estimator_with_scale_shift_and_noise_proves_nothing_wrong(tmp_path, near_is_large):
    """Estimators err in scale and shift as a whole and by some hundredths from pixel to pixel."""
    rng = np.random.default_rng(4)
    num_proved = 0
    for _ in range(12):
        depths, tops = rng.uniform(2, 12, 4), rng.integers(20, 250, 4).tolist()
        names = enumerate(zip(("dog", "cat", "chair", "car"), tops, strict=True))
        boxes = [(name, (75 * n + 5, y, 75 * n + 70, y + 60)) for n, (name, y) in names]
        one = scene(boxes, width=300, height=320)
        truth = painted(one, *depths)
        values = 9.0 / truth + 1.0 if near_is_large else 0.4 * truth + 3.0
        np.save(tmp_path / "1.npy", values * np.exp(rng.normal(0, 0.03, values.shape)))
        depth = {"scale": "relative", "near": "large" if near_is_large else "small"}
        facts, _ = heard(one, tmp_path, depth)
        for near, far in ((0, 1), (1, 2), (2, 3), (3, 0)):
            found = facts.holds(DepthClaim(near, far))
            num_proved += found.supports
            assert not found.supports or depths[near] < depths[far]
            assert not found.refutes or depths[near] > depths[far]
    assert num_proved > 10


def bomb(path: Path) -> None:
    """An .npz whose header promises more numbers than memory holds."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        head = io.BytesIO()
        shape = {"descr": "<f8", "fortran_order": False, "shape": (200_000, 200_000)}
        np.lib.format.write_array_header_1_0(head, shape)
        archive.writestr("depth.npy", head.getvalue() + bytes(1 << 20))


def with_header(path: Path, header: bytes) -> None:
    """An .npy with this text in place of its header."""
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)


BROKEN = [
    ("1.npy", lambda p: with_header(p, b"{'shape': (2, 3"), "parse|header|EOF"),
    ("1.npy", lambda p: with_header(p, b"{b'descr': '<f4', 'shape': (2, 3)}"), "not supported"),
    ("1.npy", lambda p: p.write_bytes(b""), "magic|EOF|bytes"),
    ("1.npy", lambda p: p.write_bytes(b"no map at all"), "magic"),
    ("1.npy", lambda p: np.save(p, np.array([{"a": 1}, None], object)), "not of numbers"),
    ("1.npy", lambda p: np.save(p, np.zeros(7)), "not rows of pixels"),
    ("1.npy", lambda p: np.save(p, np.zeros((4, 5, 3))), "not rows of pixels"),
    ("1.npy", lambda p: np.save(p, np.full((9, 9), "x")), "not of numbers"),
    ("1.npz", bomb, "more than 64,000,000"),
    ("1.npz", lambda p: np.savez(p, a=np.zeros((2, 2)), b=np.zeros((2, 2))), "none of which"),
    ("1.npz", lambda p: p.write_bytes(b"PK broken"), "zip"),
    ("1.png", lambda p: p.write_bytes(b"GIF89a"), "cannot identify"),
    ("1.png", lambda p: Image.new("RGB", (900, 600)).save(p), "mode RGB"),
]


@pytest.mark.parametrize(("name", "make", "problem"), BROKEN)
def test_a_broken_map_costs_only_itself(tmp_path, name, make, problem):
    make(tmp_path / name)
    with pytest.raises(ValueError, match=problem):
        read_map(tmp_path / name)
    facts, ((item, reason, detail),) = heard(scene(PAIR), tmp_path)
    assert (item, reason) == ("image", "map-unreadable")
    assert detail.startswith(f"eye: {name}: ") and "\n" not in detail
    assert said(facts) == "unknown"


def test_a_map_of_another_shape_is_not_used(tmp_path):
    np.save(tmp_path / "1.npy", np.ones((600, 600)))
    _, ledger = heard(scene(PAIR), tmp_path)
    assert ledger == [("image", "frame-differs", "eye: 600 x 600 for 900 x 600")]


@pytest.mark.parametrize(
    ("depth", "problem"),
    [
        ({"scale": "metric", "near": "large"}, "metres grow with distance"),
        (None, "go together"),
        ({"scale": "metric"}, "near"),
    ],
)
def test_what_maps_mean_has_to_be_declared(tmp_path, depth, problem):
    with pytest.raises(ValueError, match=problem):
        heard(scene(PAIR), tmp_path, depth)


@pytest.mark.parametrize("near", ["small", "large"])
def test_maps_that_are_upside_down_stop_the_build(tmp_path, near):
    """Ten photographs of floors: what is lower is nearer."""
    ones = [replace(scene(PAIR), image_id=str(number)) for number in range(10)]
    floor = np.linspace(9.0, 2.0, 60)[:, None].repeat(90, axis=1)
    for one in ones:
        np.save(tmp_path / f"{one.image_id}.npy", floor)
    witness = {"kind": "depth", "name": "eye", "path": str(tmp_path), "join": "image_id",
               "depth": {"scale": "relative", "near": near}}  # fmt: skip
    build = with_artifacts(build_of(tmp_path, witness=[witness]), ingest=scene_rows(*ones))
    build = with_index(build)
    if near == "small":
        made = after(build, STAGE).made["witness"]
        assert pl.read_parquet(made[0]).height == 10
    else:
        with pytest.raises(ValueError, match="in 10 of 10 depth maps what is lower"):
            after(build, STAGE)
    assert check is STAGE.check


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.full((60, 60), 3.0), "frame-differs, eye: 60 x 60 for 900 x 600"),
        (np.full((60, 90), np.nan), "map-unreadable, eye: 0.npy: it shows no depths"),
        (np.full((60, 90), 3.0), "map-unreadable, eye: 0.npy: it shows no depths"),
    ],
)
def test_maps_of_which_none_is_usable_stop_the_build_with_the_reason(tmp_path, values, why):
    ones = [replace(scene(PAIR), image_id=str(number)) for number in range(3)]
    for one in ones:
        np.save(tmp_path / f"{one.image_id}.npy", values)
    witness = {"kind": "depth", "name": "eye", "path": str(tmp_path), "join": "image_id",
               "depth": METRIC}  # fmt: skip
    build = with_artifacts(build_of(tmp_path, witness=[witness]), ingest=scene_rows(*ones))
    with pytest.raises(ValueError, match=re.escape(f"3 left out ({why}); correct witness.join")):
        after(with_index(build), STAGE)


def with_index(build: Build) -> Build:
    return with_artifacts(build, index=pl.DataFrame({"image_id": [str(n) for n in range(10)]}))


def test_a_flat_or_empty_map_says_nothing():
    for values in (np.full((4, 4), 3.0), np.full((4, 4), np.nan), np.zeros((4, 4))):
        found = farness(values, is_metric=False, near_is_large=True, unit=1.0)
        assert np.isnan(found).all() or np.ptp(found) == 0.0
