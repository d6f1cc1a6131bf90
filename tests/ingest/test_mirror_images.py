from dataclasses import replace

import pytest

from schemas.box import Box
from schemas.mirror import mirrored_id, mirrored_scene
from schemas.scene_graph import Facing, scenes_of
from tests.ingest.test_ingest import CONFIG, clean, image, link, thing

MIRROR = CONFIG.model_copy(update={"mirror": True})


def scenes(*args, **settings):
    found, _ = clean(*args, config=MIRROR, **settings)
    return {scene.image_id: scene for scene in scenes_of(found)}


def test_a_mirror_image_shows_the_same_things_on_the_other_side():
    things = [
        thing(1, "dog", (10, 10, 40, 40), attributes=["brown", "on the left"], facing="left"),
        thing(2, "left shoe", (60, 10, 90, 70)),
    ]
    found = scenes(things, [link(1, 1, "to the left of", 2), link(2, 2, "on", 1)])
    assert list(found) == ["1", "1-mirrored"]
    dog, shoe = found["1-mirrored"].objects.values()
    assert (dog.box, dog.attributes, dog.facing) == (
        Box(60, 10, 90, 40), ("brown", "on the right"), Facing.RIGHT,
    )  # fmt: skip
    assert (shoe.name, shoe.box) == ("right shoe", Box(10, 10, 40, 70))
    said = [(one.subject, one.predicate, one.object) for one in found["1-mirrored"].relationships]
    assert said == [(1, "right of", 2), (2, "on", 1)]
    image_of = replace(mirrored_scene(found["1"]), image_id=mirrored_id("1"))
    assert found["1-mirrored"] == image_of


def test_the_file_of_a_mirror_image_is_named_after_that_of_the_photograph():
    found, _ = clean([thing(1)], config=MIRROR)
    assert found["photograph"].to_list() == ["1.jpg", "1-mirrored.jpg"]


@pytest.mark.parametrize("name", ["stop sign", "clock", "bus", "letters", "license plate"])
def test_what_bears_letters_has_no_mirror_image(name):
    things = [thing(1, "dog"), thing(2, name, (60, 10, 90, 70))]
    assert list(scenes(things)) == ["1"]


@pytest.mark.parametrize("box", [(60, 10, 60, 70), (200, 10, 220, 70), (None,) * 4])
def test_letters_show_where_their_box_is_wrong(box):
    things = [thing(1, "dog"), thing(2, "stop sign", box)]
    assert list(scenes(things)) == ["1"]


def test_one_with_letters_leaves_the_mirror_images_of_others():
    things = [thing(1, "dog"), thing(1, "sign", image_id="2"), thing(1, "cat", image_id="3")]
    images = [image(str(number)) for number in (1, 2, 3)]
    assert list(scenes(things, images=images)) == ["1", "1-mirrored", "2", "3", "3-mirrored"]


def test_what_has_no_known_frame_has_no_mirror_image():
    assert list(scenes([thing(1)], images=[image(width=None, height=None)])) == ["1"]


@pytest.mark.parametrize("config", [CONFIG, MIRROR])
def test_an_id_of_mirror_images_is_refused(config):
    images = [image("1"), image("2-mirrored")]
    things = [thing(1), thing(1, image_id="2-mirrored")]
    found, ledger = clean(things, images=images, config=config)
    assert found["image_id"].to_list()[0] == "1"
    assert "2-mirrored" not in found["image_id"].to_list()
    dropped = ledger.filter(reason="id-reserved")
    assert dropped.select("image_id", "action").rows() == [("2-mirrored", "drop")]


def test_without_the_switch_there_are_no_mirror_images():
    assert clean([thing(1)])[0]["image_id"].to_list() == ["1"]
