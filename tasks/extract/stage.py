"""Extract: which questions each scene could be asked, and what proves their answers.

Reads scenes; writes one row per candidate question (schemas.question.SUBGRAPH): its claim, refuted
alternatives, the question-focused subgraph, evidence, level and rating. Where models write and
judge with the photograph, further rows ask what the scene leaves open: their evidence is "unknown",
their facet starts with "undecided-", their claim is any of the possible ones.

Level: one point each where a thing asked about is small, where it is mostly covered, and where the
margin is only just large enough; one for asking for the subject or object of a relationship, for
distances and for diagonal directions; one for four things counted, two for more; two for a
direction from the view of somebody in the picture. No point is easy, one is medium, more are hard.
Rating: 1 to 10 by salience, the size, centrality and kind of the things asked about.
"""

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl

from schemas.claim import Category, classes_of, encode_claim
from schemas.columns import frame_of
from schemas.config.build import PipelineConfig
from schemas.config.margins import ExtractConfig, ProofConfig
from schemas.mirror import IS_MIRRORED, ORIGINAL, mirrored_id
from schemas.proof.evidence import Standing
from schemas.proof.facts import Facts
from schemas.question import LEVELS, SUBGRAPH
from schemas.scene_graph import Scene, scenes_of
from schemas.vocabulary.kinds import Trait
from tasks.extract.candidates import Candidate, find_candidates, mirror_image_of
from tasks.language.forms.table import form_of
from tasks.plan.balance import offered_and_context
from tasks.processes import map_batches
from tasks.stage import Job, Settings, Stage
from tasks.witness.stage import known_scenes
from tasks.writing import write_artifact

VERSION = 14
logger = logging.getLogger(__name__)


def subgraph_rows(
    scene: Scene,
    proof: ProofConfig,
    extract: ExtractConfig,
    num_options: Mapping[Category, int],
    *,
    undecided: bool = False,
    has_mirror_image: bool = False,
) -> Iterator[dict[str, Any]]:
    """The candidate questions of one scene as rows of SUBGRAPH, distinct in `question_id`; behind
    each that of its mirror image, where there is one and the answer is another there."""
    facts = Facts(scene, proof)
    # A sign that only a witness saw shows as well which of the two is the mirror image.
    is_mirrored = has_mirror_image and not facts.witnesses.has_seen(Trait.LETTERED)
    seen = set()
    for candidate in find_candidates(facts, extract, num_options, undecided=undecided):
        image = mirror_image_of(candidate) if is_mirrored else None
        rows = [_row(facts, candidate, scene.image_id)]
        rows += [_row(facts, image, mirrored_id(scene.image_id))] if image else []
        for row in rows:
            if row["question_id"] not in seen:
                seen.add(row["question_id"])
                yield row


def extract_batch(
    scenes: pl.DataFrame,
    proof: ProofConfig,
    extract: ExtractConfig,
    num_options: Mapping[Category, int],
    *,
    undecided: bool = False,
) -> pl.DataFrame:
    """The candidate questions of all scenes in a frame, which says of each whether it
    `has_mirror_image`."""
    rows = [
        row
        for scene, has_mirror_image in zip(
            scenes_of(scenes), scenes["has_mirror_image"], strict=True
        )
        for row in subgraph_rows(
            scene,
            proof,
            extract,
            num_options,
            undecided=undecided,
            has_mirror_image=has_mirror_image,
        )
    ]
    return frame_of(rows, SUBGRAPH)


def photographed(scenes: pl.DataFrame) -> pl.DataFrame:
    """The scenes of photographs, which say whether each `has_mirror_image`."""
    images = scenes.filter(IS_MIRRORED).select(ORIGINAL)["image_id"]
    has_image = pl.col("image_id").is_in(images.implode())
    return scenes.filter(~IS_MIRRORED).with_columns(has_mirror_image=has_image)


def _row(facts: Facts, candidate: Candidate, image_id: str) -> dict[str, Any]:
    scene, claim = facts.scene, encode_claim(candidate.claim)
    identity = blake2b(f"{candidate.asks}:{claim}".encode(), digest_size=4).hexdigest()
    objects = _subgraph(facts, candidate)
    names = {key: candidate.names.get(key) or _name(facts, key) for key in objects}
    claims = candidate.claim, *candidate.alternatives
    offered, context = offered_and_context(claims, candidate.asks, names)
    if candidate.evidence.standing is Standing.UNKNOWN:
        offered = []
    return {
        "question_id": f"{image_id}-{candidate.category}-{identity}",
        "image_id": image_id,
        "category": candidate.category.value,
        "asks": candidate.asks,
        "facet": str(candidate.facet),
        "claim": claim,
        "alternatives": [encode_claim(other) for other in candidate.alternatives],
        "num_offered": candidate.num_offered,
        "offered": offered,
        "context": context,
        "objects": objects,
        "names": list(names.values()),
        "relationships": [
            relationship.relationship_id
            for relationship in scene.relationships
            if relationship.subject in objects and relationship.object in objects
        ],
        "evidence": candidate.evidence.standing.value,
        "margin": candidate.evidence.margin,
        "detail": candidate.evidence.detail,
        "salience": candidate.salience,
        "level": LEVELS[min(candidate.hardness, len(LEVELS) - 1)],
        "rating": min(max(round(1 + 9 * candidate.salience), 1), 10),
        "topic": form_of(candidate.claim).topic(candidate.claim),
    }


def _name(facts: Facts, object_id: int) -> str:
    thing = facts.objects[object_id]
    return thing.class_name or thing.name


def _subgraph(facts: Facts, candidate: Candidate) -> list[int]:
    """Ids of the objects that the question is about: named by it or its options, or counted."""
    classes = classes_of(candidate.claim)
    if not classes:
        return list(candidate.objects)
    members = (thing.object_id for name in classes for thing in facts.members.get(name, ()))
    return list(dict.fromkeys(members))


def extract(job: Job) -> Path:
    config = job.config
    scenes = photographed(known_scenes(job))
    read = partial(
        extract_batch,
        proof=config.proof_of_source,
        extract=config.extract,
        num_options=config.write.num_options,
        undecided=config.asks_undecided,
    )
    batches = map_batches(read, scenes, job.num_workers)
    subgraphs = pl.concat([pl.DataFrame(schema=SUBGRAPH), *batches])
    logger.info(
        "extract %s: %d candidates of %d scenes", job.shard, subgraphs.height, scenes.height
    )
    return write_artifact(subgraphs, job.artifact)


def settings(config: PipelineConfig) -> Settings:
    return {
        "proof": config.proof_of_source,
        "extract": config.extract,
        "num_options": str(sorted(config.write.num_options.items())),
        "undecided": config.asks_undecided,
    }


STAGE = Stage(
    name="extract",
    version=VERSION,
    unit="candidates",
    work=extract,
    reads=("ingest", "witness"),
    settings=settings,
    is_sharded=True,
    uses_vocabulary=True,
)
