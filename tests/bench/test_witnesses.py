"""What witnesses of drawn scenes say: complete boxes, and depth as an estimator returns it."""

import json

import numpy as np
from PIL import Image

from bench.laboratory.claims import is_recognisable
from bench.laboratory.rates import Rates
from bench.laboratory.source import CROWD, DRAWING, Laboratory, decode_truth, lines_of, write_source
from bench.laboratory.witnesses import EXACT, Estimator, estimated_depths, true_depths
from bench.laboratory.world import label_map, true_scene
from tasks.render.layout import lay_out_scene

DRAWN = [lay_out_scene(number, 3, DRAWING, CROWD) for number in (1, 2, 3)]
LABELS = [label_map(scene) for scene in DRAWN]


def test_every_pixel_of_a_thing_has_its_depth_and_the_ground_recedes():
    for scene, labels in zip(DRAWN, LABELS, strict=True):
        depths = true_depths(scene, labels)
        for place, thing in enumerate(scene.things):
            assert set(depths[labels == place + 1]) <= {thing.z}
        bare = [depths[row][labels[row] == 0].mean() for row in range(300, 480, 20)]
        assert bare == sorted(bare, reverse=True)
        assert np.array_equal(estimated_depths(scene, labels, EXACT, 7), depths)


def test_noise_is_a_factor_of_depth_that_scale_and_shift_hide():
    plain = Estimator(blur=0.0)
    shifted = Estimator(scale=3.0, shift=0.5, blur=0.0)
    scene, labels = DRAWN[0], LABELS[0]
    values = estimated_depths(scene, labels, plain, 7)
    assert np.allclose(estimated_depths(scene, labels, shifted, 7), 3.0 * values + 0.5)
    wrong = np.log(values * true_depths(scene, labels))
    assert 0.02 < wrong.std() < 0.12
    assert not np.array_equal(values, estimated_depths(scene, labels, plain, 8))


def test_a_witness_of_some_scenes_leaves_complete_instances_and_a_map_of_each(tmp_path):
    witness = tmp_path / "witness"
    metric = Estimator(inverse=False, noise=0.0, blur=0.0)
    laboratory = Laboratory(3, Rates(), witness, witness_share=0.5, estimator=metric)
    write_source(tmp_path / "source", laboratory, 4, 1)
    seen = [number for number in range(1, 5) if laboratory.is_witnessed(number)]
    assert 0 < len(seen) < 4
    assert {path.stem for path in (witness / "depth").iterdir()} == set(map(str, seen))

    instances = json.loads((witness / "instances.json").read_bytes())
    assert [image["id"] for image in instances["images"]] == seen
    names = {entry["id"]: entry["name"] for entry in instances["categories"]}
    number = seen[0]
    scene = decode_truth(lines_of(tmp_path / "source" / "truth.json")[number - 1]).scene
    drawn = lay_out_scene(number, 3, DRAWING, CROWD)
    assert scene == true_scene(drawn)
    boxed = [entry for entry in instances["annotations"] if entry["image_id"] == number]
    assert [names[entry["category_id"]] for entry in boxed] == [
        thing.name for thing in scene.things if thing.kind == "thing" and is_recognisable(thing)
    ]
    millimetres = np.asarray(Image.open(witness / "depth" / f"{number}.png"))
    thing = max(scene.things, key=lambda thing: thing.area * (thing.kind == "thing"))
    place = [entry.number for entry in scene.things if entry.kind == "thing"].index(thing.number)
    shown = millimetres[label_map(drawn) == place + 1]
    assert np.allclose(shown / 1000, thing.z, atol=0.001)
