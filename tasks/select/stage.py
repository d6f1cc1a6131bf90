"""Select: which questions become samples, in which split, and under which letter.

Reads judged questions (verified ones where no model judges), scenes and the facts about the
photographs; writes samples (schemas.sample.SAMPLE), and beside them a ledger with the reason for
every question left out. Whole pairs come first. A question whose counterpart is lost may stay: its
pair_id is cleared, and the ledger has a row `pair-parted`. What reviewers of an earlier build did
not find right is left out.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from schemas.claim import decode_claim, objects_of
from schemas.columns import frame_of
from schemas.completion.publish import (
    LETTERS,
    option_text,
    publish_scene,
    published_ids,
    render_completion,
    render_problem,
)
from schemas.config.build import PipelineConfig
from schemas.config.dataset import QuotaConfig, SelectConfig
from schemas.question import JUDGED
from schemas.sample import WITNESSED_SAMPLE, sample_columns
from schemas.scene_graph import Scene, scenes_of
from tasks.artifact import write_artifact
from tasks.language.forms.table import form_of
from tasks.plan.balance import offered_and_context
from tasks.plan.even import choose_evenly, filled_up
from tasks.plan.groups import group_images, image_facts, stable_hash
from tasks.plan.pairs import Offers, whole_pairs
from tasks.plan.quota import plan_quotas
from tasks.plan.reasons import why_not_taken
from tasks.plan.stage import by_preference
from tasks.review.items import digests_of_shown
from tasks.select.letters import assign_letters, assign_orders, ordered
from tasks.select.losses import select_ledger, why_none
from tasks.select.pairs import pairs_in_one_split, parted, sound_pairs
from tasks.select.reviewed import digest_of_faults, faults_of, leave_out
from tasks.stage import Job, Settings, Stage
from training.demonstrations import demonstration

VERSION = 10
Answered = Callable[[str], str]
"""A completion with the gold scene and the answer that is given."""
BATCH = 1000  # questions whose scenes are in memory at once
READ = ("objects", "names", "asks", "option_claims", "answer")
"""Columns from which `with_words` derives the words of a question and its options."""
logger = logging.getLogger(__name__)


def assign_splits(samples: pl.DataFrame, val_share: float, seed: int) -> pl.Series:
    """`train` or `val` per row, whole groups at a time in a seeded order: as many as fit into
    `val_share` of the rows, or the smallest group where none fits and another one remains to train
    on."""
    sizes = samples.group_by("group_id").len()
    ordered = sorted(sizes.iter_rows(), key=lambda entry: (stable_hash(seed, entry[0]), entry[0]))
    room = min(round(val_share * samples.height), samples.height - 1)
    val: set[str] = set()
    for group_id, size in ordered:
        if size <= room:
            val.add(group_id)
            room -= size
    if not val and room > 0 and len(ordered) > 1:
        val.add(min(ordered, key=lambda entry: entry[1])[0])
    return samples.select(
        pl.when(pl.col("group_id").is_in(sorted(val)))
        .then(pl.lit("val"))
        .otherwise(pl.lit("train"))
        .alias("split")
    ).to_series()


def sample_rows(questions: pl.DataFrame, scenes: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows of WITNESSED_SAMPLE for questions that carry split, group_id, order, coco_id and
    photograph."""
    by_image: dict[str, list[dict[str, Any]]] = {}
    of_scenes = pl.col("image_id").is_in(scenes["image_id"].implode())
    for row in questions.filter(of_scenes).iter_rows(named=True):
        by_image.setdefault(row["image_id"], []).append(row)
    for scene in scenes_of(scenes.filter(pl.col("image_id").is_in(list(by_image)))):
        ids = published_ids(scene)
        links = {entry.relationship_id: entry for entry in scene.relationships}
        annotated = [
            (entry.subject, entry.predicate, entry.object) for entry in scene.relationships
        ]
        for row in by_image[scene.image_id]:
            claim = decode_claim(row["claim"])
            asked = list(form_of(claim).relationships(claim))
            objects = _asked_about(row)
            near = [links[key] for key in row["relationships"]]
            triplets = [
                (entry.subject, entry.predicate, entry.object)
                for entry in near
                if entry.subject in objects and entry.object in objects
            ]
            gold = publish_scene(scene, ids, objects, dict.fromkeys(triplets + asked))
            whole = publish_scene(
                scene, ids, sorted(scene.objects), dict.fromkeys(annotated + asked)
            )
            yield {
                **_texts(
                    row, scene, partial(render_completion, gold), partial(demonstration, gold)
                ),
                "width": scene.width,
                "height": scene.height,
                "scene_objects": whole.objects,
                "scene_relationships": whole.relationships,
            }


def _asked_about(row: Mapping[str, Any]) -> list[int]:
    """Of the objects of a question those that it or its options name, or all where its claims are
    about classes."""
    named = {key for text in row["option_claims"] for key in objects_of(decode_claim(text))}
    return [key for key in row["objects"] if key in named or not named]


def _texts(
    row: Mapping[str, Any], scene: Scene, render: Answered, show: Answered
) -> dict[str, Any]:
    place = row["order"].index(row["answer"])
    options = [row["options"][number] for number in row["order"]]
    lines = [option_text(number, option) for number, option in enumerate(options)]
    question = "\n".join([row["question"], *lines])
    kept = {name: row[name] for name in WITNESSED_SAMPLE.names() if name in row}
    return kept | {
        "problem": render_problem(question, scene.width, scene.height),
        "question_only": row["question"],
        "question_with_options": question,
        "options": options,
        "option_claims": [row["option_claims"][number] for number in row["order"]],
        "answer": render(LETTERS[place]),
        "answer_only": LETTERS[place],
        "answer_text": render(options[place]),
        "answer_text_only": options[place],
        "answer_option_text": render(lines[place]),
        "answer_option_text_only": lines[place],
        "demonstration": show(lines[place]),
    }


def as_judged(questions: pl.DataFrame) -> pl.DataFrame:
    """Verified questions with the columns of judged ones, null."""
    missing = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in JUDGED.items()
        if name not in questions.columns
    ]
    return questions.with_columns(missing)


def with_words(questions: pl.DataFrame) -> pl.DataFrame:
    """With the words of the options, the right one first, and the other words of the questions."""
    offered, context = [], []
    for row in questions.select(*READ).iter_rows(named=True):
        names = dict(zip(row["objects"], row["names"], strict=True))
        order = ordered(len(row["option_claims"]), {0: row["answer"]})
        claims = [decode_claim(row["option_claims"][number]) for number in order]
        options, said = offered_and_context(claims, row["asks"], names)
        offered.append(options)
        context.append(said)
    texts = pl.List(pl.String)
    return questions.with_columns(
        offered=pl.Series(offered, dtype=texts), context=pl.Series(context, dtype=texts)
    )


def choose_samples(
    questions: pl.DataFrame,
    images: pl.DataFrame,
    quota: QuotaConfig,
    select: SelectConfig,
    seed: int,
    *,
    blind_last: bool = False,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The questions that become samples, with split, group_id, order, coco_id and photograph,
    sorted by question id; and the other questions, with the reason. With `blind_last` those that
    can be answered without the picture are chosen only where, of a category, the others do not
    suffice."""
    questions = as_judged(questions)
    wanted = plan_quotas(quota, quota.num_samples)
    sound = with_words(questions.filter(pl.col("reason").is_null()))
    sound = sound.with_columns(sound_pairs(sound))
    is_last = pl.col("blind_answered").fill_null(False) & pl.lit(blind_last)
    parts = [by_preference(sound.filter(part), wanted, seed) for part in (~is_last, is_last)]
    rows = pl.concat(parts)
    taken = np.zeros(rows.height, dtype=bool)
    taken[: parts[0].height] = choose_evenly(_offers(parts[0]), wanted, quota.max_per_image)
    if parts[1].height:
        taken = filled_up(_offers(rows), taken, wanted, quota.max_per_image)
    rows = rows.with_columns(is_taken=pl.Series(taken)).sort(
        "is_taken", descending=True, maintain_order=True
    )
    left = rows.with_columns(reason=why_not_taken(rows, wanted, quota.max_per_image)).filter(
        ~pl.col("is_taken")
    )
    lost = pl.concat(
        [questions.filter(pl.col("reason").is_not_null()), left.select(questions.columns)]
    )
    chosen = (
        rows.filter("is_taken")
        .drop("is_taken")
        .join(group_images(images), on="image_id", how="left")
        .join(images.select("image_id", "coco_id", "photograph"), on="image_id", how="left")
        .sort("question_id")
    )
    chosen = chosen.with_columns(split=assign_splits(chosen, select.val_share, seed))
    chosen = chosen.with_columns(pairs_in_one_split(chosen))
    orders = assign_orders(chosen, assign_letters(chosen, seed))
    return chosen.with_columns(order=pl.Series(orders, dtype=pl.List(pl.Int32))), lost


def _offers(rows: pl.DataFrame) -> Offers:
    return Offers.whole(rows, whole_pairs(rows["pair_id"]))


def select(job: Job) -> Path:
    config = job.config
    questions = pl.read_parquet(list(job.paths("judge") or job.paths("verify")))
    images = image_facts(job.paths("ingest"), job.paths("photographs"))
    digests = digests_of_shown(config.images, job.paths("photographs"))
    questions = leave_out(questions, digests, faults_of(job))
    chosen, lost = choose_samples(
        questions,
        images,
        config.quota,
        config.select,
        config.seed,
        blind_last=config.blind_last,
    )
    if chosen.is_empty():
        why = why_none(lost, job.paths("photographs"), config)
        raise ValueError(f"no question is left to publish: {why}")
    columns = sample_columns(bool(config.witness))
    parts = [
        frame_of(list(sample_rows(chosen, batch)), columns)
        for path in job.paths("ingest")
        for batch in pl.read_parquet(path).iter_slices(BATCH)
    ]
    samples = pl.concat(parts).sort("image_id", "question_id")
    logger.info("select: %d samples of %d questions", samples.height, questions.height)
    reasons = dict(lost.select("question_id", "reason").iter_rows())
    ledger = pl.concat([select_ledger(lost), parted(chosen, questions, reasons)]).sort("item")
    return write_artifact(samples, job.artifact, ledger)


def depends(config: PipelineConfig) -> tuple[str, ...]:
    return "judge" if config.judge else "verify", "ingest", "photographs"


def settings(config: PipelineConfig) -> Settings:
    return {
        "quota": config.quota,
        "select": config.select,
        "seed": config.seed,
        "blind_last": config.blind_last,
        **({"is_witnessed": True} if config.witness else {}),
    }


STAGE = Stage(
    name="select",
    version=VERSION,
    unit="samples",
    work=select,
    reads=("verify", "judge", "ingest", "photographs"),
    depends=depends,
    settings=settings,
    files=digest_of_faults,
    uses_vocabulary=True,
)
