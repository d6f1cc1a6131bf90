"""Miniatures: a few items of every benchmark, in its own files and columns, drawn here.

They let everything run that a benchmark needs, without a download: rows of the very schema, read
by the very code. What they measure is nothing: the pictures are two shapes on a plain ground.
"""

import csv
import io
import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from tasks.artifact import replacing_folder

VERSION = 1
MINIATURE = "miniature"
SIDE = 112
COLORS = {"red": (214, 40, 40), "blue": (40, 70, 220), "green": (40, 160, 70)}
SHAPES = ("circle", "square")
Rows = list[dict[str, Any]]
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


class Picture(NamedTuple):
    """`left` and `right` are what stands there; `larger` is one of them."""

    data: bytes
    left: str
    right: str
    larger: str
    polygon: list[tuple[float, float]]

    @property
    def embedded(self) -> dict[str, Any]:
        return {"bytes": self.data, "path": "picture.png"}

    @property
    def base64(self) -> str:
        return b64encode(self.data).decode()


def draw(number: int) -> Picture:
    random = Random(f"miniature {number}")
    left, right = random.sample([f"{color} {shape}" for color in COLORS for shape in SHAPES], k=2)
    small, large = 12, 20
    sizes = random.choice([(small, large), (large, small)])
    image = Image.new("RGB", (SIDE, SIDE), (235, 232, 225))
    pen = ImageDraw.Draw(image)
    for name, size, middle in zip((left, right), sizes, (28, 84), strict=True):
        y = random.randint(30, 80)
        box = (middle - size, y - size, middle + size, y + size)
        color, shape = name.split()
        paint = pen.ellipse if shape == "circle" else pen.rectangle
        paint(box, fill=COLORS[color])
        if name == left:
            corners = [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])]
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    polygon = [(round(x / SIDE, 3), round(y / SIDE, 3)) for x, y in corners]
    return Picture(buffer.getvalue(), left, right, (left, right)[sizes[1] > sizes[0]], polygon)


def mirrored(picture: Picture) -> Picture:
    with Image.open(io.BytesIO(picture.data)) as image:
        buffer = io.BytesIO()
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(buffer, "PNG")
    return picture._replace(data=buffer.getvalue(), left=picture.right, right=picture.left)


def _cv_bench(folder: Path) -> None:
    for subset, sources, tasks in (
        ("2D", ("ADE20K", "COCO"), ("Count", "Relation")),
        ("3D", ("Omni3D", "Omni3D"), ("Depth", "Distance")),
    ):
        rows: Rows = []
        for k in range(6):
            picture, source, task = draw(k), sources[k % 2], tasks[k // 3]
            options = [picture.left, picture.right] if k % 2 else ["0", "1", "2", "3", "4", "5"]
            question = f"Which is on the left?{'' if k % 2 else ' Count the shapes.'}"
            answer = "(A)" if k % 2 else "(C)"
            name = f"{k:012d}.jpg" if source == "COCO" else f"{source}_{k:08d}.jpg"
            rows.append(
                {
                    "idx": k, "type": subset, "task": task, "image": picture.embedded,
                    "question": question, "choices": options, "answer": answer,
                    "prompt": question, "filename": f"img/{k}.png", "source": source,
                    "source_dataset": source, "source_filename": name,
                }
            )  # fmt: skip
        _parquet(folder / subset / "test-00000-of-00001.parquet", rows)


def _blink(folder: Path) -> None:
    for subset in ("Spatial_Relation", "Relative_Depth"):
        rows: Rows = []
        for k in range(6):
            picture = draw(10 + k)
            rows.append(
                {
                    "idx": f"val_{subset}_{k + 1}", "sub_task": subset,
                    "question": f"Is the {picture.left} left of the {picture.right}?",
                    "prompt": "", "image_1": picture.embedded, "image_2": None,
                    "image_3": None, "image_4": None,
                    "choices": [["yes", "no"], ["no", "yes"]][k % 2],
                    "answer": ["(A)", "(B)"][k % 2], "explanation": "",
                }
            )  # fmt: skip
        _parquet(folder / subset / "val-00000-of-00001.parquet", rows)


def _srbench_3d(folder: Path) -> None:
    rows: Rows = []
    for k, category in enumerate(("height_higher", "location_above", "orientation_in_front_of")):
        for flip, picture in (("", draw(20 + k)), ("-flip", mirrored(draw(20 + k)))):
            options = [picture.left, picture.right]
            for turn in range(2):
                turned = options[turn:] + options[:turn]
                rows.append(
                    {
                        "index": len(rows), "qid": f"MINI{k:04d}{flip}-{turn}",
                        "question": "Which shape is on the left?", "A": turned[0], "B": turned[1],
                        "C": "", "D": "", "answer": "AB"[turned.index(picture.left)],
                        "category": category, "image_source": "drawn",
                        "image_url": "", "image": picture.base64,
                    }
                )  # fmt: skip
    _separated(folder / "3dsrbench_v1_vlmevalkit_circular.tsv", rows, "\t")


def _mmvp(folder: Path) -> None:
    rows: Rows = []
    (folder / "MMVP Images").mkdir(parents=True)
    for k in range(3):
        first = draw(30 + k)
        for place, picture in enumerate((first, mirrored(first))):
            index = 2 * k + place + 1
            (folder / "MMVP Images" / f"{index}.jpg").write_bytes(picture.data)
            options = f"(a) {first.left} (b) {first.right}"
            answer = "(a)" if picture.left == first.left else "(b)"
            question = "Which shape is on the left?"
            rows.append(
                {"Index": index, "Question": question, "Options": options, "Correct Answer": answer}
            )
    _separated(folder / "Questions.csv", rows, ",")


def _spatialbench(folder: Path) -> None:
    rows: Rows = []
    for category in ("existence", "reach", "size", "positional", "counting"):
        for k in range(4):
            picture = draw(40 + k // 2)
            text, answer = f"Is there a {picture.left}?", "Yes"
            if category == "counting":
                text, answer = "How many shapes are there? Answer with a number.", "2"
            elif category == "positional":
                text = (
                    f"Which is on the left? (A) {picture.left} (B) {picture.right} Answer with "
                    "the option's letter from the given choices directly."
                )
                answer = "A"
            elif k % 2:
                text, answer = "Is there a yellow triangle?", "No"
            rows.append(
                {
                    "image": picture.embedded, "answer": answer, "category": category,
                    "text": text, "question_id": k,
                }
            )  # fmt: skip
    _parquet(folder / "data" / "train-00000-of-00001.parquet", rows)


def _spatialreasoner_eval(folder: Path) -> None:
    rows: Rows = []
    for k in range(6):
        picture = draw(50 + k)
        options = [picture.left, picture.right]
        rows.append(
            {
                "image": picture.embedded,
                "prompt": f"Which is larger? Select from the following choices. (A) {options[0]} "
                f"(B) {options[1]}",
                "answer": f"({'AB'[options.index(picture.larger)]})",
                "choices": repr(options), "task": ("Depth", "Distance")[k % 2],
            }
        )  # fmt: skip
    _parquet(folder / "data" / "train-00000-of-00001.parquet", rows)


def _realworldqa(folder: Path) -> None:
    rows: Rows = []
    for k in range(6):
        picture = draw(60 + k)
        question = (
            f"Which shape is on the left?\n\nA. {picture.left}\nB. {picture.right}\nPlease answer "
            "directly with only the letter of the correct option and nothing else."
        )
        answer = "A"
        if k % 2:
            question = "How many shapes? Please answer directly with a single word or number."
            answer = "2"
        rows.append({"image": picture.embedded, "question": question, "answer": answer})
    _parquet(folder / "data" / "test-00000-of-00001.parquet", rows)


def _robospatial_home(folder: Path) -> None:
    for subset in ("configuration", "compatibility", "context"):
        rows: Rows = []
        for k in range(4):
            picture = draw(70 + k)
            question, answer = f"Is the {picture.left} left of the {picture.right}?", "yes"
            if k % 2:
                question, answer = f"Is the {picture.right} left of the {picture.left}?", "no"
            if subset == "context":
                question = f"Pinpoint several points on the {picture.left}."
                answer = repr(picture.polygon)
            rows.append(
                {
                    "category": subset, "question": question, "answer": answer,
                    "img": picture.embedded, "depth_image": None, "mask": None,
                }
            )  # fmt: skip
        _parquet(folder / "data" / f"{subset}-00000-of-00001.parquet", rows)


def _vstar_bench(folder: Path) -> None:
    lines = []
    for category in ("direct_attributes", "relative_position"):
        (folder / category).mkdir(parents=True)
        for k in range(3):
            picture = draw(80 + k)
            name = f"{category}/sa_{k}.jpg"
            (folder / name).write_bytes(picture.data)
            text = (
                f"Which shape is on the left?\n(A) {picture.left}\n(B) {picture.right}\nAnswer "
                "with the option's letter from the given choices directly."
            )
            lines.append(
                {
                    "image": name, "text": text, "category": category, "label": "A",
                    "question_id": str(k),
                }
            )  # fmt: skip
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (folder / "test_questions.jsonl").write_text(text, encoding="utf-8")


def _mmstar(folder: Path) -> None:
    rows: Rows = []
    categories = ("coarse perception", "instance reasoning", "math")
    for k in range(6):
        picture = draw(90 + k)
        question = (
            f"Which shape is on the left?\nOptions: A: {picture.right}, B: {picture.left}, C: none "
            "of them, D: both of them"
        )
        rows.append(
            {
                "index": k, "question": question, "image": picture.embedded, "answer": "B",
                "category": categories[k % 3], "l2_category": "localization",
                "meta_info": {"source": "drawn", "split": "val", "image_path": f"images/{k}.jpg"},
            }
        )  # fmt: skip
    _parquet(folder / "val" / "val-00000-of-00001.parquet", rows)


def _mme_realworld_lite(folder: Path) -> None:
    rows: Rows = []
    for k in range(6):
        picture = draw(100 + k)
        options = [picture.left, picture.right, "yellow star", "white cross", "It does not show."]
        lettered = [f"({x}) {option}" for x, option in zip("ABCDE", options, strict=True)]
        rows.append(
            {
                "index": str(k), "bytes": picture.base64, "question": "What is on the right?",
                "multi-choice options": lettered,
                "answer": "B",
                "category": ("Perception/Remote Sensing", "Reasoning/Monitoring")[k % 2],
                "l2-category": "position",
            }
        )  # fmt: skip
    _parquet(folder / "data" / "train-00000-of-00001.parquet", rows)


def _hallusionbench(folder: Path) -> None:
    rows: Rows = []
    for category in ("VD", "VS"):
        for figure in range(2):
            for number in range(2):
                picture = draw(110 + figure)
                asked = (picture.left, "yellow star")[number]
                rows.append(
                    {
                        "category": category, "subcategory": "figure", "visual_input": "1",
                        "set_id": "0", "figure_id": str(figure), "sample_note": "",
                        "question_id": str(number), "question": f"Is there a {asked}?",
                        "gt_answer_details": "", "gt_answer": ("1", "0")[number],
                        "filename": f"./{category}/{figure}.png", "image": picture.embedded,
                    }
                )  # fmt: skip
    _parquet(folder / "data" / "image-00000-of-00001.parquet", rows)


def _stvqa_val(folder: Path) -> None:
    rows: Rows = []
    for k in range(6):
        picture = draw(120 + k)
        (x1, y1), _, (x2, y2), _ = [(round(x * SIDE), round(y * SIDE)) for x, y in picture.polygon]
        label = picture.left.replace(" ", "_")
        scene = {"objects": [{"id": f"{label}.1", "bbox": [x1, y1, x2, y2]}], "relationships": []}
        options = [picture.left, picture.right]
        gold = f"<scene>{json.dumps(scene)}</scene>\n<answer>(A) {options[0]}</answer>"
        rows.append(
            {
                "image_id": str(k), "images": [picture.embedded], "question_id": f"{k}-relation",
                "question_only": "Which shape is on the left?", "options": options,
                "answer_only": "A", "answer_option_text": gold, "category": "relation",
                "level": ("easy", "medium", "hard")[k % 3], "width": SIDE, "height": SIDE,
            }
        )  # fmt: skip
    _parquet(folder / "val-00000-of-00001.parquet", rows)


DRAWN: dict[str, Callable[[Path], None]] = {
    "cv_bench": _cv_bench,
    "blink": _blink,
    "3dsrbench": _srbench_3d,
    "mmvp": _mmvp,
    "spatialbench": _spatialbench,
    "spatialreasoner_eval": _spatialreasoner_eval,
    "realworldqa": _realworldqa,
    "robospatial_home": _robospatial_home,
    "vstar_bench": _vstar_bench,
    "mmstar": _mmstar,
    "mme_realworld_lite": _mme_realworld_lite,
    "hallusionbench": _hallusionbench,
    "stvqa_val": _stvqa_val,
}


def miniature_folder(name: str, root: Path) -> Path:
    """The miniature of a benchmark, drawn where it is missing."""
    folder = root / "artifacts" / "miniature" / f"{name}-{VERSION}"
    if not folder.exists():
        with replacing_folder(folder) as partial:
            DRAWN[name](partial)
    return folder


def _parquet(path: Path, rows: Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.Table.from_pylist(rows).schema
    for name in ("image", "image_1", "img"):
        if name in schema.names:
            schema = schema.set(schema.get_field_index(name), pa.field(name, IMAGE))
    pq.write_table(pa.Table.from_pylist(rows, schema), path)


def _separated(path: Path, rows: Rows, delimiter: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
