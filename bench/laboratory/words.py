"""Words: what the things of drawn scenes may be called, and which parts they have.

The judge asks which true things a word fits; the annotator calls things by these words.
"""

from typing import NamedTuple

from tasks.render.palette import COLORS


class Part(NamedTuple):
    """Where a part lies in the drawing of a thing that faces right, in shares of its extent."""

    left: float
    top: float
    right: float
    bottom: float
    is_several: bool = False


SYNONYMS: dict[str, tuple[str, ...]] = {
    "man": ("guy", "gentleman"), "woman": ("lady",), "boy": ("lad",), "girl": (),
    "dog": ("puppy",), "cat": ("kitty",), "horse": (), "cow": (), "sheep": (), "bird": (),
    "car": ("automobile", "sedan"), "bus": (), "truck": ("lorry",), "bicycle": ("bike",),
    "tree": (), "bush": ("shrub", "hedge"), "bench": ("park bench",), "house": ("home", "cottage"),
    "street light": ("lamp post", "streetlight"), "fire hydrant": ("hydrant",),
    "table": (), "chair": (), "couch": ("sofa",), "bed": (), "lamp": ("floor lamp",),
    "plant": ("potted plant", "houseplant"), "clock": ("wall clock",),
    "picture": ("painting", "photo"), "window": (), "television": ("tv",),
    "ball": (), "kite": (), "umbrella": ("parasol",), "box": ("cardboard box",),
    "backpack": ("rucksack", "book bag"), "bottle": (), "cup": ("coffee cup",), "bowl": (),
    "plate": (), "book": (), "laptop": ("laptop computer",), "vase": (),
    "pillow": ("cushion",),
    "sky": (), "grass": ("lawn",), "road": ("roadway",), "sidewalk": ("walkway",), "wall": (),
    "floor": ("flooring",),
}  # fmt: skip
"""Other words for the same class."""
HYPERNYMS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("man", "woman"), ("person", "adult")),
    **dict.fromkeys(("boy", "girl"), ("person", "child", "kid")),
    **dict.fromkeys(("dog", "cat", "horse", "cow", "sheep", "bird"), ("animal",)),
    **dict.fromkeys(("car", "bus", "truck", "bicycle"), ("vehicle",)),
    **dict.fromkeys(("tree", "bush"), ("plant",)),
    **dict.fromkeys(("chair", "couch", "bench"), ("seat", "furniture")),
    **dict.fromkeys(("table", "bed"), ("furniture",)),
    **dict.fromkeys(("cup", "bowl", "plate"), ("dish",)),
    "house": ("building",), "street light": ("light", "lamp", "pole"), "lamp": ("light",),
    "laptop": ("computer",), "television": ("screen", "monitor"), "backpack": ("bag",),
    "road": ("street",), "grass": ("field", "ground"), "sidewalk": ("pavement", "ground"),
}  # fmt: skip
"""More general words that fit as well."""
LOOKALIKES: dict[str, tuple[str, ...]] = {
    "man": ("woman", "boy"), "woman": ("man", "girl"), "boy": ("man", "girl"),
    "girl": ("woman", "boy"), "dog": ("cat", "sheep"), "cat": ("dog",), "horse": ("cow",),
    "cow": ("horse",), "sheep": ("goat", "dog"), "car": ("truck", "van"), "bus": ("truck", "van"),
    "truck": ("van", "car"), "tree": ("bush",), "bush": ("tree",), "bench": ("chair", "table"),
    "house": ("barn",), "street light": ("traffic light",), "table": ("desk", "bench"),
    "chair": ("stool", "bench"), "couch": ("armchair", "bed"), "bed": ("couch",),
    "lamp": ("candle",), "plant": ("flower",), "picture": ("mirror", "poster"),
    "television": ("monitor",), "box": ("bag", "basket"), "backpack": ("suitcase", "purse"),
    "bottle": ("vase", "jar"), "cup": ("mug", "bowl"), "bowl": ("cup", "plate"),
    "plate": ("bowl",), "book": ("notebook", "magazine"), "laptop": ("notebook",),
    "vase": ("bottle", "jar"), "pillow": ("blanket",), "ball": ("frisbee",), "kite": ("parachute",),
}  # fmt: skip
"""What an annotator who errs calls it: these words do not fit."""
PARTS: dict[str, dict[str, Part]] = {
    **{
        name: {
            "head": Part(0.25, 0.0, 0.75, 0.18),
            "hair": Part(0.25, 0.0, 0.75, 0.08),
            "shirt": Part(0.15, 0.2, 0.85, 0.55),
            "shoes": Part(0.2, 0.94, 0.8, 1.0, True),
        }
        for name in ("man", "woman", "boy", "girl")
    },
    **{
        name: {
            "head": Part(0.7, 0.0, 1.0, 0.4),
            "legs": Part(0.15, 0.6, 0.8, 1.0, True),
            "tail": Part(0.0, 0.1, 0.2, 0.7),
        }
        for name in ("dog", "cat", "horse", "cow", "sheep")
    },
    **{
        name: {
            "wheel": Part(0.1, 0.65, 0.32, 1.0, True),
            "window": Part(0.25, 0.05, 0.5, 0.45, True),
        }
        for name in ("car", "bus", "truck")
    },
    "bicycle": {"wheel": Part(0.0, 0.4, 0.4, 1.0, True), "seat": Part(0.2, 0.0, 0.45, 0.2)},
    "tree": {"trunk": Part(0.35, 0.55, 0.65, 1.0), "leaves": Part(0.0, 0.0, 1.0, 0.62, True)},
    "house": {"roof": Part(0.0, 0.08, 1.0, 0.45), "door": Part(0.4, 0.55, 0.6, 1.0)},
    "table": {"leg": Part(0.0, 0.25, 0.1, 1.0, True)},
    "chair": {"leg": Part(0.0, 0.6, 0.2, 1.0, True)},
    "lamp": {"lamp shade": Part(0.0, 0.0, 1.0, 0.26)},
    "plant": {"pot": Part(0.2, 0.65, 0.8, 1.0), "leaves": Part(0.0, 0.0, 1.0, 0.65, True)},
    "laptop": {"screen": Part(0.1, 0.0, 0.9, 0.8), "keyboard": Part(0.0, 0.8, 1.0, 1.0)},
    "cup": {"handle": Part(0.8, 0.2, 1.0, 0.7)},
    "bottle": {"label": Part(0.0, 0.55, 1.0, 0.82)},
}
"""Parts that the sketches show."""
WORN = frozenset(("shirt", "shoes"))


def words_for(name: str) -> tuple[str, ...]:
    """Every word that fits a thing of a drawn class, or a part of that name."""
    return (name, *SYNONYMS.get(name, ()), *HYPERNYMS.get(name, ()))


_PART_NAMES = {part for parts in PARTS.values() for part in parts}
CLASSES_OF: dict[str, frozenset[str]] = {
    word: frozenset(name for name in (*SYNONYMS, *_PART_NAMES) if word in words_for(name))
    for name in (*SYNONYMS, *_PART_NAMES)
    for word in words_for(name)
}
"""By word: the drawn classes and parts that it fits."""
COLOR_WORDS = {color: color for color in COLORS} | {"grey": "gray"}
