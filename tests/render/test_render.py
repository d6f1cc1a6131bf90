import io
import itertools
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from schemas.config.source import RenderConfig
from tasks.render.looks import FACINGS
from tasks.render.palette import COLORS
from tasks.render.person import PERSON_HEIGHTS
from tasks.render.scene import RenderedScene
from tasks.render.scenery import SETTINGS
from tasks.render.silhouette import silhouette
from tasks.render.sketches import SKETCHES, sketch_of
from tasks.render.stage import draw_scene, lay_out_scene, visual_genome_rows, write_visual_genome

CONFIG = RenderConfig(num_scenes=40)
SCENES = [lay_out_scene(image_id, 7, CONFIG) for image_id in range(1, 41)]
KINDS = ("objects", "attributes", "relationships")


def written(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def objects_of(scene: RenderedScene) -> list[dict]:
    return visual_genome_rows(scene)[1]["objects"]


def relationships_of(scene: RenderedScene) -> list[dict]:
    return visual_genome_rows(scene)[3]["relationships"]


def corners(row: dict) -> tuple[int, int, int, int]:
    return row["x"], row["y"], row["x"] + row["w"], row["y"] + row["h"]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    config = RenderConfig(num_scenes=2)
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        write_visual_genome(tmp_path / name, seed, config, photographs=True)
    one, again, other = (written(tmp_path / name) for name in ("one", "again", "other"))
    assert list(one) == [
        "VG_100K/1.jpg", "VG_100K/2.jpg",
        "attributes.json", "image_data.json", "objects.json", "relationships.json",
    ]  # fmt: skip
    assert one == again
    assert all(one[name] != other[name] for name in one if name != "image_data.json")


def test_photographs_leave_the_annotation_alone(tmp_path):
    config = RenderConfig(num_scenes=2)
    write_visual_genome(tmp_path / "with", 3, config, photographs=True)
    write_visual_genome(tmp_path / "without", 3, config, photographs=False)
    without = written(tmp_path / "without")
    assert len(without) == 4
    assert without.items() <= written(tmp_path / "with").items()


def test_files_have_the_layout_of_visual_genome(tmp_path):
    write_visual_genome(tmp_path, 3, RenderConfig(num_scenes=5), photographs=False)
    images = json.loads((tmp_path / "image_data.json").read_bytes())
    assert images[1] == {
        "image_id": 2, "width": 640, "height": 480, "url": "rendered/VG_100K/2.jpg",
        "coco_id": None, "flickr_id": None, "exhaustive": True,
    }  # fmt: skip
    place = {"object_id", "synsets", "x", "y", "w", "h"}
    for kind in KINDS:
        rows = json.loads((tmp_path / f"{kind}.json").read_bytes())
        assert [row["image_id"] for row in rows] == [1, 2, 3, 4, 5]
        for row in (item for scene in rows for item in scene[kind]):
            if kind == "objects":
                assert row.keys() - {"facing"} == place | {"names", "depth"}
            elif kind == "attributes":
                assert row.keys() - {"attributes"} == place | {"names"}
                assert row.get("attributes") != []
            else:
                assert row.keys() == {
                    "relationship_id", "predicate", "synsets", "subject", "object",
                }  # fmt: skip
                assert row["subject"].keys() == row["object"].keys() == place | {"name"}


def test_ids_are_unique_over_all_images():
    rows = [row["object_id"] for scene in SCENES for row in objects_of(scene)]
    rows += [row["relationship_id"] for scene in SCENES for row in relationships_of(scene)]
    assert len(set(rows)) == len(rows)


def test_boxes_are_whole_pixels_inside_the_frame_and_not_tiny():
    for row in (row for scene in SCENES for row in objects_of(scene)):
        left, top, right, bottom = corners(row)
        assert all(type(edge) is int for edge in (left, top, right, bottom))
        assert min(left, top) >= 0 and right <= 640 and bottom <= 480, row
        assert min(row["w"], row["h"]) >= 14, row


@pytest.mark.parametrize("size", [(400, 300), (500, 375), (1024, 768)])
def test_other_picture_sizes_hold_the_asked_number_of_objects(size):
    width, height = size
    config = RenderConfig(num_scenes=1, width=width, height=height, min_objects=9, max_objects=11)
    for image_id in range(5):
        rows = objects_of(lay_out_scene(image_id, 1, config))
        assert 9 <= len(rows) <= 11
        assert all(corners(row)[2] <= width and corners(row)[3] <= height for row in rows)


def test_scenes_have_unique_names_and_some_have_repeated_ones():
    counts = [Counter(thing.name for thing in scene.things) for scene in SCENES]
    assert all(sum(n == 1 for n in count.values()) >= 4 for count in counts)
    assert sum(max(count.values()) > 1 for count in counts) >= 8
    assert all(7 <= len(objects_of(scene)) <= 14 for scene in SCENES)


def test_ends_of_relationships_are_objects_with_the_same_name_and_box():
    for scene in SCENES:
        rows = {row["object_id"]: row for row in objects_of(scene)}
        relationships = relationships_of(scene)
        assert 4 <= len(relationships) <= 12
        for relationship in relationships:
            assert relationship["subject"]["object_id"] != relationship["object"]["object_id"]
            for end in (relationship["subject"], relationship["object"]):
                row = rows[end["object_id"]]
                assert [end["name"]] == row["names"]
                assert corners(end) == corners(row)


def test_a_subject_name_and_predicate_lead_to_one_object():
    for scene in SCENES:
        objects: dict[tuple[str, str], set[int]] = {}
        for row in relationships_of(scene):
            key = row["subject"]["name"], row["predicate"]
            objects.setdefault(key, set()).add(row["object"]["object_id"])
        assert all(len(ids) == 1 for ids in objects.values())


def ends(predicates: set[str]) -> list[tuple[str, dict, dict]]:
    found = []
    for scene in SCENES:
        rows = {row["object_id"]: row for row in objects_of(scene)}
        found += [
            (row["predicate"], rows[row["subject"]["object_id"]], rows[row["object"]["object_id"]])
            for row in relationships_of(scene)
            if row["predicate"] in predicates
        ]
    assert {predicate for predicate, _, _ in found} == predicates
    return found


def test_depth_agrees_with_in_front_of_and_behind():
    for predicate, subject, other in ends({"in front of", "behind"}):
        near, far = (subject, other) if predicate == "in front of" else (other, subject)
        assert far["depth"] - near["depth"] >= 0.99
        a, b = corners(near), corners(far)
        assert min(a[2], b[2]) > max(a[0], b[0])


def test_what_is_held_or_carried_touches_its_carrier():
    for _, subject, other in ends({"holding", "on", "standing on", "sitting on", "riding"}):
        a, b = corners(subject), corners(other)
        assert min(a[2], b[2]) >= max(a[0], b[0]) and min(a[3], b[3]) >= max(a[1], b[1])


def test_what_is_above_ends_before_the_lower_thing_begins():
    for _, subject, other in ends({"above"}):
        assert corners(subject)[3] < corners(other)[1]


def test_a_thing_faces_the_side_on_which_the_other_is():
    for _, subject, other in ends({"facing"}):
        shift = other["x"] + other["w"] / 2 - subject["x"] - subject["w"] / 2
        assert subject["facing"] == ("right" if shift > 0 else "left")


def test_grounds_have_no_depth_and_things_with_a_front_have_a_facing():
    for scene in SCENES:
        for row in objects_of(scene):
            (name,) = row["names"]
            assert (row["depth"] is None) == (name in {g.name for g in scene.grounds})
            assert ("facing" in row) == (name in FACINGS)


def test_photographs_decode_with_the_stated_size():
    for scene in SCENES[:3]:
        with Image.open(io.BytesIO(draw_scene(scene))) as image:
            image.load()
            assert (image.format, image.size) == ("JPEG", (640, 480))


def numbered_picture(scene: RenderedScene) -> np.ndarray:
    """Rows x columns at twice the picture's size: 1 + the index of the thing seen there, or 0."""
    camera = scene.camera
    image = Image.new("L", (2 * camera.width, 2 * camera.height))
    canvas = ImageDraw.Draw(image)
    order = sorted(range(len(scene.things)), key=lambda i: (-scene.things[i].z, -i))
    for index in order:
        thing = scene.things[index]
        x, y = camera.column(thing.x, thing.z), camera.row(thing.y, thing.z)
        scale = camera.focal / thing.z * thing.scale
        for patch in sketch_of(thing.name, thing.facing, thing.pose, COLORS["red"], 0):
            points = [(2 * (x + scale * px), 2 * (y - scale * py)) for px, py in patch.points]
            canvas.polygon(points, fill=index + 1)
    return np.asarray(image)


def test_boxes_agree_with_the_pixels_that_are_seen():
    for scene in SCENES[:8]:
        numbers = numbered_picture(scene)
        for index, box in enumerate(scene.boxes):
            rows, columns = np.nonzero(numbers == index + 1)
            seen = (columns.min() / 2, rows.min() / 2, columns.max() / 2, rows.max() / 2)
            slack = 2 + 0.06 * max(box[2] - box[0], box[3] - box[1])
            assert seen == pytest.approx(box, abs=slack), scene.things[index]


def test_every_thing_of_a_setting_can_be_drawn_and_left_mirrors_right():
    known = SKETCHES.keys() | PERSON_HEIGHTS.keys()
    assert {name for zones in SETTINGS.values() for name in zones} <= known
    for name, pose in itertools.product(PERSON_HEIGHTS, ("standing", "holding", "riding")):
        right, left = silhouette(name, "right", pose), silhouette(name, "left", pose)
        assert (left.left, left.right) == pytest.approx((-right.right, -right.left))
        assert len(sketch_of(name, "right", pose, COLORS["red"], 0)) > 10
