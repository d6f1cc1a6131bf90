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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any, NamedTuple

import polars as pl

from bench.exploits import EXPLOITS, Case, honest
from bench.measure import show
from schemas.completion.parsing import GOLD_TAGS, read_scene, read_tags
from schemas.dataset_folder import resolve_dataset, sample_files
from schemas.proof.own_scene import COLUMNS
from training.consistency import consistency_reward, program_text
from training.published_rewards import published_dense
from training.rewards import SAME_LABEL, STRICT, Options, score_completion

ACCURACY = 0.6
"""Share of right answers at which policies are compared."""
CONSISTENCY = 0.1
"""Weight of the consistency reward."""
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
