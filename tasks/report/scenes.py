"""Scenes: what a question's claims rest on, and where it is in the photograph.

Every claim is executed again by schemas.proof.facts, with the margins of the build; the answer's
evidence is also recorded, that of the other options is not.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
import polars as pl

from schemas.claim import Claim, decode_claim, objects_of
from schemas.columns import columns
from schemas.config.margins import ProofConfig
from schemas.proof.evidence import Evidence
from schemas.proof.facts import Facts
from schemas.scene_graph import Scene, scenes_of
from tasks.language.forms.table import form_of
from tasks.pages.boxes import place_of_box, shown_label
from tasks.processes import map_batches

PROOF = pl.Struct({"standing": pl.String, "margin": pl.Float64, "detail": pl.String})
BOX = pl.Struct({"object_id": pl.Int64, "label": pl.String, "place": pl.List(pl.Int32)})
LINK = pl.Struct({"subject": pl.Int64, "predicate": pl.String, "object": pl.Int64})
SEEN = columns(
    question_id=pl.String,
    width=pl.Int32,
    height=pl.Int32,
    proofs=pl.List(PROOF),
    boxes=pl.List(BOX),
    links=pl.List(LINK),
)
"""`width` and `height` are the photograph's, in pixels; `proofs` has an entry per claim, null where
the claim cannot be read; `boxes` are in thousandths of the photograph (tasks.pages.boxes)."""
ASKED = ("question_id", "claim", "option_claims", "objects", "relationships")
"""Columns of questions that are read."""


def look_at_scenes(
    questions: pl.DataFrame, scenes: pl.DataFrame, proof: ProofConfig, num_workers: int = 1
) -> pl.DataFrame:
    """Rows of SEEN for the questions, rows of `image_id` and ASKED, whose scenes are there."""
    asked = questions.group_by("image_id", maintain_order=True).agg(questions=pl.struct(ASKED))
    joined = scenes.join(asked, on="image_id", maintain_order="left")
    look = partial(_look, proof=proof)
    return pl.concat([pl.DataFrame(schema=SEEN), *map_batches(look, joined, num_workers)])


def _look(scenes: pl.DataFrame, proof: ProofConfig) -> pl.DataFrame:
    rows = []
    for scene, asked in zip(scenes_of(scenes), scenes["questions"].to_list(), strict=True):
        facts = Facts(scene, proof)
        for row in asked:
            claims = [_claim(text) for text in row["option_claims"] or ()]
            proofs = [claim and _proof(facts.holds(claim)) for claim in claims]
            readable = [claim for claim in claims if claim]
            rows.append(
                {
                    "question_id": row["question_id"],
                    "width": scene.width,
                    "height": scene.height,
                    "proofs": proofs,
                    "boxes": _boxes(scene, row["objects"] or (), readable),
                    "links": _links(scene, row),
                }
            )
    return pl.DataFrame(rows, schema=SEEN)


def _claim(text: str | None) -> Claim | None:
    try:
        return decode_claim(text or "")
    except msgspec.DecodeError:
        return None


def _proof(evidence: Evidence) -> dict[str, Any]:
    return {
        "standing": evidence.standing.value,
        "margin": evidence.margin,
        "detail": evidence.detail,
    }


def _boxes(scene: Scene, objects: Sequence[int], claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """Of the question's objects, and of further ones that claims name."""
    named = [key for claim in claims for key in objects_of(claim)]
    found = []
    for key in dict.fromkeys([*objects, *named]):
        thing = scene.objects.get(key)
        if thing:
            place = place_of_box(thing.box, scene.width, scene.height)
            found.append({"object_id": key, "label": shown_label(thing.name), "place": place})
    return found


def _links(scene: Scene, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The relationships of the question's subgraph and those that its answer states, as samples
    have them."""
    wanted, answer = set(row["relationships"] or ()), _claim(row["claim"])
    found = [
        (entry.subject, entry.predicate, entry.object)
        for entry in scene.relationships
        if entry.relationship_id in wanted
    ]
    if answer:
        found += form_of(answer).relationships(answer)
    return [
        {"subject": subject, "predicate": predicate, "object": other}
        for subject, predicate, other in dict.fromkeys(found)
        if subject in scene.objects and other in scene.objects
    ]
