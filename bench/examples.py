"""The worked examples of docs/questions.md: what the pipeline itself says of drawn scenes.

    python -m bench.examples docs

writes `references.png` and `pair.png` to the folder and puts what is said of them between the
markers of its `questions.md`. Of one scene, a thing is not annotated that a witness has seen.
"""

import io
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from PIL import Image, ImageDraw, ImageFont

from bench.laboratory.witnesses import write_instances
from bench.laboratory.world import true_scene
from schemas.claim import CountClaim, DepthClaim
from schemas.config.build import PipelineConfig
from schemas.config.margins import IngestConfig, ProofConfig
from schemas.config.source import RenderConfig, SourceConfig
from schemas.proof.facts import Facts
from schemas.reference import Order, Reference
from schemas.scene_graph import Scene, scenes_of
from schemas.testimony import SILENT, with_testimony
from tasks.ingest.scenes import clean_scenes
from tasks.language.forms.table import form_of
from tasks.language.words.references import text_of
from tasks.render.layout import Crowd, lay_out_scene
from tasks.render.painting import draw_scene
from tasks.render.scene import RenderedScene
from tasks.render.visual_genome import visual_genome_rows
from tasks.sources.readers import reader_of
from tasks.sources.shard import find_source, index_source
from tasks.witness.stage import gather_testimony

SEED = 7
FULL, SPARE = (
    RenderConfig(min_objects=least, max_objects=most) for least, most in ((10, 18), (7, 9))
)
CROWD = Crowd(max_classes=2, max_siblings=2, num_background=2, min_visible_share=0.45)
CROWDED, CLASS, LEFT_OUT = 109, "chair", 1
"""A scene with siblings, their class, and the place, from the left, of the one that nobody
annotated."""
SOURCES = "annotation alone | with the witness | all annotated, with the witness"
PAIRED = ("bench", "woman")
PAIR = (17, 55)
"""Two scenes with one of each, of which not the same is nearer."""
ANNOTATED, UNSEEN = (0, 56, 200), (205, 0, 0)
"""Colours of boxes: of what is annotated, and of what only the witness saw."""
PROOF = ProofConfig()
NUM_COLORS, GUTTER = 256, 10
"""Of a picture, and pixels between the two of a pair."""
NAMES = ("image_data", "objects", "attributes", "relationships")
MARKED = re.compile(r"(<!-- (\w+) -->\n).*?(?=<!-- /\2 -->)", re.DOTALL)
Mark = tuple[str, Mapping[str, Any], tuple[int, int, int]]
"""A label, a row of objects.json and a colour."""


def crowded() -> RenderedScene:
    return lay_out_scene(CROWDED, SEED, FULL, CROWD)


def pair() -> list[RenderedScene]:
    return [lay_out_scene(image_id, SEED, SPARE) for image_id in PAIR]


def objects_of(scene: RenderedScene, name: str) -> list[dict[str, Any]]:
    """The rows of a class in objects.json, from left to right."""
    rows: Any = visual_genome_rows(scene)[1]["objects"]
    return sorted((row for row in rows if row["names"] == [name]), key=lambda row: int(row["x"]))


def read(scene: RenderedScene, left_out: Sequence[int] = ()) -> tuple[Scene, Scene]:
    """A scene without the things of these ids: as its annotation shows it, without depth; and with
    what a witness says that has boxed everything."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write(scene, left_out, folder)
        scenes = _cleaned(folder)
        testimony, _ = gather_testimony(scenes, _config(folder), folder)
    (known,) = scenes_of(with_testimony(scenes, testimony))
    return replace(known, testimony=SILENT), known


def _cleaned(folder: Path) -> pl.DataFrame:
    source = SourceConfig(kind="visual-genome", path=str(folder))
    files = find_source(source, folder)
    index, _ = index_source(source, files, 1)
    scenes, _ = clean_scenes(reader_of(source.kind).read(index, files), IngestConfig())
    return scenes


def _write(scene: RenderedScene, left_out: Sequence[int], folder: Path) -> None:
    image, objects, attributes, _ = visual_genome_rows(scene)
    key = {"image_id": image["image_id"]}
    image.pop("exhaustive", None)
    kept: dict[str, list[dict[str, Any]]] = {}
    for name, row in (("objects", objects), ("attributes", attributes)):
        rows: Any = row[name]
        kept[name] = [{k: v for k, v in one.items() if k not in ("depth", "facing")}
                      for one in rows if one["object_id"] not in left_out]  # fmt: skip
    documents = (
        image,
        {**key, "objects": kept["objects"]},
        {**key, "attributes": kept["attributes"]},
        {**key, "relationships": []},
    )
    for name, document in zip(NAMES, documents, strict=True):
        (folder / f"{name}.json").write_text(json.dumps([document]), encoding="utf-8")
    write_instances(folder / "instances.json", [true_scene(scene)])


def _config(folder: Path) -> PipelineConfig:
    boxes = {"kind": "boxes", "name": "boxes", "join": "image_id"}
    return PipelineConfig.model_validate({
        "name": "example", "seed": SEED, "images": "omit",
        "source": {"kind": "visual-genome", "path": str(folder)},
        "quota": {"num_samples": 1, "max_per_image": 1},
        "witness": [{**boxes, "path": str(folder / "instances.json")}],
    })  # fmt: skip


# --- what is said of them


def reference_lines() -> Iterator[str]:
    """What words pick out by the annotation alone and with the witness, and how many there are."""
    scene = crowded()
    ids = [row["object_id"] for row in objects_of(scene, CLASS)]
    letters = {key: "ABC"[place] for place, key in enumerate(ids)}
    alone, known = read(scene, [ids[LEFT_OUT]])
    views = [Facts(one, PROOF) for one in (alone, known, read(scene)[1])]
    colors = sorted({color for key in ids if key in alone.objects
                     for color in alone.objects[key].attributes})  # fmt: skip
    tried = [Reference(CLASS), *(Reference(CLASS, order=order) for order in Order),
             *(Reference(CLASS, color) for color in colors)]  # fmt: skip
    yield f"| words | {SOURCES} |"
    yield "|---|---|---|---|"
    for reference in tried:
        picked = [view.references.picks(reference) for view in views]
        cells = ["-" if key is None else letters[key] for key in picked]
        yield f"| the {text_of(reference)} | {' | '.join(cells)} |"
    yield ""
    yield f"| claim | {SOURCES} |"
    yield "|---|---|---|---|"
    for number in (len(ids) - 1, len(ids)):
        told = [view.holds(CountClaim(CLASS, number)) for view in views]
        cells = [f"**{one.standing}**: {one.detail}" for one in told]
        yield f"| exactly {number} {CLASS}s | {' | '.join(cells)} |"


def pair_lines() -> Iterator[str]:
    """The same words about two photographs, and what proves each answer."""
    yield "| photograph | question | options | answer | proof |"
    yield "|---|---|---|---|---|"
    for place, scene in zip(("left", "right"), pair(), strict=True):
        yield f"| {place} | {' | '.join(_asked(scene))} |"


def _asked(scene: RenderedScene) -> Sequence[str]:
    keys = [objects_of(scene, name)[0]["object_id"] for name in PAIRED]
    facts = Facts(_complete(scene), PROOF)
    names = dict(zip(keys, PAIRED, strict=True))
    claims = [DepthClaim(keys[0], keys[1]), DepthClaim(keys[1], keys[0])]
    form = form_of(claims[0])
    question, options = form.worded(claims, "nearer", "proved", names, Random(SEED))
    for claim, letter, option in zip(claims, "AB", options, strict=True):
        evidence = facts.holds(claim)
        if evidence.supports:
            offered = " ".join(f"({one}) {text}" for one, text in zip("AB", options, strict=True))
            answer, proof = f"({letter}) {option}", f"{evidence.standing}: {evidence.detail}"
            return question, offered, answer, proof
    raise ValueError(f"scene {scene.image_id} does not decide which of {PAIRED} is nearer")


def _complete(scene: RenderedScene) -> Scene:
    """A scene as the build of drawn scenes knows it: all things, with their depth."""
    with TemporaryDirectory() as name:
        for key, row in zip(NAMES, visual_genome_rows(scene), strict=True):
            (Path(name) / f"{key}.json").write_text(json.dumps([row]), encoding="utf-8")
        (found,) = scenes_of(_cleaned(Path(name)))
    return found


# --- pictures


def references_picture() -> Image.Image:
    scene = crowded()
    marks = [
        (letter, row, UNSEEN if place == LEFT_OUT else ANNOTATED)
        for place, (letter, row) in enumerate(zip("ABC", objects_of(scene, CLASS), strict=False))
    ]
    return _marked(scene, marks)


def pair_picture() -> Image.Image:
    sides = [
        _marked(scene, [(name, objects_of(scene, name)[0], ANNOTATED) for name in PAIRED])
        for scene in pair()
    ]
    both = Image.new("RGB", (sum(side.width for side in sides) + GUTTER, sides[0].height), "white")
    both.paste(sides[0], (0, 0))
    both.paste(sides[1], (sides[0].width + GUTTER, 0))
    return both


def _marked(scene: RenderedScene, marks: Sequence[Mark]) -> Image.Image:
    """The photograph with boxes, each labelled at its upper left corner."""
    image = Image.open(io.BytesIO(draw_scene(scene))).convert("RGB")
    canvas = ImageDraw.Draw(image)
    font = ImageFont.load_default(16)
    for label, row, color in marks:
        x, y = row["x"], row["y"]
        canvas.rectangle((x, y, x + row["w"], y + row["h"]), outline=color, width=3)
        above = (x, max(y - 20, 0))
        canvas.rectangle(canvas.textbbox(above, label, font), fill=color, outline=color, width=3)
        canvas.text(above, label, "white", font)
    return image


def texts() -> Mapping[str, str]:
    """By marker of the page."""
    return {
        "references": "".join(f"{line}\n" for line in reference_lines()),
        "pair": "".join(f"{line}\n" for line in pair_lines()),
    }


def filled(page: str) -> str:
    """The page with what the pipeline says now between its markers."""
    said = texts()
    return MARKED.sub(lambda found: found[1] + said[found[2]], page)


def main(folder: Path) -> None:
    page = folder / "questions.md"
    page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
    for name, image in (("references", references_picture()), ("pair", pair_picture())):
        image.quantize(NUM_COLORS).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
