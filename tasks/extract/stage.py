"""Extract: which questions each scene could be asked, and what proves their answers.

Reads scenes; writes one row per candidate question (schemas.question.SUBGRAPH): its claim, refuted
alternatives, the question-focused subgraph, evidence, level and rating. Where models write and
judge with the photograph, further rows ask what the scene leaves open: their evidence is "unknown",
their facet starts with "undecided-", their claim is any of the possible ones.

Level: one point each where a thing asked about is small, mostly covered, or clears its margin only
just; one for asking back from a relationship to its subject or object, for distances and diagonal
directions; one for four things counted, two for more; two for a direction that
somebody in the picture sees. No point is easy, one is medium, more are hard.
Rating: 1 to 10 by salience, the size, centrality and kind of the things asked about.
"""

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.claim import Category, classes_of, encode_claim
from schemas.columns import frame_of
from schemas.config.build import ExtractConfig, ProofConfig, WriteConfig
from schemas.proof.evidence import Standing
from schemas.proof.facts import Facts
from schemas.question import SUBGRAPH, Level
from schemas.scene_graph import Scene, scenes_of
from tasks.artifact import Artifact, inputs_of, plan_artifact, write_artifact
from tasks.extract.candidates import Candidate, find_candidates
from tasks.language.topic import topic_of
from tasks.plan.balance import words_of
from tasks.processes import map_batches

VERSION = 2
LEVELS = (Level.EASY, Level.MEDIUM, Level.HARD)
logger = logging.getLogger(__name__)


def subgraph_rows(
    scene: Scene,
    proof: ProofConfig,
    extract: ExtractConfig,
    num_options: Mapping[Category, int],
    *,
    undecided: bool = False,
) -> Iterator[dict[str, Any]]:
    """The candidate questions of one scene as rows of SUBGRAPH, distinct in `question_id`."""
    facts = Facts(scene, proof)
    seen = set()
    for candidate in find_candidates(facts, extract, num_options, undecided=undecided):
        row = _row(facts, candidate)
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
    """The candidate questions of all scenes in a frame."""
    rows = [
        row
        for scene in scenes_of(scenes)
        for row in subgraph_rows(scene, proof, extract, num_options, undecided=undecided)
    ]
    return frame_of(rows, SUBGRAPH)


def _row(facts: Facts, candidate: Candidate) -> dict[str, Any]:
    scene, claim = facts.scene, encode_claim(candidate.claim)
    identity = blake2b(f"{candidate.asks}:{claim}".encode(), digest_size=4).hexdigest()
    objects = _subgraph(facts, candidate)
    names = {key: _name(facts, key) for key in objects}
    claims = candidate.claim, *candidate.alternatives
    offered, context = words_of(claims, candidate.asks, names)
    if candidate.evidence.standing is Standing.UNKNOWN:
        offered = []
    return {
        "question_id": f"{scene.image_id}-{candidate.category}-{identity}",
        "image_id": scene.image_id,
        "category": candidate.category.value,
        "asks": candidate.asks,
        "facet": str(candidate.facet),
        "claim": claim,
        "alternatives": [encode_claim(other) for other in candidate.alternatives],
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
        "level": LEVELS[min(candidate.hardness, 2)].value,
        "rating": min(max(round(1 + 9 * candidate.salience), 1), 10),
        "topic": topic_of(candidate.claim),
    }


def _name(facts: Facts, object_id: int) -> str:
    thing = facts.objects[object_id]
    return thing.class_name or thing.name


def _subgraph(facts: Facts, candidate: Candidate) -> list[int]:
    """Ids of the objects that the question is about: named by it or its options, or counted."""
    classes = classes_of(candidate.claim)
    if not classes:
        return list(candidate.objects)
    return [thing.object_id for name in classes for thing in facts.members.get(name, ())]


def subgraphs_artifact(
    scenes_path: Path,
    shard: str,
    proof: ProofConfig,
    extract: ExtractConfig,
    write: WriteConfig,
    root: Path,
    *,
    undecided: bool = False,
) -> Artifact:
    config: dict[str, Any] = {
        "proof": proof,
        "extract": extract,
        "num_options": str(sorted(write.num_options.items())),
    }
    if undecided:
        config["undecided"] = True
    return plan_artifact(
        root,
        "extract",
        version=VERSION,
        config=config,
        inputs=inputs_of(scenes=scenes_path),
        shard=shard,
    )


@task(cache_policy=NO_CACHE, task_run_name="extract-{shard}")
def extract_shard(
    scenes_path: Path,
    shard: str,
    proof: ProofConfig,
    extract: ExtractConfig,
    write: WriteConfig,
    num_workers: int,
    root: Path,
    *,
    undecided: bool = False,
) -> Path | State[Path]:
    artifact = subgraphs_artifact(
        scenes_path, shard, proof, extract, write, root, undecided=undecided
    )
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    scenes = pl.read_parquet(scenes_path)
    read = partial(
        extract_batch,
        proof=proof,
        extract=extract,
        num_options=write.num_options,
        undecided=undecided,
    )
    subgraphs = pl.concat([pl.DataFrame(schema=SUBGRAPH), *map_batches(read, scenes, num_workers)])
    logger.info("extract %s: %d candidates of %d scenes", shard, subgraphs.height, scenes.height)
    return write_artifact(subgraphs, artifact)
