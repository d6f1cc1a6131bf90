"""How often a reply's own scene supports the answer in it, on a published dataset."""

import json

import polars as pl
import pytest

from evaluation.grounding_tables import summarize
from evaluation.verdicts import read_replies
from schemas.benchmark import REPLY, fact
from schemas.columns import frame_of
from schemas.completion.parsing import GOLD_TAGS, read_tags
from schemas.config.evaluation import BenchmarkConfig
from tasks.evaluate.benchmark import write_items
from tasks.evaluate.rewarding import ground_replies
from tests.evaluations import completion


@pytest.fixture(scope="module")
def items(drawn_dataset, tmp_path_factory) -> pl.DataFrame:
    config = BenchmarkConfig(name="stvqa_val", path=str(drawn_dataset))
    return pl.read_parquet(write_items(config, tmp_path_factory.mktemp("items")))


def grounded(items: pl.DataFrame, write) -> pl.DataFrame:
    """GROUNDING of the replies that `write` makes of an item, its gold scene and its answer."""
    rows = []
    for item in items.iter_rows(named=True):
        scene, answer = read_tags(fact(item["facts"], "gold"), GOLD_TAGS) or ("", "")
        rows.append(
            {
                **dict.fromkeys(REPLY),
                "benchmark": item["benchmark"],
                "item_id": item["item_id"],
                "text": write(item, scene, answer),
                "frame_width": item["width"],
                "frame_height": item["height"],
            }
        )
    replies = frame_of(rows, REPLY)
    return ground_replies(items, replies, read_replies(items, replies))


def other_answer(item) -> str:
    """The first option that is wrong."""
    wrong = next(one for one in item["options"] if one["letter"] != item["answer"])
    return f"({wrong['letter']}) {wrong['text']}"


def test_gold_is_entailed_and_another_answer_to_it_contradicted(items):
    gold = grounded(items, lambda item, scene, answer: completion(scene, answer))
    assert gold["is_right"].all()
    (total, *_) = summarize(gold).to_dicts()
    assert total["contradicted_share"] == total["right_contradicted_share"] == 0
    assert total["entailed_share"] > 0.9
    planted = grounded(items, lambda item, scene, answer: completion(scene, other_answer(item)))
    assert not planted["is_right"].any()
    told = planted.filter(gold["faithfulness"] == "entails")["faithfulness"]
    assert told.to_list() == ["contradicts"] * len(told)


def test_a_right_answer_to_a_scene_that_says_otherwise_is_counted_as_such(items):
    """The things of a scene have each other's boxes, in a circle, and no relationships."""

    def exchanged(item, scene, answer):
        things = json.loads(scene)["objects"]
        boxes = [thing["bbox"] for thing in things]
        for thing, box in zip(things, boxes[1:] + boxes[:1], strict=True):
            thing["bbox"] = box
        return completion(json.dumps({"objects": things}), answer)

    found = grounded(items, exchanged)
    assert found["is_right"].all()
    total = summarize(found).to_dicts()[0]
    assert total["right_contradicted_share"] == total["contradicted_share"] > 0.1


@pytest.mark.parametrize(
    "text",
    [
        None,
        "<answer>(A)</answer>",
        "<scene>broken</scene><answer>(A)</answer>",
        '<scene>{"objects":[],"relationships":[]}</scene> I cannot say.',
    ],
)
def test_where_scene_or_answer_is_missing_nothing_is_said(items, text):
    found = grounded(items.head(2), lambda *_: text)
    assert found["faithfulness"].to_list() == [None, None]
