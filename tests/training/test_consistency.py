"""The reward for a scene that supports the answer, and the filter of demonstrations by it."""

import json

import pytest

from schemas.claim import OrientationClaim, RelationClaim, encode_claim
from schemas.config.training import RewardConfig
from schemas.proof.own_scene import Faithfulness
from training.consistency import (
    check_programs,
    consistency_reward,
    gold_faithfulness,
    is_entailed,
    program_text,
)
from training.reward_functions import reward_functions

DOG, CAT = [40, 80, 120, 160], [200, 80, 280, 160]
OPTIONS = ["left of", "right of"]
SIZE = (400, 200)


def scene_of(**boxes: list[int]) -> str:
    objects = [{"id": f"{name}.1", "bbox": box} for name, box in boxes.items()]
    return json.dumps({"objects": objects, "relationships": []})


def sample(*claims) -> dict:
    whole = [{"id": "cat.1", "bbox": CAT}, {"id": "dog.1", "bbox": DOG}]
    return {
        "options": OPTIONS,
        "option_claims": [encode_claim(claim) for claim in claims],
        "scene_objects": whole,
        "answer_option_text": (
            f"<scene>{scene_of(dog=DOG, cat=CAT)}</scene>\n<answer>(A) left of</answer>"
        ),
        "width": SIZE[0],
        "height": SIZE[1],
    }


# Objects 3 and 7 of the annotation are the cat and the dog: the whole scene is in the order of ids.
SIDES = sample(RelationClaim(7, "left of", 3), RelationClaim(7, "right of", 3))
FACING = sample(OrientationClaim(7, 7, 3, "left"), OrientationClaim(7, 7, 3, "right"))
GOLD = SIDES["answer_option_text"]


def completion(scene: str, answer: str = "(A) left of") -> str:
    return (
        f"<observe>Two.</observe>\n<scene>{scene}</scene>\n<think>So.</think>\n"
        f"<answer>{answer}</answer>"
    )


RIGHT = completion(scene_of(dog=DOG, cat=CAT))
SWAPPED = completion(scene_of(dog=CAT, cat=DOG))


@pytest.mark.parametrize(
    ("row", "text", "earned"),
    [
        (SIDES, RIGHT, 1),
        (SIDES, SWAPPED, 0),
        (SIDES, completion(scene_of(dog=CAT, cat=DOG), "(B) right of"), 1),  # gated elsewhere
        (SIDES, completion(scene_of(dog=DOG)), 0),  # open, and the gold is not
        (SIDES, completion("{}"), 0),
        (SIDES, completion(scene_of(dog=DOG, cat=CAT), "perhaps"), 0),
        (SIDES, "no tags", 0),
        (FACING, RIGHT, 1),  # open, as the gold
        (FACING, SWAPPED, 1),
    ],
)
def test_what_a_scene_earns(row, text, earned):
    assert consistency_reward(text, GOLD, *SIZE, program_text(row)) == earned


def test_gold_earns_it_in_every_frame():
    from schemas.completion.frames import moved_gold

    for frame in (SIZE, (616, 308), (1000, 1000)):
        moved = moved_gold(GOLD, SIZE, frame)
        text = f"<observe></observe>{moved.replace('<answer>', '<think></think><answer>')}"
        assert consistency_reward(text, moved, *frame, program_text(SIDES)) == 1
        assert gold_faithfulness(moved, *frame, program_text(SIDES)) is Faithfulness.ENTAILS


def test_it_is_paid_beside_the_weights_and_for_right_answers_alone():
    config = RewardConfig(consistency=0.1)
    weighed = {one.function.__name__: one for one in reward_functions(config)}
    assert {name: one.weight for name, one in weighed.items()} == {
        "format": 0.1, "count": 0.2, "accuracy": 0.5, "spatial": 0.2, "consistency": 0.1,
    }  # fmt: skip
    texts = [RIGHT, SWAPPED, completion(scene_of(dog=CAT, cat=DOG), "(B) right of"), "no"]
    columns = {
        "gold": [GOLD] * 4,
        "width": [SIZE[0]] * 4,
        "height": [SIZE[1]] * 4,
        "program": [program_text(SIDES)] * 4,
    }
    assert weighed["consistency"].function(completions=texts, **columns) == [1, 0, 0, 0]
    with pytest.raises(ValueError, match="reads no scene: leave consistency out"):
        RewardConfig(kind="sparse", consistency=0.1)


def test_demonstrations_that_follow_from_their_scene_are_known():
    assert is_entailed(SIDES, GOLD)
    assert not is_entailed(FACING, GOLD)


def test_a_dataset_without_claims_is_refused():
    assert program_text({"answer_option_text": GOLD}) == ""
    check_programs(list(SIDES), "reward.consistency")
    with pytest.raises(ValueError, match="the dataset lacks option_claims, options: build"):
        check_programs(
            [name for name in SIDES if not name.startswith("option")], "reward.consistency"
        )
