"""Miniatures whose items stand alone: CV-Bench, BLINK, SpatialReasonerEval, RealWorldQA, V*Bench,
MMStar, MME-RealWorld-Lite."""

import json
from pathlib import Path
from typing import Any

from tasks.evaluate.miniature.files import (
    base64,
    embedded,
    write_json_lines,
    write_parquet,
)
from tasks.evaluate.miniature.questions import (
    LETTERS,
    Asked,
    closer_pair,
    color,
    how_many,
    is_left,
    laid,
    leftmost,
    nearer,
)
from tasks.evaluate.miniature.views import pick, recoded

DIRECTLY = "Answer with the option's letter from the given choices directly."
NO_ANSWER = "The image does not feature the object."


def bracketed(options: tuple[str, ...], between: str = "\n") -> str:
    lettered = (f"({letter}) {text}" for letter, text in zip(LETTERS, options, strict=False))
    return between.join(lettered)


def cv_bench(folder: Path) -> None:
    asked = {
        "2D": (("Count", how_many), ("Relation", leftmost)),
        "3D": (("Depth", nearer), ("Distance", closer_pair)),
    }
    number = 0
    for subset, tasks in asked.items():
        rows: list[dict[str, Any]] = []
        for task, ask in tasks:
            for k, (view, said) in enumerate(pick(ask, 4, start=1)):
                source = "Omni3D" if subset == "3D" else ("ADE20K", "COCO")[k % 2]
                name = {"ADE20K": f"ADE_val_{view.number:08d}.jpg"}.get(
                    source, f"{view.number:012d}.jpg"
                )
                options, letter = laid(said, k)
                rows.append(
                    {
                        "idx": number,
                        "type": subset,
                        "task": task,
                        "image": embedded(recoded(view.data, "PNG"), f"{number}.png"),
                        "question": said.text,
                        "choices": list(options),
                        "answer": f"({letter})",
                        "prompt": f"{said.text} Select from the following choices.\n"
                        + bracketed(options),
                        "filename": f"img/{subset}/{task}/{number:06d}.png",
                        "source": source,
                        "source_dataset": source,
                        "source_filename": name,
                        "target_class": None,
                        "target_size": None,
                        "bbox": None,
                    }
                )
                number += 1
        write_parquet(folder / f"test_{subset.lower()}.parquet", rows, ["image"])


def blink(folder: Path) -> None:
    for subset, ask in (("Spatial_Relation", is_left), ("Relative_Depth", nearer)):
        rows = []
        for k, (view, said) in enumerate(pick(ask, 6, start=21)):
            options, letter = laid(said, k)
            prompt = f"{said.text}\nSelect from the following choices.\n{bracketed(options)}"
            rows.append(
                {
                    "idx": f"val_{subset}_{k + 1}",
                    "question": said.text,
                    "sub_task": subset,
                    "image_1": embedded(view.data, f"val_{subset}_{k + 1}_1.jpg"),
                    "image_2": None,
                    "image_3": None,
                    "image_4": None,
                    "choices": list(options),
                    "answer": f"({letter})",
                    "prompt": prompt,
                    "explanation": "",
                }
            )
        images = [f"image_{place}" for place in range(1, 5)]
        write_parquet(folder / subset / "val-00000-of-00001.parquet", rows, images)


def spatialreasoner_eval(folder: Path) -> None:
    rows = []
    for task, ask in (("Depth", nearer), ("Distance", closer_pair)):
        for k, (view, said) in enumerate(pick(ask, 4, start=41)):
            options, letter = laid(said, k)
            rows.append(
                {
                    "image": embedded(view.data),
                    "prompt": f"{said.text} Select from the following choices.\n"
                    + bracketed(options),
                    "answer": f"({letter})",
                    "choices": repr(list(options)),
                    "task": task,
                }
            )
    write_parquet(folder / "data" / "train-00000-of-00001.parquet", rows, ["image"])


def realworldqa(folder: Path) -> None:
    rows = []
    for k, (view, said) in enumerate(pick(leftmost, 4, start=61)):
        options, letter = laid(said, k)
        lines = "\n".join(f"{x}. {text}" for x, text in zip(LETTERS, options, strict=False))
        text = (
            f"{said.text}\n\n{lines}\nPlease answer directly with only the letter of the correct "
            "option and nothing else."
        )
        rows.append(_real(view.data, text, letter, k))
    for k, (view, said) in enumerate(pick(how_many, 4, start=71)):
        text = f"{said.text}\nPlease answer directly with a single word or number."
        rows.append(_real(view.data, text, said.right, 4 + k))
    write_parquet(folder / "data" / "test-00000-of-00001.parquet", rows, ["image"])


def _real(data: bytes, question: str, answer: str, number: int) -> dict[str, Any]:
    image = embedded(recoded(data, "WEBP"), f"{number}.webp")
    return {"image": image, "question": question, "answer": answer}


def vstar_bench(folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for category, ask in (("direct_attributes", color), ("relative_position", leftmost)):
        (folder / category).mkdir(parents=True)
        for k, (view, said) in enumerate(pick(ask, 4, start=81)):
            options, letter = laid(said, k)
            name = f"{category}/sa_{view.number}.jpg"
            (folder / name).write_bytes(view.data)
            _write_targets(folder / name, said)
            rows.append(
                {
                    "image": name,
                    "text": f"{said.text}\n{bracketed(options)}\n{DIRECTLY}",
                    "category": category,
                    "label": letter,
                    "question_id": str(len(rows)),
                }
            )
    write_json_lines(folder / "test_questions.jsonl", rows)


def _write_targets(picture: Path, asked: Asked) -> None:
    """What the original has beside each picture: what is asked about, where it is (xywh), and the
    options, the right one first."""
    boxes = [[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in (one.box for one in asked.about)]
    about = {
        "target_object": [thing.name for thing in asked.about],
        "bbox": boxes,
        "question": asked.text,
        "options": [asked.right, *asked.wrong],
    }
    picture.with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")


def mmstar(folder: Path) -> None:
    abilities = (
        ("coarse perception", color),
        ("instance reasoning", leftmost),
        ("math", how_many),
    )
    rows: list[dict[str, Any]] = []
    for category, ask in abilities:
        for k, (view, said) in enumerate(pick(ask, 3, start=101)):
            options, letter = laid(said._replace(wrong=said.wrong[:3]), k)
            told = ", ".join(f"{x}: {text}" for x, text in zip(LETTERS, options, strict=False))
            number = len(rows)
            rows.append(
                {
                    "index": number,
                    "question": f"{said.text}\nOptions: {told}",
                    "image": embedded(view.data, f"images/{number}.jpg"),
                    "answer": letter,
                    "category": category,
                    "l2_category": ask.__name__,
                    "meta_info": {
                        "source": "rendered",
                        "split": "val",
                        "image_path": f"images/{number}.jpg",
                    },
                }
            )
    write_parquet(folder / "mmstar.parquet", rows, ["image"])


def mme_realworld_lite(folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for category, ask in (("Perception/Monitoring", how_many), ("Reasoning/Monitoring", color)):
        for k, (view, said) in enumerate(pick(ask, 4, start=121)):
            options, letter = laid(said._replace(wrong=said.wrong[:3]), k)
            options = (*options, NO_ANSWER)
            rows.append(
                {
                    "index": len(rows),
                    "bytes": base64(view.data),
                    "question": said.text,
                    "multi-choice options": bracketed(options).split("\n"),
                    "answer": letter,
                    "category": category,
                    "l2-category": ask.__name__,
                }
            )
    write_parquet(folder / "data" / "train-00000-of-00001.parquet", rows, [])
