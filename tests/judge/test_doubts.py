"""Judges that look, guess, or ignore the picture: which of them are doubted."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import polars as pl
import pytest

from schemas.config.models import JudgeConfig
from schemas.question import JUDGED
from tasks.judge.doubts import LEAST, doubts_of
from tasks.judge.stage import STAGE
from tests.stages import build_of, with_artifacts

Votes = tuple[str | None, str | None]
"""The first votes with and without the picture."""
OPTIONS = list("abcd")


def looks(random: Random, options: list[str]) -> Votes:
    """Right in most cases with the picture; without it a little better than chance."""
    seen = options[0] if random.random() < 0.85 else random.choice(options)
    return seen, options[0] if random.random() < 0.2 else random.choice(options)


def guesses(random: Random, options: list[str]) -> Votes:
    return random.choice(options), random.choice(options)


def sees_nothing(random: Random, options: list[str]) -> Votes:
    return "ambiguous", random.choice(options)


def goes_by_the_words(random: Random, options: list[str]) -> Votes:
    """Does the same with and without the picture, by common sense that is often right."""
    vote = options[0] if random.random() < 0.7 else random.choice(options)
    return vote, vote


def dreams(random: Random, options: list[str]) -> Votes:
    """By common sense again, but not each time the same."""
    seen, blind = goes_by_the_words(random, options), goes_by_the_words(random, options)
    return seen[0], blind[0]


def says_nothing(random: Random, options: list[str]) -> Votes:
    return None, None


def doubts(
    judge: Callable[[Random, list[str]], Votes],
    folder: Path,
    number: int,
    num_options: int = 4,
    blind: str = "report",
) -> list[str]:
    """About a judge that was asked so many questions, the answer to each of which is `a`."""
    random = Random(7)
    options = OPTIONS[:num_options]
    rows = []
    for _ in range(number):
        seen, unseen = judge(random, options)
        is_kept = seen == "a"
        is_asked = blind == "report" or (is_kept and blind != "off")
        rows.append(
            dict.fromkeys(JUDGED)
            | {"options": options, "answer": 0, "verdict": "keep" if is_kept else "disagree"}
            | {"votes": [seen, "a"], "blind_votes": [unseen] if is_asked else []}
        )
    pl.DataFrame(rows, JUDGED).write_parquet(folder / "judged.parquet")
    config = JudgeConfig.model_validate({"chat": {"model": "m"}, "blind": blind})
    return doubts_of([folder / "judged.parquet"], config)


@pytest.mark.parametrize("num_options", [2, 3, 4])
@pytest.mark.parametrize(
    ("judge", "blind", "told"),
    [
        (looks, "report", []),
        (looks, "drop", []),
        (looks, "off", []),
        (says_nothing, "report", []),
        (guesses, "off", ["answers with its first vote"]),
        (guesses, "report", ["answers with its first vote", "is right in"]),
        (sees_nothing, "off", ["finds 0.0 % of 200 answers with its first vote"]),
        (goes_by_the_words, "report", ["votes on 100.0 % of 200 questions as it does without"]),
        (goes_by_the_words, "drop", ["votes on 100.0 %"]),
        (goes_by_the_words, "off", []),
        (dreams, "report", ["is right in"]),
    ],
)
def test_a_judge_is_doubted_where_it_seems_not_to_look(
    judge: Callable[[Random, list[str]], Votes],
    blind: str,
    told: list[str],
    num_options: int,
    tmp_path: Path,
) -> None:
    found = doubts(judge, tmp_path, 200, num_options, blind)
    assert len(found) == len(told)
    assert all(part in doubt for part, doubt in zip(told, found, strict=True))


@pytest.mark.parametrize("num_options", [2, 3, 4])
def test_a_judge_that_goes_by_the_letter_is_doubted_however_often_it_is_right(
    num_options: int, tmp_path: Path
) -> None:
    options = OPTIONS[:num_options]
    votes = [["a", "b"]] * LEAST + [["b", options[2 % num_options]]] * LEAST
    rows = [
        dict.fromkeys(JUDGED)
        | {"options": options, "answer": 0, "verdict": "keep", "votes": both, "blind_votes": []}
        for both in [*votes, ["ambiguous", "a"], ["a"], [None, "b"]]
    ]
    pl.DataFrame(rows, JUDGED).write_parquet(tmp_path / "judged.parquet")
    config = JudgeConfig.model_validate({"chat": {"model": "m"}, "blind": "off"})
    (doubt,) = [one for one in doubts_of([tmp_path / "judged.parquet"], config) if "letter" in one]
    assert doubt.startswith("votes for the same letter twice on 100.0 % of 60 questions")


@pytest.mark.parametrize("judge", [guesses, sees_nothing, goes_by_the_words])
def test_a_few_questions_tell_nothing_of_a_judge(
    judge: Callable[[Random, list[str]], Votes], tmp_path: Path
) -> None:
    assert doubts(judge, tmp_path, LEAST - 1) == []
    assert doubts(judge, tmp_path, LEAST + 20) != []


def test_the_stage_ends_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert doubts(guesses, tmp_path, 200)
    config = JudgeConfig.model_validate({"chat": {"model": "judge-1"}, "blind": "off"})
    build = build_of(tmp_path, images="embed", judge=config)
    build = with_artifacts(build, judge=pl.read_parquet(tmp_path / "judged.parquet"))
    assert STAGE.check
    STAGE.check(build)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith("judge        warning: judge-1 finds ")
