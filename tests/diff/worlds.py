"""Builds of a few questions, written stage by stage as real ones write them: their seals and
manifests are real, so that what differs between two of them is exactly what a test says."""

import copy
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from schemas.claim import CountClaim, DepthClaim, LocationClaim, encode_claim
from schemas.columns import frame_of
from schemas.ledger import LEDGER
from schemas.manifest import digest_of_manifest
from schemas.question import JUDGED, PLAN, QUESTION, SUBGRAPH, VERIFIED
from schemas.sample import SAMPLE
from tasks.artifact import digests_of, inputs_of, plan_artifact, sealed_content
from tasks.writing import write_artifact

READS = {
    "index": (),
    "ingest": ("index",),
    "photographs": ("ingest",),
    "witness": ("ingest",),
    "extract": ("ingest", "witness"),
    "plan": ("extract", "photographs"),
    "write": ("extract", "plan", "photographs"),
    "verify": ("write", "ingest", "witness"),
    "judge": ("verify", "photographs"),
    "select": ("judge", "verify", "ingest", "photographs"),
}
SCENES = {
    "1": [(11, "dog", (0, 0, 50, 50)), (12, "cat", (60, 0, 90, 40)), (13, "car", (0, 60, 40, 99))],
    "2": [(21, "dog", (5, 5, 50, 50)), (22, "dog", (60, 5, 90, 40))],
}
DEPTH = DepthClaim(nearer=11, farther=12)
COUNT = CountClaim(class_name="dog", number=2)
PLACE = LocationClaim(object=13, cell="bottom_left")


def asked(key: str, image: str, claim: Any, asks: str, words: str, *options: str) -> dict[str, Any]:
    """A question of all stages; its first option is right. `lost` may be (stage, reason)."""
    return {
        "key": key, "image": image, "claim": claim, "asks": asks, "words": words,
        "options": list(options), "gold": "scene", "split": "train", "level": "easy",
        "votes": [options[0]] * 2,
        "requests": [f"w-{key}"], "judged_by": [f"j-{key}"], "margin": 2.0, "lost": None,
    }  # fmt: skip


WORLD: dict[str, Any] = {
    "config": {"images": "embed", "source": {"kind": "visual-genome"}, "seed": 1, "judge": {}},
    "code": {"version": "0.1.0", "commit": "abc", "date": "2026-01-01", "is_changed": False},
    "versions": {"polars": "2.1.0"},
    "stages": {
        stage: {"version": 1, "config": {}, "files": {}} for stage in READS if stage != "witness"
    },
    "scenes": SCENES,
    "photographs": {"1": "sha-1", "2": "sha-2"},
    "testimony": {"1": "silent", "2": "silent"},
    "questions": [
        asked("q1", "1", DEPTH, "nearer", "Which is nearer, the dog or the cat?", "dog", "cat"),
        asked("q2", "2", COUNT, "number", "How many dogs are there?", "2", "1", "3"),
        asked("q3", "1", PLACE, "cell", "Where is the car?", "bottom left", "top left"),
    ],
}
WORLD["stages"]["write"]["config"] = {"write": {"chat": {"model": "writer-1"}}, "prompt": "p1"}
WORLD["stages"]["judge"]["config"] = {"judge": {"chat": {"model": "judge-1"}}, "prompts": "p1"}
WORLD["stages"]["plan"]["config"] = {"quota": {"num_samples": 3}}
WORLD["stages"]["select"]["config"] = {"quota": {"num_samples": 3}, "select": {"val_share": 0.1}}
WORLD["stages"]["index"]["files"] = {"source": "files-1"}
WORLD["stages"]["ingest"] |= {"files": {"source": "files-1"}, "config": {"merge_iou": 0.6}}


def changed(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The world with other values at paths such as `questions.0.words`."""
    world = copy.deepcopy(WORLD)
    for path, value in changes.items():
        *parents, leaf = path.split(".")
        place: Any = world
        for parent in parents:
            place = place[int(parent)] if isinstance(place, list) else place.setdefault(parent, {})
        if isinstance(place, list):
            place[int(leaf)] = value
        else:
            place[leaf] = value
    world["stages"] = {stage: world["stages"][stage] for stage in READS if stage in world["stages"]}
    return world


def make(root: Path, name: str, world: Mapping[str, Any], without: Sequence[str] = ()) -> Path:
    """The dataset folder of a world, whose samples are `without` some columns; its artifacts are
    below the root."""
    made: dict[str, list[Path]] = {}
    frames = _frames(world)
    for stage, about in world["stages"].items():
        inputs = inputs_of(**{read: made[read] for read in READS[stage] if read in made})
        artifact = plan_artifact(
            root, stage, version=about["version"], config=about["config"],
            inputs={**inputs, **about["files"]},
        )  # fmt: skip
        made[stage] = [write_artifact(frames[stage], artifact)]
    folder = root / "datasets" / "made" / name
    (folder / "data").mkdir(parents=True)
    samples = frames["select"].drop(without)
    for split in ("train", "val"):
        rows = samples.filter(split=split)
        rows.write_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")
    _ledger(world).write_parquet(folder / "ledger.parquet")
    files = {
        path.relative_to(folder).as_posix(): {"sha256": sha256(path.read_bytes()).hexdigest()}
        for path in folder.rglob("*.parquet")
    }
    manifest = {
        "name": "made", "code": world["code"], "versions": world["versions"],
        "config": world["config"], "files": files, "num_samples": samples.height,
        "num_images": samples["image_id"].n_unique(), "splits": {}, "models": {}, "funnel": [],
        "quotas": [], "costs": [], "judging": None,
        "stages": {
            stage: {"recipe": digests_of(paths), "content": sealed_content(paths)}
            for stage, paths in made.items()
        },
    }  # fmt: skip
    manifest["digest"] = digest_of_manifest(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _frames(world: Mapping[str, Any]) -> dict[str, pl.DataFrame]:
    images = list(world["scenes"])
    reached = {stage: _reached(world, stage) for stage in ("extract", "plan", "write", "judge")}
    planned = [_row(one) | {"reason": _reason(one, "plan")} for one in _reached(world, "extract")]
    return {
        "index": pl.DataFrame({"image_id": [int(image) for image in images]}),
        "ingest": pl.DataFrame([_scene(key, things) for key, things in world["scenes"].items()]),
        "photographs": pl.DataFrame(
            {"image_id": images, "sha256": [world["photographs"].get(key) for key in images]}
        ),
        "witness": pl.DataFrame(
            {"image_id": images, "said": [world["testimony"].get(key) for key in images]}
        ),
        "extract": frame_of([_row(one) for one in reached["extract"]], SUBGRAPH),
        "plan": frame_of(planned, PLAN),
        "write": frame_of([_row(one) for one in reached["plan"]], QUESTION),
        "verify": frame_of([_row(one) for one in reached["write"]], VERIFIED),
        "judge": frame_of(
            [_row(one) | {"reason": _reason(one, "judge")} for one in reached["write"]], JUDGED
        ),
        "select": frame_of(
            [_row(one) | {"answer": "A"} for one in _reached(world, "select")], SAMPLE
        ),
    }


def _reached(world: Mapping[str, Any], stage: str) -> list[dict[str, Any]]:
    """The questions that a stage did not lose, nor any before it; `extract` has not proposed those
    that it lost."""
    stages = list(READS)
    lost_at = [one["lost"] and stages.index(one["lost"][0]) for one in world["questions"]]
    return [
        one
        for one, lost in zip(world["questions"], lost_at, strict=True)
        if lost is None or lost > stages.index(stage)
    ]


def _reason(one: Mapping[str, Any], stage: str) -> str | None:
    return one["lost"][1] if one["lost"] and one["lost"][0] == stage else None


def _scene(image: str, things: Any) -> dict[str, Any]:
    objects = [
        {"object_id": key, "name": name, "class_name": name,
         "x1": box[0], "y1": box[1], "x2": box[2], "y2": box[3]}
        for key, name, box in things
    ]  # fmt: skip
    return {"image_id": image, "objects": objects}


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    claim, options = encode_claim(one["claim"]), one["options"]
    return {
        "question_id": one["key"], "image_id": one["image"],
        "category": json.loads(claim)["category"], "asks": one["asks"], "claim": claim,
        "margin": one["margin"], "evidence": "proved", "level": one["level"], "rating": 5,
        "question": one["words"], "question_only": one["words"], "options": options,
        "option_claims": [f"{claim} {option}" for option in options], "answer": 0,
        "answer_only": "A", "answer_text": f"{one['gold']} <answer> {options[0]} </answer>",
        "answer_text_only": options[0], "split": one["split"], "group_id": one["image"],
        "pair_id": one.get("pair"),
        "write_replies": one["requests"], "votes": one["votes"], "blind_votes": ["x"],
        "verdict": "kept", "judge_replies": one["judged_by"], "width": 100, "height": 100,
    }  # fmt: skip


def _ledger(world: Mapping[str, Any]) -> pl.DataFrame:
    rows = [
        {"stage": one["lost"][0], "image_id": one["image"], "item": one["key"], "action": "drop",
         "reason": one["lost"][1], "detail": None}
        for one in world["questions"] if one["lost"] and one["lost"][0] != "extract"
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=LEDGER)
