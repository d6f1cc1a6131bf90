"""What completions earn that were written to be paid."""

import pytest

from bench.hacking import (
    ACCURACY,
    REWARDS,
    Earned,
    closed_by,
    earn,
    pays,
    read_samples,
)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def table(drawn_dataset):
    return earn(read_samples(drawn_dataset)[:16])


def test_the_strict_options_pay_less_for_boxes_of_the_whole_picture(table):
    def lead(reward: str) -> float:
        name = "gold labels, each box the whole picture"
        return table[name][reward].at(ACCURACY) - table["honest"][reward].at(ACCURACY)

    assert lead("strict, consistency") < lead("strict") < lead("dense")


def test_only_one_answer_and_one_scene_are_read(table):
    """Of several nothing is paid, or the format alone, whatever the reward."""
    for name in ("an answer for each option", "a second scene in the thought"):
        assert {earned.right for earned in table[name].values()} == {0}
    answers = table["every option in one answer"]
    assert all(answers[reward].right == answers[reward].wrong for reward in REWARDS)


def test_the_strict_options_pay_a_wrong_answer_for_its_format_alone(table):
    assert {round(row["strict"].wrong, 9) for row in table.values()} <= {0, 0.1}


def test_an_option_closes_what_pays_without_it_alone():
    """At six right answers of ten, 0.9 / 0.2 is 0.62 and 0.8 / 0.4 is 0.64."""
    assert ACCURACY == 0.6
    plain, better = Earned(0.9, 0.2), Earned(0.8, 0.4)
    rewards = dict.fromkeys(REWARDS, plain)
    table = {
        "honest": rewards,
        "greedy": {**dict.fromkeys(REWARDS, better), "consistency": Earned(0.5, 0.4)},
        "poor": {**rewards, "label_gate": better},
    }
    assert closed_by(table, "greedy") == ["consistency"]
    assert closed_by(table, "poor") == []
    assert pays(table, "greedy", "dense") and not pays(table, "poor", "dense")
