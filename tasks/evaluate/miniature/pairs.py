"""Miniatures whose items belong together: mirror images and turns of 3DSRBench, pairs of MMVP and
SpatialBench, figures of HallusionBench."""

from math import dist
from pathlib import Path
from typing import Any

from tasks.evaluate.miniature.choices import DIRECTLY, bracketed
from tasks.evaluate.miniature.files import base64, embedded, write_parquet, write_separated
from tasks.evaluate.miniature.questions import (
    LETTERS,
    Asked,
    absent,
    closer_pair,
    faces,
    higher,
    how_many,
    is_left,
    laid,
    leftmost,
    nearer,
    present,
)
from tasks.evaluate.miniature.views import Seen, View, mirrored, pick

Both = tuple[Asked, Asked]
MIN_METRES = 2.0
SIDES = {"left": "right", "right": "left"}


def srbench_3d(folder: Path) -> None:
    """The circular TSV: base and mirror image, each in as many turns as options; the picture stands
    with the first row that shows it, and others name that row."""
    asked = (
        ("height_higher", higher, False),
        ("location_closer_to_camera", nearer, False),
        ("orientation_on_the_left", faces, True),
        ("multi_object_closer_to", closer_pair, False),
    )
    rows: list[dict[str, Any]] = []
    for k, (category, ask, is_sided) in enumerate(asked):
        ((view, said),) = pick(ask, 1, start=141 + 5 * k)
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


def mmvp(folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    (folder / "MMVP Images").mkdir(parents=True)
    for k, (view, said) in enumerate(pick(leftmost, 3, start=161)):
        options = laid(said, k).options
        for shown, right in ((view, said.right), (mirrored(view), said.wrong[0])):
            index = len(rows) + 1
            (folder / "MMVP Images" / f"{index}.jpg").write_bytes(shown.data)
            rows.append(
                {
                    "Index": index,
                    "Question": said.text,
                    "Options": f"(a) {options[0]} (b) {options[1]}",
                    "Correct Answer": f"({'ab'[options.index(right)]})",
                }
            )
    write_separated(folder / "Questions.csv", rows, ",")


def spatialbench(folder: Path) -> None:
    rows = []
    for category, ask_both in (
        ("existence", lambda view: (present(view), absent(view))),
        ("reach", _reached),
        ("size", _compared),
    ):
        both = [(view, one) for view, pair in pick(ask_both, 2, start=181) for one in pair]
        rows += [_spatial(category, k, view, asked) for k, (view, asked) in enumerate(both)]
    for category, ask in (("positional", leftmost), ("counting", how_many)):
        alone = pick(ask, 3, start=191)
        rows += [_spatial(category, k, view, asked) for k, (view, asked) in enumerate(alone)]
    write_parquet(folder / "data" / "train-00000-of-00001.parquet", rows, ["image"])


def _spatial(category: str, number: int, view: View, asked: Asked) -> dict[str, Any]:
    text, answer = f"{asked.text} Answer with yes or no.", asked.right.capitalize()
    if category == "counting":
        text, answer = f"{asked.text} Answer with a number.", asked.right
    elif category in ("positional", "size"):
        options, answer = laid(asked, number)
        text = f"{asked.text} {bracketed(options, ' ')} {DIRECTLY}"
    return {
        "image": embedded(view.data),
        "answer": answer,
        "category": category,
        "text": text,
        "question_id": number,
    }


def _reached(view: View) -> Both | None:
    """One who holds something has reached it, and not what is metres away."""
    held = next((link for link in view.relationships if link[1] == "holding"), None)
    if not held:
        return None
    by_label = {thing.label: thing for thing in view.things}
    holder, thing = by_label[held[0]], by_label[held[2]]
    others = [one for one in view.unique if one not in (holder, thing)]
    far = max(others, key=lambda one: _metres(one, holder), default=None)
    if far is None or _metres(far, holder) < MIN_METRES:
        return None
    return (
        Asked(f"Has the {holder.name} reached the {thing.name}?", "yes", ("no",)),
        Asked(f"Has the {holder.name} reached the {far.name}?", "no", ("yes",)),
    )


def _metres(one: Seen, other: Seen) -> float:
    return dist((one.x, one.z), (other.x, other.z))


def _compared(view: View) -> Both | None:
    """Of the tallest and the shortest thing in the picture, where one is twice the other."""
    ordered = sorted(view.unique, key=lambda one: one.box[3] - one.box[1])
    if len(ordered) < 2:
        return None
    short, tall = ordered[0], ordered[-1]
    if tall.box[3] - tall.box[1] < 2 * (short.box[3] - short.box[1]):
        return None
    names = f"the {tall.name} or the {short.name}?"
    return (
        Asked(f"Which appears taller in the image, {names}", tall.name, (short.name,)),
        Asked(f"Which appears shorter in the image, {names}", short.name, (tall.name,)),
    )


def hallusionbench(folder: Path) -> None:
    """Figures 1 of every set are as drawn, figures 2 (`visual_input` 2) are edited: mirrored."""
    rows = []
    for category in ("VD", "VS"):
        for number, (view, said) in enumerate(pick(is_left, 2, start=201)):
            for figure, shown in ((1, view), (2, mirrored(view))):
                left, right = said.about
                questions = (
                    (said.text, figure == 1),
                    (f"Is the {right.name} to the left of the {left.name}?", figure == 2),
                )
                for place, (text, is_true) in enumerate(questions):
                    rows.append(
                        {
                            "category": category,
                            "subcategory": "figure",
                            "visual_input": str(figure),
                            "set_id": str(number),
                            "figure_id": str(figure),
                            "sample_note": "rendered",
                            "question_id": str(place),
                            "question": text,
                            "gt_answer_details": "",
                            "gt_answer": str(int(is_true)),
                            "filename": f"./{category}/figure/{number}_{figure}.png",
                            "image": embedded(shown.data),
                        }
                    )
    write_parquet(folder / "data" / "image-00000-of-00001.parquet", rows, ["image"])
