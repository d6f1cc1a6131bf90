"""Witnesses: what a detector and a depth estimator would say about drawn scenes.

Boxes are true and complete for every class. Depth is true depth as an estimator returns it: of
unknown scale and shift, wrong by a factor for each thing, uneven over the picture, and smeared at
outlines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom

from bench.laboratory.claims import is_recognisable
from bench.laboratory.words import SYNONYMS
from bench.laboratory.world import Labels, TrueScene
from tasks.render.scene import RenderedScene
from tasks.render.scenery import WALL_DEPTH

CATEGORIES = tuple(SYNONYMS)
"""Of instances.json: the drawn classes, the first with id 1."""
FAR = 65.0
"""Metres: the sky, and all that is farther, so that millimetres fit into 16 bits."""
FIELD = 6
"""Cells of the coarse grid on which an estimator's error varies over the picture, per side."""
STEPS = 2**16 - 1
Depths = NDArray[np.float64]


@dataclass(frozen=True)
class Estimator:
    """`inverse`: values are 1 / depth, near things large, as estimators of relative depth return
    them; else metres. `noise` is the standard deviation of the logarithm of depth."""

    inverse: bool = True
    scale: float = 1.0
    shift: float = 0.0
    noise: float = 0.05
    blur: float = 1.5  # pixels: standard deviation at outlines


EXACT = Estimator(inverse=False, noise=0.0, blur=0.0)


def true_depths(scene: RenderedScene, labels: Labels) -> Depths:
    """Metres along the optical axis, height x width."""
    camera = scene.camera
    rows = np.arange(camera.height)[:, None] + 0.5
    with np.errstate(divide="ignore"):
        ground = camera.focal * camera.eye / np.maximum(rows - camera.horizon, 0.0)
    if any(entry.name == "wall" for entry in scene.grounds):
        ground = np.minimum(ground, WALL_DEPTH)
    of_things = np.array([0.0, *(thing.z for thing in scene.things)])
    depths = np.where(labels == 0, ground, of_things[labels])
    return np.minimum(depths, FAR)


def estimated_depths(
    scene: RenderedScene, labels: Labels, estimator: Estimator, seed: int
) -> Depths:
    """What the estimator returns before it is written; deterministic by scene and seed."""
    rng = np.random.default_rng([seed, scene.image_id])
    depths = true_depths(scene, labels)
    if estimator.noise:
        of_things = rng.normal(0.0, estimator.noise, len(scene.things) + 1)
        coarse = rng.normal(0.0, estimator.noise, (FIELD, FIELD))
        factors = np.array(depths.shape) / FIELD
        uneven = zoom(coarse, factors, order=1)[: depths.shape[0], : depths.shape[1]]
        depths = depths * np.exp(of_things[labels] + uneven)
    if estimator.blur:
        depths = gaussian_filter(depths, estimator.blur)
    values = 1.0 / depths if estimator.inverse else depths
    return estimator.scale * values + estimator.shift


def write_depths(path: Path, values: Depths, estimator: Estimator) -> None:
    """A PNG of 16 bits: millimetres, or the values from the least to the largest, stretched."""
    if estimator.inverse:
        values = (values - values.min()) / max(float(np.ptp(values)), 1e-9) * STEPS
    else:
        values = values * 1000.0
    Image.fromarray(np.clip(np.rint(values), 0, STEPS).astype(np.uint16)).save(path)


def coco_rows(scene: TrueScene) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The image and its annotations, all visible things that can be recognised; their ids are
    1000 x the image's plus 1, 2, ..."""
    image = {
        "id": scene.image_id, "file_name": f"{scene.image_id}.jpg", "width": scene.width,
        "height": scene.height,
    }  # fmt: skip
    things = [thing for thing in scene.things if thing.kind == "thing" and is_recognisable(thing)]
    return image, [
        {
            "id": 1000 * scene.image_id + number,
            "image_id": scene.image_id,
            "category_id": CATEGORIES.index(thing.name) + 1,
            "bbox": [thing.box[0], thing.box[1], thing.width, thing.tall],
            "area": thing.area,
            "iscrowd": 0,
        }
        for number, thing in enumerate(things, start=1)
    ]


def write_instances(path: Path, scenes: Sequence[TrueScene]) -> None:
    """COCO's instances.json, without masks."""
    rows = [coco_rows(scene) for scene in scenes]
    document = {
        "images": [image for image, _ in rows],
        "annotations": [entry for _, found in rows for entry in found],
        "categories": [
            {"id": number, "name": name} for number, name in enumerate(CATEGORIES, start=1)
        ],
    }
    path.write_bytes(msgspec.json.encode(document))
