"""What the published code pays: the values are those that it returned at commit 4ac41cf, in an
image of 100 by 90, labels compared for equality."""

import json
from typing import Any

import pytest

from schemas.config.training import RewardConfig
from training.published_rewards import published_dense, published_sparse
from training.reward_functions import reward_functions, scorer
from training.rewards import score_completion

DOG, CAT = {"id": "dog.1", "bbox": [10, 10, 50, 60]}, {"id": "cat.1", "bbox": [60, 20, 90, 80]}
COW = {"id": "cow.1", "bbox": [0, 0, 5, 5]}
LINK = {"subject": "dog.1", "predicate": "left of", "object": "cat.1"}
SCENE = {"objects": [DOG, CAT], "relationships": [LINK]}
RIGHT = "(B) behind"
GOLD = f"<scene>{json.dumps(SCENE)}</scene>\n<answer>{RIGHT}</answer>"
ALL, NOTHING = (1, 1, 1, 0.9999997625), (0, 0, 0, 0)


def said(scene: Any = SCENE, answer: str = RIGHT, order: str = "osta") -> str:
    text = scene if isinstance(scene, str) else json.dumps(scene)
    parts = {
        "o": "<observe>x</observe>",
        "s": f"<scene>{text}</scene>",
        "t": "<think>y</think>",
        "a": f"<answer>{answer}</answer>",
    }
    return "\n".join(parts[letter] for letter in order)


def dog(**changes: Any) -> str:
    """As said of the scene, but for its dog."""
    return said({"objects": [DOG | changes, CAT], "relationships": [LINK]})


CASES: dict[str, tuple[str, tuple[float, ...]]] = {
    "all is right": (said(), ALL),
    "tags in another order": (said(order="atso"), ALL),
    "tags within a tag": (f"<think>{said(order='osa')}</think>", ALL),
    "further closing tags": (said() + "</answer></scene>", ALL),
    "case and space": (said(answer=" (b) BEHIND\n"), ALL),
    "a tag twice": (said() + "<answer>", NOTHING),
    "a tag missing": (said(order="sta"), NOTHING),
    "nothing": ("", NOTHING),
    "a wrong answer": (said(answer="(A) left"), (1, 1, 0, 0)),
    "the letter alone": (said(answer="B"), (1, 1, 0, 0)),
    "another order of objects": (said({"objects": [CAT, DOG]}), (1, 0.7, 1, 0.9999997625)),
    "one object": (said({"objects": [DOG]}), (1, 0.35, 1, 0.4999998875)),
    "no object": (said({"objects": []}), (1, 0, 1, 0)),
    "three objects": (
        said({"objects": [DOG, CAT, COW], "relationships": [LINK]}),
        (1, 0.65, 1, 0.9999997625),
    ),
    "another label": (dog(id="puppy.1"), ALL),
    "labels swapped": (
        said({"objects": [DOG | {"id": "cat.1"}, CAT | {"id": "dog.1"}], "relationships": [LINK]}),
        (1, 1, 1, 0.407382052996),
    ),
    "capital letters": (dog(id="DOG.7"), ALL),
    "underscores": (dog(id="_dog_.1"), ALL),
    "a hyphen": (dog(id="big-dog.1"), NOTHING),
    "more behind the number": (dog(id="dog.1x"), NOTHING),
    "more behind the number of an end": (
        said({"objects": [DOG, CAT], "relationships": [LINK | {"object": "cat.1x"}]}), NOTHING
    ),
    "a digit": (dog(id="dog2.1"), NOTHING),
    "a near box": (dog(bbox=[12, 8, 55, 61]), (1, 1, 1, 0.949091938319)),
    "an inverted box": (dog(bbox=[50, 60, 10, 10]), (1, 1, 1, 0.749999875)),
    "a flat box": (dog(bbox=[10, 10, 10, 60]), (1, 1, 1, 0.723283615869)),
    "a point": (dog(bbox=[0, 0, 0, 0]), (1, 1, 1, 0.657777430167)),
    "a box far away": (dog(bbox=[900, 900, 990, 901]), (1, 1, 1, 0.499868833562)),
    "a box beyond the edge": (dog(bbox=[-50, -60, -10, -10]), (1, 1, 1, 0.663155433682)),
    "a truth value in a box": (dog(bbox=[True, 0, 50, 60]), (1, 1, 1, 0.918201126117)),
    "text in a box": (dog(bbox=["1", 0, 50, 60]), NOTHING),
    "a box of three numbers": (dog(bbox=[1, 0, 50]), NOTHING),
    "another key": (dog(sure=1), NOTHING),
    "an id twice": (said({"objects": [DOG, DOG]}), NOTHING),
    "no list of objects": (said({"relationships": [LINK]}), (1, 0, 1, 0)),
    "an empty scene": (said({}), NOTHING),
    "a list": (said([DOG]), NOTHING),
    "no JSON": (said("{'objects': []}"), NOTHING),
    "a link to nobody": (
        said({"objects": [DOG, CAT], "relationships": [LINK | {"object": "cow.9"}]}), ALL
    ),
    "a link with another key": (
        said({"objects": [DOG, CAT], "relationships": [LINK | {"sure": 1}]}), ALL
    ),
    "a predicate that is no text": (
        said({"objects": [DOG, CAT], "relationships": [LINK | {"predicate": 5}]}), NOTHING
    ),
    "two links": (
        said({"objects": [DOG, CAT], "relationships": [LINK, LINK]}), (1, 0.7, 1, 0.9999997625)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_parts_are_those_of_the_published_code(name):
    completion, expected = CASES[name]
    found = published_dense(completion, GOLD, 100, 90)
    parts = (found.format, found.count, found.accuracy, found.spatial)
    assert parts == pytest.approx(expected, abs=1e-11)
    weights = (0.1, 0.2, 0.5, 0.2)
    assert found.total == pytest.approx(sum(map(float.__mul__, weights, parts)), abs=1e-12)


@pytest.mark.parametrize(
    "box", [[1e308, 0, 1e308, 9], ["NaN"] * 4, ["Infinity", 0, 1, 1], [10**400, 0, 1, 1]]
)
def test_where_the_published_code_raises_boxes_earn_nothing(box):
    text = dog(bbox=box).replace('"NaN"', "NaN").replace('"Infinity"', "Infinity")
    found = published_dense(text, GOLD, 100, 90)
    assert (found.format, found.accuracy, found.spatial, found.total) == (1, 1, 0, 0.8)


@pytest.mark.parametrize("name", ["all is right", "one object", "a near box", "a wrong answer"])
def test_ours_differs_by_less_than_an_epsilon_where_nothing_is_odd(name):
    completion, _ = CASES[name]
    ours = score_completion(completion, GOLD, 100, 90).total
    assert ours == pytest.approx(published_dense(completion, GOLD, 100, 90).total, abs=1e-6)


@pytest.mark.parametrize(
    ("completion", "form", "accuracy"),
    [
        ("<think>a</think><answer>(B) behind</answer>", 1, 1),
        ("<think>a</think>\n\n<answer>(b)  Behind</answer>", 1, 1),
        ("<think>a</think><answer>(B) behind</answer>\n", 0, 1),
        ("So <think>a</think><answer>(B) behind</answer>", 0, 1),
        ("<think>a</think> so <answer>(B) behind</answer>", 0, 1),
        ("<think>a<think></think><answer>(B) behind</answer>", 1, 1),
        ("<answer>(B) behind</answer><think>a</think>", 0, 1),
        ("<answer>(A) left</answer><answer>(B) behind</answer>", 0, 0),
        ("<think>a</think><answer>(B)\nbehind</answer>", 1, 0),
        ("<think>a</think><answer>(A) left</answer>", 1, 0),
        ("(B) behind", 0, 1),
        (" (B) behind ", 0, 1),
        ("It is (B) behind", 0, 0),
        ("", 0, 0),
    ],
)
def test_the_sparse_rule_wants_nothing_else_and_takes_an_answer_without_tags(
    completion, form, accuracy
):
    found = published_sparse(completion, GOLD)
    assert (found.format, found.accuracy) == (form, accuracy)
    assert found.total == 0.5 * form + 0.5 * accuracy


def test_both_are_kinds_of_reward():
    text = "So <answer>(B) behind</answer>"
    columns = {"completions": [said(), text], "gold": [GOLD] * 2, "width": [100] * 2}
    columns |= {"height": [90] * 2}
    for kind, expected in (
        ("published", {"format": [1, 0], "count": [1, 0], "accuracy": [1, 0]}),
        ("published-sparse", {"format": [0, 0], "accuracy": [1, 1]}),
    ):
        functions = reward_functions(RewardConfig(kind=kind))
        found = {one.function.__name__: one.function(**columns) for one in functions}
        assert {name: found[name] for name in expected} == expected
    alike = RewardConfig(kind="published")
    assert scorer(alike)(said(), GOLD, 100, 90) == published_dense(said(), GOLD, 100, 90)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"kind": "published", "strict_boxes": True}, "takes no strict_boxes"),
        ({"kind": "sparse", "similarity": "exact"}, "takes no similarity"),
        ({"kind": "published-sparse", "weights": {"count": 0.1}}, "takes no weights"),
        ({"kind": "published", "weights": {"relationships": 0.1}}, "pays no relationships"),
    ],
)
def test_what_a_kind_does_not_know_is_refused(settings, problem):
    with pytest.raises(ValueError, match=problem):
        RewardConfig.model_validate(settings)
