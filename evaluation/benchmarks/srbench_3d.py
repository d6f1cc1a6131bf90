"""3DSRBench: base rows by address, or the TSV with mirrored images and turned options.

The first 8 characters of `qid` name an item, `-flip` its mirror image, and a number behind both a
turn of its options (VLMEvalKit's class _3DSRBench). Rows without a number are in base order.
"""

import re
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    coco_of,
    cut_options,
    first_of,
    gold_of,
    in_columns,
    is_given,
    letter_of,
    listed,
    text_of,
)
from evaluation.lmms_eval import LMMS_EVAL
from evaluation.metrics import Metric, accuracy, by, parts, whole
from evaluation.miniatures.files import base64, write_separated
from evaluation.miniatures.questions import closer_pair, faces, higher, laid, nearer
from evaluation.miniatures.scenes import Scenes, mirrored
from evaluation.readings import by_letter
from evaluation.rules import plain
from evaluation.vlmevalkit import VLMEVALKIT, vlmevalkit
from schemas.benchmark import LETTERS, fact

TYPES = ("height", "location", "orientation", "multi_object")
"""The four types of questions; a category begins with its type."""
QID = re.compile(r"(.{8})(-flip)?(?:-(\d))?")
"""The 8 characters of an item, `-flip` for its mirror image, and the turn of its options."""
LMMS_EVAL_FORMS = (
    *(r"^([A-D])[\.\s\)]", r"^([A-D])$", r"[Aa]nswer[:\s]+([A-D])"),
    *(r"[Tt]he answer is[:\s]+([A-D])", r"[Mm]y answer is[:\s]+([A-D])"),
    *(r"\(([A-D])\)", r"([A-D])\.", r"\b([A-D])\b"),
)
"""What lmms-eval looks for; the first that occurs decides."""
SIDES = {"left": "right", "right": "left"}  # answers change so in a mirror image


def read(row: Row, part: Part, number: int) -> Item:
    if "prompt" in row:
        return _paper_item(row, number)
    name = str(first_of(row, "qid", "index"))
    match = QID.fullmatch(name)
    if not match:
        raise ValueError(f"{name[:40]!r} names no item, mirror image and turn of 3DSRBench")
    qid, flip, turn = match[1], int(bool(match[2])), int(match[3] or 0)
    category, address = text_of(row, "category"), row.get("image_url")
    return Item(
        item_id=f"{qid}-{flip}-{turn}",
        question=text_of(row, "question"),
        options=in_columns(row),
        answer=letter_of(row["answer"]),
        images=(first_of(row, "image_url") if not is_given(row.get("image")) else row["image"],),
        category=category,
        group=qid,
        facts={"qid": qid, "flip": str(flip), "variant": str(turn), "type": type_of(category)},
        image_sources=coco_of(address) or coco_of(row.get("image_source")),
    )


def _paper_item(row: Row, number: int) -> Item:
    """A row of the paper's copy, which has only base rows and no ids."""
    question, options = cut_options(text_of(row, "prompt"))
    category = text_of(row, "task")
    options = listed(row["choices"]) if is_given(row.get("choices")) else options
    return Item(
        item_id=f"{number:08d}-0-0",
        question=question,
        options=options,
        answer=gold_of(row["answer"], options),
        images=(row["image"],),
        category=category,
        facts={"qid": f"{number:08d}", "flip": "0", "variant": "0", "type": type_of(category)},
    )


def type_of(category: str) -> str:
    kind = next((kind for kind in TYPES if category.startswith(kind)), None)
    if kind is None:
        raise ValueError(f"the category {category[:40]!r} is of no type ({', '.join(TYPES)})")
    return kind


def check(items: pl.DataFrame) -> str | None:
    """What is wrong: an item without a turn for each of its options, where there are turns, or a
    mirror image without its item."""
    rows = [
        (fact(facts, "qid"), fact(facts, "flip"), fact(facts, "variant"), len(options))
        for facts, options in items.select("facts", "options").iter_rows()
    ]
    table = pl.DataFrame(rows, ["qid", "flip", "variant", "options"], orient="row")
    if table["variant"].n_unique() > 1:
        turns = table.group_by("qid", "flip").agg(pl.len(), pl.col("options").max())
        short = turns.filter(pl.col("len") != pl.col("options")).sort("qid", "flip")
        if not short.is_empty():
            qid, _, size, options = short.row(0)
            return f"item {qid} has {size} turns of its {options} options"
    plain = table.filter(pl.col("flip") == "0")
    alone = table.filter(pl.col("flip") == "1").join(plain, on="qid", how="anti").sort("qid")
    return None if alone.is_empty() else f"the mirror image {alone['qid'][0]} lacks its item"


def official(table: pl.DataFrame) -> list[Metric]:
    """The figures of VLMEvalKit (_3DSRBench) and lmms-eval. Vanilla: every row counts. Flip: a row
    and its mirror image in the same turn count once, where both are right. Circular: an item counts
    where every turn of its options is right; a mirror image is an item of its own. Flip and
    circular: all turns of an item and of its mirror image count once. About one item in thirty has
    no mirror image, and counts alone."""
    turns = pl.col("num_options")
    items = whole(table, ["qid", "flip"], turns)
    is_circular = table["variant"].n_unique() > 1 and items.height > 0
    metrics = [
        accuracy(table, "vanilla", is_main=not is_circular),
        *by(table, "category", "vanilla"),
    ]
    if is_circular:
        types = whole(table, ["qid", "flip"], turns, pl.col("type"))
        metrics.append(Metric("circular", items, table, is_main=True))
        metrics.append(Metric("circular, mean of types", types, table))
        for name, part in parts(table, "type"):
            of_type = whole(part, ["qid", "flip"], turns)
            metrics.append(Metric("circular", of_type, part, category=name))
    if table["flip"].n_unique() > 1:
        images = pl.col("flip").n_unique()
        pairs = whole(table, ["qid", "variant"], images.over("qid", "variant"))
        metrics.append(Metric("flip", pairs, table))
        if is_circular:
            both = whole(table, ["qid"], images.over("qid") * turns)
            metrics.append(Metric("flip and circular", both, table))
    return metrics


def lmms_eval_letter(reply: str) -> str | None:
    """As EvolvingLMMs-Lab/lmms-eval at 75571cfe (tasks/3dsrbench/utils.py): "A" is a letter, even
    where it is an article."""
    found = (re.search(form, reply.strip()) for form in LMMS_EVAL_FORMS)
    return next((one[1] for one in found if one), None)


def base_rows(table: pl.DataFrame) -> list[Metric]:
    """The paper's 2,625 rows: no mirror images, no turned options."""
    return plain(table.filter((pl.col("flip") == "0") & (pl.col("variant") == "0")))


def draw(scenes: Scenes, folder: Path) -> None:
    """The circular TSV: base and mirror image, each in as many turns as options; the first row
    that shows an image holds it, and others name that row."""
    asked = (
        ("height_higher", higher, False),
        ("location_closer_to_camera", nearer, False),
        ("orientation_on_the_left", faces, True),
        ("multi_object_closer_to", closer_pair, False),
    )
    rows: list[dict[str, Any]] = []
    for k, (category, ask, is_sided) in enumerate(asked):
        ((view, said),) = scenes.pick(ask, 1, start=141 + 5 * k)
        for flip in ("", "-flip"):
            shown = mirrored(view) if flip else view
            right = SIDES[said.right] if flip and is_sided else said.right
            options = laid(said, k).options
            first = len(rows)
            for turn in range(len(options)):
                turned = (*options[turn:], *options[:turn])
                columns = dict.fromkeys("ABCD", "") | dict(zip("ABCD", turned, strict=False))
                rows.append(
                    {
                        "index": len(rows),
                        "qid": f"MINI{k:04d}{flip}{f'-{turn}' if turn else ''}",
                        "question": said.text,
                        **columns,
                        "answer": LETTERS[turned.index(right)],
                        "category": category,
                        "image_source": "rendered",
                        "image_url": f"http://images.example.org/{view.number:012d}.jpg",
                        "image": str(first) if turn else base64(shown.data),
                    }
                )
    write_separated(folder / "3dsrbench_v1_vlmevalkit_circular.tsv", rows, "\t")


BENCHMARK = Benchmark(
    name="3dsrbench",
    title="3DSRBench",
    aliases=("3DSRBench_circular",),
    licence="CC-BY-4.0",
    sources=(
        Source(
            "ccvl/3DSRBench",
            (Part("test", "benchmark"),),
            "5c90e422b68d0484d50a3ff06b3096ea7d288026",
        ),
        Source("hunarbatra/3DSRBench", (Part("test"),)),
    ),
    read=read,
    counts={"": (5157, 11686, 2625)},
    check=check,
    official=official,
    paper_compatible=base_rows,
    parsers={VLMEVALKIT: vlmevalkit, LMMS_EVAL: by_letter(lmms_eval_letter)},
    facts=("qid", "flip", "variant", "type"),
    draw=draw,
    published={
        TOTAL: figures("68.2 44.3 61.9 48.2 44.0 48.4 60.4 50.8 50.1 52.9 53.6 54.7 56.4 62.1"),
    },
)
