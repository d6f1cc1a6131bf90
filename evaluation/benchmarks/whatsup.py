"""What'sUp, the controlled parts: one thing on, under, beside, in front of or behind another.

A is on, under and beside armchairs and tables, B in front of, behind and beside things on a table.
The originals are two JSON files on Google Drive, with archives of pictures: unpack them into one
folder. The first caption is always the right one, so captions are shuffled by the name of the
picture. The authors score how well captions match; a model that writes is asked to choose one.
"""

import re
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.texts import is_given, letter_of, listed, text_of
from evaluation.metrics import Metric, accuracy, by, parts, whole
from evaluation.miniatures.files import write_json
from evaluation.miniatures.questions import beside
from evaluation.miniatures.scenes import Scenes, mirrored
from schemas.benchmark import LETTERS

ASKED = "Which caption describes the image?"
PAIRS = {"left": "side", "right": "side", "on": "height", "under": "height"}
PAIRS |= {"in-front": "depth", "behind": "depth"}
"""The first word of a relation, and the pair that it belongs to."""
NAME = re.compile(rf"(?P<thing>[^_]+)_(?P<relation>{'|'.join(PAIRS)})_(?:of_)?(?P<base>[^_]+)")
"""The name of a picture, such as `mug_left_of_plate`."""


def read(row: Row, part: Part, number: int) -> Item:
    """`caption_options` of the originals, the right one first; `choices` of the copy."""
    name = text_of(row, "image_path" if is_given(row.get("image_path")) else "filename")
    stem = PurePosixPath(name).stem
    found = NAME.fullmatch(stem)
    if not found:
        raise ValueError(f"the picture {name[:60]!r} is not named thing_relation_thing")
    if is_given(row.get("caption_options")):
        captions = listed(row["caption_options"])
        if not captions:
            raise ValueError("caption_options is empty")
        options = shuffled(captions, stem)
        answer, question = LETTERS[options.index(captions[0])], ASKED
    else:
        options, answer = listed(row["choices"]), letter_of(row["answer"])
        question = text_of(row, "question")
    # Both parts have left and right: a caption of the other axis says which part it is.
    is_b = any(re.search(r"\b(?:front|behind)\b", option) for option in options)
    subset = "B" if is_b else "A"
    group = f"{subset}-{found['thing']}-{found['base']}"
    return Item(
        item_id=f"{subset}-{stem}",
        question=question,
        options=options,
        answer=answer,
        images=(row["image"] if is_given(row.get("image")) else _inside(name),),
        subset=subset,
        category=f"{subset}, {found['relation']}",
        group=group,
        facts={"set": group, "pair": f"{group}-{PAIRS[found['relation']]}"},
    )


def _inside(name: str) -> str:
    """`controlled_images/x.jpeg` of "data/controlled_images/x.jpeg"."""
    inner = PurePosixPath(name).parts
    return str(PurePosixPath(*inner[-2:]))


def shuffled(captions: tuple[str, ...], name: str) -> tuple[str, ...]:
    """In an order that the name alone decides, every order as likely as any other."""
    return tuple(sorted(captions, key=lambda text: sha256(f"{name}\n{text}".encode()).digest()))


def check(items: pl.DataFrame) -> str | None:
    sets = items.group_by("group").len().filter(pl.col("len") != 4).sort("group")
    return None if sets.is_empty() else f"set {sets['group'][0]} has {sets['len'][0]} items"


def official(table: pl.DataFrame) -> list[Metric]:
    """Individual: all items; pair: both of a pair are right, as left and right; set: all four of
    the same two things are right (dataset_zoo/aro_datasets.py of amitakamath/whatsup_vlms at
    7c1f2550). The authors report the parts apart; the headline is over both."""
    found = [accuracy(table, "individual", is_main=True)]
    found += by(table, "subset", "individual")
    for name, part in parts(table, "subset"):
        for metric, key, size in (("pair", "pair", 2), ("set", "set", 4)):
            found.append(Metric(metric, whole(part, [key], pl.lit(size)), part, subset=name))
    return [*found, *by(table, "category", "individual")]


def draw(scenes: Scenes, folder: Path) -> None:
    """A drawn scene tells left from right alone, so "on" and "behind" are asked of none: two sets,
    whose other pair shows the same scene with captions that are true of it."""
    for file, others in (
        ("controlled_images", ("on", "under")),
        ("controlled_clevr", ("in front of", "behind")),
    ):
        rows: list[dict[str, Any]] = []
        (folder / file).mkdir(parents=True)
        for view, (left, right) in scenes.pick(beside, 4, start=531 if others[0] == "on" else 536):
            thing, base = (one.name.replace(" ", "-") for one in (left, right))
            for relation, shown in (("left", view), ("right", mirrored(view))):
                name = f"{file}/{thing}_{relation}_of_{base}.jpeg"
                (folder / name).write_bytes(shown.data)
                wrong = "right" if relation == "left" else "left"
                told = [f"to the {relation} of", f"to the {wrong} of", *others]
                captions = [f"The {left.name} is {one} the {right.name}." for one in told]
                rows.append({"image_path": f"data/{name}", "caption_options": captions})
        write_json(folder / f"{file}_dataset.json", rows)


BENCHMARK = Benchmark(
    name="whatsup",
    title="What'sUp, controlled",
    licence="MIT",
    sources=(Source("LLDDSS/Spatial_Understanding", (Part("Whats_Up"),)),),
    read=read,
    counts={"A": (412,), "B": (408,)},
    check=check,
    official=official,
    facts=("set", "pair"),
    draw=draw,
)
