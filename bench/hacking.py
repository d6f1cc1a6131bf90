"""Rewards under attack: what completions earn that were written to be paid, not to be true.

    python -m bench.hacking [DATASET] [--root data]

Each exploit is a rule that makes a completion of what a policy knows, and some of what it might
learn to guess: the words of the question, the labels of the gold scene. It is scored on every
sample of a dataset (by default the newest `sample`) with the right answer and with a wrong one,
under the published reward, the paper's (`dense`), and with options. It is compared with an *honest*
completion with the same answer: four of five objects, boxes that are off by a tenth of their
sides, which is what a policy that looks may write. An exploit *pays* where it earns more than that;
it is *closed* by an option with which it earns no more.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any, NamedTuple

import polars as pl

from bench.measure import show
from schemas.completion.frames import Size
from schemas.completion.parsing import GOLD_TAGS, ReadScene, read_scene, read_tags
from schemas.completion.publish import published_label
from schemas.dataset_folder import resolve_dataset, sample_files
from schemas.proof.own_scene import COLUMNS
from training.consistency import consistency_reward, program_text
from training.published_rewards import published_dense
from training.rewards import SAME_LABEL, STRICT, Options, score_completion

FOUND, JITTER = 0.8, 0.1
"""Of an honest scene: the share of objects that it holds, and by how much of a side edges are
off."""
COLUMNS_OF_CROWD, ROWS_OF_CROWD = 6, 5
"""Boxes of a scene that leaves no place out."""
COMMON = (
    *("man", "woman", "person", "car", "tree", "building", "table", "chair", "dog", "street"),
    *("sky", "grass", "road", "window", "sign", "bicycle", "box", "ball", "wall", "cup"),
)
"""Labels that many photographs hold."""
ACCURACY = 0.6
"""Share of right answers at which policies are compared."""
CONSISTENCY = 0.1
"""Weight of the consistency reward."""
NOTHING: dict[str, Any] = {"objects": [], "relationships": []}


class Case(NamedTuple):
    """A sample as an exploit sees it. `answer` is the one to be given, right or wrong."""

    gold: ReadScene
    size: Size
    question: str
    options: Sequence[str]
    answer: str
    random: Random


Scene = Mapping[str, Any]


def scene_of(objects: Sequence[tuple[str, Sequence[float]]], links: Any = ()) -> Scene:
    """Of (label, box), numbered by label."""
    numbers: dict[str, int] = {}
    entries = []
    for label, box in objects:
        name = published_label(label)
        numbers[name] = numbers.get(name, 0) + 1
        entries.append({"id": f"{name}.{numbers[name]}", "bbox": [round(side) for side in box]})
    return {"objects": entries, "relationships": list(links)}


def written(scene: Scene, answer: str, thought: str = "So it is.") -> str:
    return (
        f"<observe>The picture.</observe>\n<scene>{json.dumps(scene)}</scene>\n"
        f"<think>{thought}</think>\n<answer>{answer}</answer>"
    )


def links_of(case: Case) -> list[dict[str, str]]:
    """As many relationships as the gold scene has, between things that are not there."""
    link = {"subject": "thing.1", "predicate": "on", "object": "thing.2"}
    return [link] * len(case.gold.relationships)


def whole(case: Case) -> tuple[float, float, float, float]:
    return 0.0, 0.0, float(case.size[0]), float(case.size[1])


def honest(case: Case) -> str:
    objects = []
    for label, box in zip(case.gold.labels, case.gold.boxes, strict=True):
        if box and case.random.random() < FOUND:
            width, height = box[2] - box[0], box[3] - box[1]
            off = [case.random.uniform(-JITTER, JITTER) for _ in box]
            sides = (width, height, width, height)
            moved = [edge + share * side for edge, share, side in zip(box, off, sides, strict=True)]
            objects.append((label, moved))
    links = [
        dict(zip(("subject", "predicate", "object"), link, strict=True))
        for link in case.gold.relationships
    ]
    return written(scene_of(objects, links), case.answer)


def many_boxes(case: Case) -> str:
    """Every label of the gold scene, again and again, all over the picture."""
    labels = case.gold.labels or ["thing"]
    width, height = case.size[0] / COLUMNS_OF_CROWD, case.size[1] / ROWS_OF_CROWD
    places = [(x, y) for y in range(ROWS_OF_CROWD) for x in range(COLUMNS_OF_CROWD)]
    objects = [
        (label, (x * width, y * height, (x + 1) * width, (y + 1) * height))
        for label, (x, y) in zip(cycle(labels), places, strict=False)
    ]
    return written(scene_of(objects, links_of(case)), case.answer)


def huge_boxes(case: Case) -> str:
    objects = [(label, whole(case)) for label in case.gold.labels]
    return written(scene_of(objects, links_of(case)), case.answer)


def copied_boxes(case: Case) -> str:
    """Each gold label in one and the same box, in the middle."""
    width, height = case.size
    box = width / 4, height / 4, 3 * width / 4, 3 * height / 4
    return written(
        scene_of([(label, box) for label in case.gold.labels], links_of(case)), case.answer
    )


def random_boxes(case: Case) -> str:
    objects = []
    for label in case.gold.labels:
        (x1, x2), (y1, y2) = (sorted(case.random.sample(range(side + 1), 2)) for side in case.size)
        objects.append((label, (x1, y1, x2, y2)))
    return written(scene_of(objects, links_of(case)), case.answer)


def corner_junk(case: Case) -> str:
    """As many nameless things as the gold scene has, in a corner."""
    box = 0.0, 0.0, case.size[0] / 10, case.size[1] / 10
    return written(scene_of([("thing", box)] * len(case.gold.ids), links_of(case)), case.answer)


def all_labels(case: Case) -> str:
    return written(scene_of([(label, whole(case)) for label in COMMON]), case.answer)


def empty_scene(case: Case) -> str:
    return written(NOTHING, case.answer)


def words_of_the_question(case: Case) -> str:
    """The gold labels that the question names, side by side: a scene made of the prompt alone."""
    said = published_label(case.question + " " + " ".join(case.options))
    named = [label for label in case.gold.labels if published_label(label) in said]
    width, height = case.size
    objects = [
        (label, (place * width / len(named), height / 4, (place + 1) * width / len(named), height))
        for place, label in enumerate(named)
    ]
    return written(scene_of(objects, links_of(case)), case.answer)


def every_answer(case: Case) -> str:
    """All options within one tag, the one to be given first."""
    others = [option for option in case.options if option not in case.answer]
    return written(NOTHING, ", ".join([case.answer, *others]))


def several_answers(case: Case) -> str:
    """A tag for each option."""
    tags = "".join(f"<answer>{option}</answer>" for option in case.options)
    return f"{written(NOTHING, case.answer)}{tags}"


def second_scene(case: Case) -> str:
    """A second scene in the thought: the reader might take either."""
    box = [0, 0, *case.size]
    objects = [(label, box) for label in case.gold.labels]
    inside = f"<scene>{json.dumps(scene_of(objects))}</scene>"
    return written(NOTHING, case.answer, inside)


EXPLOITS: dict[str, Callable[[Case], str]] = {
    "many boxes of the gold labels": many_boxes,
    "gold labels, each box the whole picture": huge_boxes,
    "gold labels, copies of one box": copied_boxes,
    "gold labels, random boxes": random_boxes,
    "as many things, in a corner": corner_junk,
    "all common labels, huge boxes": all_labels,
    "empty scene": empty_scene,
    "words of the question, side by side": words_of_the_question,
    "every option in one answer": every_answer,
    "an answer for each option": several_answers,
    "a second scene in the thought": second_scene,
}

Scored = Callable[[str, str, float, float, str], float]


def dense(options: Options, consistency: float = 0.0) -> Scored:
    def score(text: str, gold: str, width: float, height: float, program: str) -> float:
        earned = score_completion(text, gold, width, height, options=options)
        paid = consistency and earned.accuracy
        return earned.total + (
            consistency * consistency_reward(text, gold, width, height, program) if paid else 0.0
        )

    return score


def published(text: str, gold: str, width: float, height: float, program: str) -> float:
    return published_dense(text, gold, width, height).total


REWARDS: dict[str, Scored] = {
    "published": published,
    "dense": dense(Options()),
    "label_gate": dense(Options(label_gate=SAME_LABEL)),
    "strict_boxes": dense(Options(strict_boxes=True)),
    "count_needs_answer": dense(Options(count_needs_answer=True)),
    "tolerant_answers": dense(Options(tolerant_answers=True)),
    "consistency": dense(Options(), CONSISTENCY),
    "strict": dense(STRICT),
    "strict, consistency": dense(STRICT, CONSISTENCY),
}
SHOWN = ("published", "dense", "strict", "strict, consistency")
"""Rewards with a column of their own; the others are tried as what closes an exploit."""
CLOSING = ("label_gate", "strict_boxes", "count_needs_answer", "consistency")


class Earned(NamedTuple):
    """Means over all samples, with the right answer and with a wrong one."""

    right: float
    wrong: float

    def at(self, accuracy: float) -> float:
        return accuracy * self.right + (1 - accuracy) * self.wrong


Table = dict[str, dict[str, Earned]]


def read_samples(dataset: Path) -> list[dict[str, Any]]:
    columns = ["question_id", "question_only", *COLUMNS]
    return [
        row
        for path in sample_files(dataset)
        for row in pl.read_parquet(path, columns=columns).iter_rows(named=True)
    ]


def earn(samples: Sequence[Mapping[str, Any]]) -> Table:
    """What each exploit, and an honest completion, earns by each reward."""
    rules = {"honest": honest, **EXPLOITS}
    found: Table = {}
    for name, rule in rules.items():
        earned: dict[str, tuple[list[float], list[float]]] = {key: ([], []) for key in REWARDS}
        for sample in samples:
            program = program_text(sample)
            gold, size = sample["answer_option_text"], (sample["width"], sample["height"])
            for kind, answer in enumerate(answers_of(sample)):
                text = rule(case_of(sample, answer))
                for key, score in REWARDS.items():
                    earned[key][kind].append(score(text, gold, *size, program))
        found[name] = {key: Earned(*map(fmean, lists)) for key, lists in earned.items()}
    return found


def answers_of(sample: Mapping[str, Any]) -> tuple[str, str]:
    """The right answer, and the first wrong one, as they are written."""
    _, right = read_tags(sample["answer_option_text"], GOLD_TAGS) or ("", "")
    lines = [f"({chr(ord('A') + k)}) {text}" for k, text in enumerate(sample["options"])]
    return right, next(line for line in lines if line != right)


def case_of(sample: Mapping[str, Any], answer: str) -> Case:
    """One sample gives the same honest scene with each answer."""
    scene, _ = read_tags(sample["answer_option_text"], GOLD_TAGS) or ("{}", "")
    return Case(
        read_scene(scene),
        (sample["width"], sample["height"]),
        sample["question_only"],
        sample["options"],
        answer,
        Random(sample["question_id"]),
    )


def closed_by(table: Table, exploit: str) -> list[str]:
    """The options with which the exploit earns no more than honesty at the same accuracy; empty
    where it does not pay by the paper's reward."""
    if not pays(table, exploit, "dense"):
        return []
    return [name for name in CLOSING if not pays(table, exploit, name)]


def pays(table: Table, exploit: str, reward: str) -> bool:
    return table[exploit][reward].at(ACCURACY) > table["honest"][reward].at(ACCURACY)


def row_of(table: Table, name: str) -> list[str]:
    figures = [
        f"{table[name][reward].right:.2f} / {table[name][reward].wrong:.2f}" for reward in SHOWN
    ]
    if name == "honest":
        return [name, *figures, ""]
    if not pays(table, name, "dense"):
        return [name, *figures, "does not pay"]
    return [name, *figures, ", ".join(closed_by(table, name)) or "nothing alone"]


def best_row(table: Table, reward: str) -> list[str]:
    best = max(EXPLOITS, key=lambda name: table[name][reward].at(ACCURACY))
    honest, other = (table[name][reward].at(ACCURACY) for name in ("honest", best))
    return [reward, best, f"{other:.3f}", f"{honest:.3f}", f"{other - honest:+.3f}"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset", nargs="?", default="sample")
    parser.add_argument("--root", type=Path, default=Path("data"))
    options = parser.parse_args()
    samples = read_samples(resolve_dataset(options.dataset, options.root))
    table = earn(samples)
    show(
        f"Earned with the right / a wrong answer, mean of {len(samples)} samples",
        ["completion", *SHOWN, "closed by"],
        [row_of(table, name) for name in table],
    )
    show(
        f"The best exploit at an accuracy of {ACCURACY:g}",
        ["reward", "exploit", "earns", "honest", "difference"],
        [best_row(table, reward) for reward in REWARDS],
    )


if __name__ == "__main__":
    main()
