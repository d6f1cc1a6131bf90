"""Status: what of a build is done, and why the rest is not.

The digests of a whole build follow from its configuration and its source files, so that this runs
nothing. What stands between two digests of a stage is told by their recipes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from schemas.config.build import PipelineConfig, SourceKind
from tasks.artifact import Artifact, digest_of, read_recipe
from tasks.extract.stage import subgraphs_artifact
from tasks.ingest.stage import scenes_artifact
from tasks.judge.stage import judged_artifact
from tasks.leakage.exclude import excluded_artifact, list_files
from tasks.photographs.stage import digest_photographs, open_photographs, photographs_artifact
from tasks.plan.stage import plan_artifact_of
from tasks.publish.stage import Inputs, dataset_folder
from tasks.render.stage import rendered_artifact
from tasks.select.stage import samples_artifact
from tasks.sources.shard import find_source
from tasks.sources.stage import digest_source, index_artifact, shard_names
from tasks.validate.stage import validation_artifact
from tasks.verify.stage import verified_artifact
from tasks.write.stage import questions_artifact


@dataclass(frozen=True, slots=True)
class StageStatus:
    """`state` is complete, partial, stale (made with other inputs or settings) or missing."""

    stage: str
    state: str
    why: str


def build_status(config: PipelineConfig, root: Path) -> list[StageStatus]:
    """One entry per stage, in the order in which they run."""
    return list(_stages(config, root))


def _stages(config: PipelineConfig, root: Path) -> Iterator[StageStatus]:
    source = config.source
    embed = config.images == "embed"
    if source.kind is SourceKind.RENDERED:
        drawn = rendered_artifact(source.render, config.seed, embed, root)
        yield _status("render", [drawn])
        if not drawn.path.exists():
            yield StageStatus("index", "missing", "waits for render, and all other stages for it")
            return
        source = source.model_copy(update={"path": str(drawn.path)})
    index = index_artifact(source.kind, digest_source(find_source(source, root), root), root)
    yield _status("index", [index])
    if not index.path.exists():
        yield StageStatus("ingest", "missing", "waits for index, and all other stages for it")
        return
    num_images = pl.scan_parquet(index.path).select(pl.len()).collect().item()
    shards = shard_names(num_images, config.runner.shard_size)

    scenes = [scenes_artifact(index.path, shard, config.ingest, root) for shard in shards]
    yield _status("ingest", scenes)
    photographs: list[Artifact] = []
    if embed:
        digest = digest_photographs(open_photographs(source, root)[1], root)
        photographs = [
            photographs_artifact(scene.path, shard, digest, config.ingest, root)
            for scene, shard in zip(scenes, shards, strict=True)
        ]
        yield _status("photographs", photographs)
    excluded: list[Artifact] = []
    if config.select.exclude:
        lists = list_files(config.select.exclude)
        known: list[Path | None] = [*_paths(photographs)] or [None] * len(shards)
        excluded = [
            excluded_artifact(scene.path, photograph, shard, lists, source, root)
            for scene, photograph, shard in zip(scenes, known, shards, strict=True)
        ]
        yield _status("exclude", excluded)
    subgraphs = [
        subgraphs_artifact(
            scene.path,
            shard,
            config.proof_of_source,
            config.extract,
            config.write,
            root,
            undecided=config.asks_undecided,
        )
        for scene, shard in zip(scenes, shards, strict=True)
    ]
    yield _status("extract", subgraphs)
    plan = plan_artifact_of(
        _paths(subgraphs),
        _paths(photographs),
        config.quota,
        config.seed,
        root,
        _paths(excluded),
    )
    yield _status("plan", [plan])
    pictures: list[Path | None] = [*_paths(photographs)] or [None] * len(shards)
    questions = [
        questions_artifact(
            subgraph.path,
            plan.path,
            shard,
            config.write,
            config.seed,
            root,
            scenes_path=scene.path,
            photographs_path=picture,
        )
        for subgraph, scene, picture, shard in zip(subgraphs, scenes, pictures, shards, strict=True)
    ]
    yield _status("write", questions)
    verified = [
        verified_artifact(
            question.path,
            scene.path,
            shard,
            config.proof_of_source,
            root,
            is_judged=config.judge is not None,
        )
        for question, scene, shard in zip(questions, scenes, shards, strict=True)
    ]
    yield _status("verify", verified)
    judged: list[Artifact] = []
    if config.judge:
        judged = [
            judged_artifact(entry.path, photograph.path, shard, config.judge, root)
            for entry, photograph, shard in zip(verified, photographs, shards, strict=True)
        ]
        yield _status("judge", judged)
    samples = samples_artifact(
        _paths(judged or verified),
        _paths(scenes),
        _paths(photographs),
        config.quota,
        config.select,
        config.seed,
        root,
        blind_last=config.blind_last,
    )
    yield _status("select", [samples])
    validation = validation_artifact(
        samples.path,
        config.quota,
        config.select,
        root,
        judged_paths=_paths(judged),
        judge=config.judge,
    )
    yield _status("validate", [validation])
    inputs = Inputs(
        index.path,
        _paths(scenes),
        _paths(photographs),
        _paths(subgraphs),
        plan.path,
        _paths(questions),
        _paths(verified),
        _paths(judged),
        samples.path,
        validation.path,
        _paths(excluded),
    )
    folder = dataset_folder(root, config, inputs)
    state = "complete" if folder.exists() else "missing"
    yield StageStatus("publish", state, str(folder))


def _paths(artifacts: Sequence[Artifact]) -> list[Path]:
    return [artifact.path for artifact in artifacts]


def _status(stage: str, wanted: Sequence[Artifact]) -> StageStatus:
    done = sum(artifact.path.exists() for artifact in wanted)
    if done == len(wanted):
        return StageStatus(stage, "complete", f"artifact {wanted[0].digest}")
    if done:
        return StageStatus(stage, "partial", f"{done} of {len(wanted)} shards are done")
    others = [
        path
        for path in wanted[0].path.parent.glob("*")
        if path.suffixes in ([".parquet"], []) and digest_of(path) != wanted[0].digest
    ]
    if not others:
        return StageStatus(stage, "missing", "never run here")
    latest = max(others, key=lambda path: path.stat().st_mtime_ns)
    if latest.is_dir():
        return StageStatus(stage, "stale", f"differs from {digest_of(latest)} in its input")
    differences = recipe_differences(read_recipe(latest), json.loads(wanted[0].recipe))
    if not differences:  # written under a digest of its own
        return StageStatus(stage, "partial", "models have not replied to all that was asked")
    return StageStatus(stage, "stale", "; ".join(differences))


def recipe_differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What changed from one recipe of a stage to another, in words."""
    found = []
    if old["version"] != new["version"]:
        found.append(f"the stage's code is version {new['version']}, was {old['version']}")
    before, after = _flat(old["config"]), _flat(new["config"])
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            found.append(f"{key} is {after.get(key)}, was {before.get(key)}")
    for name in sorted(old["inputs"].keys() | new["inputs"].keys()):
        if old["inputs"].get(name) != new["inputs"].get(name):
            found.append(f"its input {name} changed")
    return found


def _flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(tree, dict):
        return {prefix: tree}
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        leaves |= _flat(value, f"{prefix}.{key}" if prefix else key)
    return leaves
