"""Tables of grounding: one row per reply, and sums of them by category.

evaluation.grounding says what is compared, and when an object is matched, an object or a
relationship found, and a graph right.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from evaluation.faithfulness import reply_faithfulness
from evaluation.grounding import ground_reply, read_gold
from schemas.benchmark import fact
from schemas.columns import columns, frame_of
from schemas.proof.own_scene import Faithfulness

KEY = columns(benchmark=pl.String, item_id=pl.String)
REWARDS = columns(
    **KEY, **dict.fromkeys(("format", "count", "accuracy", "spatial", "total"), pl.Float64)
)
"""What replies earn by training.rewards with the paper's settings; null without a reply."""
GROUNDING = columns(
    **KEY,
    subset=pl.String,
    category=pl.String,
    level=pl.String,
    gold_problem=pl.String,
    has_reply=pl.Boolean,
    has_scene=pl.Boolean,
    scene_problem=pl.String,
    num_gold=pl.Int64,
    num_predicted=pl.Int64,
    num_matched=pl.Int64,
    num_found=pl.Int64,
    iou=pl.Float64,
    ciou=pl.Float64,
    num_gold_relationships=pl.Int64,
    num_predicted_relationships=pl.Int64,
    num_found_relationships=pl.Int64,
    num_scene_objects=pl.Int64,
    num_elsewhere=pl.Int64,
    is_graph_right=pl.Boolean,
    faithfulness=pl.String,
    is_right=pl.Boolean,
    **{name: REWARDS[name] for name in list(REWARDS)[2:]},
)
"""One row per reply. `gold_problem` says why the gold of an item cannot be read: all figures but
`is_right` are then null. `has_scene`: something between its tags can be read; else `scene_problem`
says why not, and it counts as a scene of nothing. `iou` and `ciou` are means over the matched
objects, null without any; relationships are counted once each; `num_scene_objects` are those of the
photograph's whole scene graph, and `num_elsewhere` the predicted objects that are found there but
not in the question's subgraph, null where the item has no whole scene graph. `faithfulness` says
whether the scene supports the answer that was given, null where that cannot be executed
(evaluation.faithfulness)."""
PARTS = tuple(REWARDS)[2:]  # the columns of rewards, after the key
OF_REPLY = tuple(name for name in GROUNDING if name not in ("is_right", *PARTS))
"""Columns that item and reply decide; the others are joined from PARSED and REWARDS."""
SUMMARY = columns(
    benchmark=pl.String,
    subset=pl.String,
    category=pl.String,
    num_replies=pl.Int64,
    scene_share=pl.Float64,
    iou=pl.Float64,
    ciou=pl.Float64,
    precision=pl.Float64,
    recall=pl.Float64,
    relationship_f1=pl.Float64,
    count_error=pl.Float64,
    count_bias=pl.Float64,
    graph_right_share=pl.Float64,
    entailed_share=pl.Float64,
    contradicted_share=pl.Float64,
    right_contradicted_share=pl.Float64,
    **{name: REWARDS[name] for name in PARTS},
    inside_share=pl.Float64,
    elsewhere_share=pl.Float64,
    nowhere_share=pl.Float64,
    scene_recall=pl.Float64,
    subgraph_share=pl.Float64,
)
"""Over the objects of all replies of a category or, where that is null, of all categories. Items
without a reply or a readable gold are left out. Null where there is nothing to divide by.
`count_error` is the mean of |predicted - gold| objects and `count_bias` that of predicted - gold,
of readable scenes. `entailed_share` and `contradicted_share` are of the replies whose answer was
executed on their own scene, `right_contradicted_share` of those of them with a right answer.
`inside_share`, `elsewhere_share` and `nowhere_share` say where predicted objects are: in the
question's subgraph, elsewhere in the whole scene graph, or in neither; `scene_recall` is the share
of the whole scene graph that is found, and `subgraph_share` the share of it that the question is
about: the `inside_share` of a model that lists everything."""

MEASURED = pl.col("has_reply") & pl.col("gold_problem").is_null()  # rows that SUMMARY counts


def ground(
    items: pl.DataFrame, replies: pl.DataFrame, parsed: pl.DataFrame, rewards: pl.DataFrame
) -> pl.DataFrame:
    """GROUNDING of one model's replies to one benchmark, in the order of the items; without a row
    for items that state no gold."""
    asked = items.join(replies.drop("benchmark"), on="item_id", maintain_order="left")
    letters = parsed.select("item_id", letter="parsed")
    asked = asked.join(letters, on="item_id", how="left", maintain_order="left")
    rows = [row for item in asked.iter_rows(named=True) if (row := _row(item)) is not None]
    found = frame_of(rows, pl.Schema({name: GROUNDING[name] for name in OF_REPLY}))
    for table in (parsed.select("item_id", "is_right"), rewards.drop("benchmark")):
        found = found.join(table, on="item_id", how="left", maintain_order="left")
    return found.select(*GROUNDING)


def _row(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is known of an item and the reply to it; None where it states no gold."""
    known = {name: item[name] for name in (*KEY, "subset", "category")}
    known |= {"level": fact(item["facts"], "level"), "has_reply": item["text"] is not None}
    try:
        gold = read_gold(item)
    except ValueError as error:
        return dict.fromkeys(OF_REPLY) | known | {"gold_problem": str(error)}
    if gold is None:
        return None
    frame = item["frame_width"] or gold.size[0], item["frame_height"] or gold.size[1]
    told = reply_faithfulness(item, item["text"], frame, item["letter"])
    known |= {"gold_problem": None, "faithfulness": told and told.value}
    return known | ground_reply(item["text"], frame, gold)


def summarize(grounding: pl.DataFrame) -> pl.DataFrame:
    """SUMMARY of GROUNDING, sorted, the total of each benchmark and subset first."""
    replies = grounding.filter(MEASURED)
    total = replies.with_columns(category=pl.lit(None, pl.String))
    groups = ["benchmark", "subset", "category"]
    rows = pl.concat([total, replies]).group_by(groups, maintain_order=True).agg(**_metrics())
    return rows.select(*SUMMARY).sort(groups, nulls_last=False)


def _metrics() -> dict[str, pl.Expr]:
    """Each share is a ratio of sums over all replies, never a mean of shares of single replies."""
    total = {name: pl.col(name).sum() for name, kind in GROUNDING.items() if kind == pl.Int64}
    known = {
        name: pl.col(name).filter(pl.col("num_scene_objects").is_not_null()).sum()
        for name in ("num_gold", "num_predicted", "num_found", "num_elsewhere")
    }
    nowhere = known["num_predicted"] - known["num_found"] - known["num_elsewhere"]
    contradicted = pl.col("faithfulness") == Faithfulness.CONTRADICTS.value
    miscounted = (pl.col("num_predicted") - pl.col("num_gold")).filter("has_scene")
    return {
        "num_replies": pl.len().cast(pl.Int64),
        "scene_share": pl.col("has_scene").mean(),
        "iou": _share((pl.col("iou") * pl.col("num_matched")).sum(), total["num_matched"]),
        "ciou": _share((pl.col("ciou") * pl.col("num_matched")).sum(), total["num_matched"]),
        "precision": _share(total["num_found"], total["num_predicted"]),
        "recall": _share(total["num_found"], total["num_gold"]),
        "relationship_f1": _share(
            2 * total["num_found_relationships"],
            total["num_gold_relationships"] + total["num_predicted_relationships"],
        ),
        "count_error": miscounted.abs().mean(),
        "count_bias": miscounted.mean(),
        "graph_right_share": pl.col("is_graph_right").mean(),
        "entailed_share": (pl.col("faithfulness") == Faithfulness.ENTAILS.value).mean(),
        "contradicted_share": contradicted.mean(),
        "right_contradicted_share": contradicted.filter("is_right").mean(),
        **{name: pl.col(name).mean() for name in PARTS},
        "inside_share": _share(known["num_found"], known["num_predicted"]),
        "elsewhere_share": _share(known["num_elsewhere"], known["num_predicted"]),
        "nowhere_share": _share(nowhere, known["num_predicted"]),
        "scene_recall": _share(
            known["num_found"] + known["num_elsewhere"], total["num_scene_objects"]
        ),
        "subgraph_share": _share(known["num_gold"], total["num_scene_objects"]),
    }


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole)


def graph_against_answer(grounding: pl.DataFrame) -> dict[tuple[bool, bool], int]:
    """How many replies have the graph right or wrong, and the answer right or wrong."""
    pairs = grounding.filter(MEASURED).select("is_graph_right", "is_right").rows()
    keys = [(graph, answer) for graph in (True, False) for answer in (True, False)]
    return {key: pairs.count(key) for key in keys}
