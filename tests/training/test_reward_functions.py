"""Reward functions in TRL's form."""

import pytest

from schemas.config.training import RewardConfig
from tests.training.test_rewards import DOG, GOLD, SCENE, completion_of
from training.reward_functions import UNGATED, reward_functions, text_of

COLUMNS = {
    "completions": [completion_of(SCENE), completion_of({"objects": [DOG]}), "no"],
    "gold": [GOLD] * 3,
    "width": [100] * 3,
    "height": [100] * 3,
}
WRONG = completion_of(SCENE, "(A) left")


def scores(config: RewardConfig, **columns) -> dict[str, list[float]]:
    known = COLUMNS | columns
    return {
        function.__name__: function(**known, prompts=["?"] * 3, trainer_state=None)
        for function, _ in reward_functions(config)
    }


def test_every_part_is_a_function_of_its_own():
    assert scores(RewardConfig()) == {
        "format": [1, 1, 0],
        "count": [1, pytest.approx(0.35), 0],
        "accuracy": [1, 1, 0],
        "spatial": [1, 0.5, 0],
    }


@pytest.mark.parametrize(
    ("settings", "weights"),
    [
        ({}, {"format": 0.1, "count": 0.2, "accuracy": 0.5, "spatial": 0.2}),
        ({"weights": {"count": 0.0}}, {"format": 0.1, "accuracy": 0.5, "spatial": 0.2}),
        (
            {"weights": {"format": 0.0, "relationships": 0.1}},
            {"format": 0, "count": 0.2, "accuracy": 0.5, "spatial": 0.2, "relationships": 0.1},
        ),
        ({"kind": "sparse"}, {"format": 0.5, "accuracy": 0.5}),
    ],
)
def test_only_what_weighs_is_asked(settings, weights):
    config = RewardConfig.model_validate(settings)
    found = {function.__name__: weight for function, weight in reward_functions(config)}
    assert found == weights


def test_completions_may_be_conversations():
    talks = [[{"role": "assistant", "content": text}] for text in COLUMNS["completions"]]
    assert scores(RewardConfig(), completions=talks) == scores(RewardConfig())
    assert text_of([{"role": "assistant", "content": "a"}]) == "a"


def test_closeness_is_logged_of_wrong_answers_too_and_paid_for_right_ones_only():
    logged = []
    (function, *_) = [entry.function for entry in reward_functions(RewardConfig())]
    rows = {"completions": [WRONG, "no"], "gold": [GOLD] * 2, "width": [100] * 2}
    function(**rows, height=[100] * 2, log_metric=lambda *entry: logged.append(entry))
    assert logged == [(UNGATED, 0.5)]
    assert scores(RewardConfig(), completions=[WRONG] * 3)["spatial"] == [0, 0, 0]
    assert scores(RewardConfig(ungated=True), completions=[WRONG] * 3)["spatial"] == [1, 1, 1]


def test_the_sparse_reward_asks_for_no_scene():
    text = "<think>So.</think>\n<answer>(B) behind</answer>"
    found = scores(RewardConfig(kind="sparse"), completions=[text, text.upper(), "no"])
    assert found == {"format": [1, 0, 0], "accuracy": [1, 0, 0]}
