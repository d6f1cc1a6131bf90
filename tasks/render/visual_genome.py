"""A scene as rows of the Visual Genome v1.2 files, with `depth` and `facing` beside."""

from collections.abc import Sequence

from tasks.render.camera import PixelBox
from tasks.render.looks import BRIGHT, COLORS_OF
from tasks.render.person import PEOPLE
from tasks.render.scene import RenderedScene, Thing

IDS_PER_IMAGE = 1000
"""Step of ids from image to image, so that ids are unique: no scene has so many objects."""
FIRST_RELATIONSHIP = 500
"""The ids of an image's relationships start here, above those of its objects."""
Row = dict[str, object]
PLACE = ("object_id", "synsets", "x", "y", "w", "h")


def xywh(box: PixelBox) -> dict[str, int]:
    left, top, right, bottom = box
    return {"x": left, "y": top, "w": right - left, "h": bottom - top}


def object_rows(scene: RenderedScene) -> list[Row]:
    """The objects of a scene, grounds first, as objects.json has them."""
    first, width = scene.image_id * IDS_PER_IMAGE + 1, scene.camera.width
    rows: list[Row] = [
        {"names": [ground.name], "depth": None, **xywh((0, ground.top, width, ground.bottom))}
        for ground in scene.grounds
    ]
    for thing, box in zip(scene.things, scene.boxes, strict=True):
        row = {"names": [thing.name], "depth": round(thing.z, 2), **xywh(box)}
        rows.append(row | ({"facing": thing.facing} if thing.facing else {}))
    return [{"object_id": first + index, "synsets": [], **row} for index, row in enumerate(rows)]


def attributes_of(thing: Thing) -> list[str]:
    colors = [thing.color] if COLORS_OF.get(thing.name, BRIGHT) else []
    if thing.name not in PEOPLE:
        return colors
    return {"sitting": ["sitting"], "riding": []}.get(thing.pose, ["standing"])


def attribute_rows(scene: RenderedScene, ends: Sequence[Row]) -> list[Row]:
    noted = [[ground.color] for ground in scene.grounds] + [attributes_of(t) for t in scene.things]
    return [
        {"names": [end["name"]], **{key: end[key] for key in PLACE}}
        | ({"attributes": words} if words else {})
        for end, words in zip(ends, noted, strict=True)
    ]


def relationship_rows(scene: RenderedScene, ends: Sequence[Row]) -> list[Row]:
    first = scene.image_id * IDS_PER_IMAGE + FIRST_RELATIONSHIP
    return [
        {
            "relationship_id": first + number,
            "predicate": relationship.predicate,
            "synsets": [],
            "subject": ends[relationship.subject],
            "object": ends[relationship.object],
        }
        for number, relationship in enumerate(scene.relationships)
    ]


def visual_genome_rows(scene: RenderedScene) -> tuple[Row, Row, Row, Row]:
    """Rows of image_data, objects, attributes and relationships (Visual Genome v1.2), in order."""
    image_id, objects = scene.image_id, object_rows(scene)
    names = [ground.name for ground in scene.grounds] + [thing.name for thing in scene.things]
    ends: list[Row] = [
        {"name": name, **{key: row[key] for key in PLACE}}
        for name, row in zip(names, objects, strict=True)
    ]
    image: Row = {
        "image_id": image_id,
        "width": scene.camera.width,
        "height": scene.camera.height,
        "url": f"rendered/VG_100K/{image_id}.jpg",
        "coco_id": None,
        "flickr_id": None,
        "exhaustive": True,
    }
    return (
        image,
        {"image_id": image_id, "objects": objects},
        {"image_id": image_id, "attributes": attribute_rows(scene, ends)},
        {"image_id": image_id, "relationships": relationship_rows(scene, ends)},
    )
