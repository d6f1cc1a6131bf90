"""Builds with models, small enough for tests: a dozen drawn scenes, about forty questions."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from schemas.config.build import PipelineConfig
from schemas.dataset_folder import sample_files
from tasks.publish.usage import USAGE
from tasks.stage import Build
from tasks.status import StageStatus, build_status
from tasks.writing import remove_partials
from tests.servers.endpoint import Endpoint
from tests.stages import after

PRICE = {"input": 1.0, "cached": 0.1, "output": 10.0}
SCENES = {"num_scenes": 12, "width": 400, "height": 300}
QUOTA = {"num_samples": 24, "max_per_image": 6}


def bytes_of(dataset: Path) -> dict[str, bytes]:
    """The files of a folder by their names, but how long it took."""
    return {
        path.relative_to(dataset).as_posix(): path.read_bytes()
        for path in sorted(dataset.rglob("*"))
        if path.is_file() and path.name != USAGE
    }


def chat_of(url: str, **settings: Any) -> dict[str, Any]:
    known = {"model": "writer-1", "api_key_env": None, "price": PRICE, "timeout_seconds": 10.0}
    return {**known, "base_url": url, **settings}


def tree_of(
    url: str,
    chat: Mapping[str, Any] = {},
    write: Mapping[str, Any] = {},
    judge: Mapping[str, Any] | None = {},
    **settings: Any,
) -> dict[str, Any]:
    """A build whose generator and judge are at the url; `chat` is for both of them. None judges
    where `judge` is None."""
    about = chat_of(url, **chat)
    tree: dict[str, Any] = {
        "name": "tiny",
        "seed": 3,
        "images": "embed",
        "source": {"kind": "rendered", "render": SCENES},
        "quota": QUOTA,
        # Faults, and models that are wrong on purpose, take more than a tenth.
        "gates": {"min_quota_share": 0.0},
        "write": {"writer": "model", "chat": about, **write},
    }
    if judge is not None:
        tree["judge"] = {"chat": {**about, "model": "judge-1"}, **judge}
    return tree | settings


def config_of(url: str, *settings: Any, **changes: Any) -> PipelineConfig:
    return PipelineConfig.model_validate(tree_of(url, *settings, **changes))


def toml_of(value: Any) -> str:
    """On one line; what is None is left out."""
    if isinstance(value, dict):
        pairs = (f"{key} = {toml_of(entry)}" for key, entry in value.items() if entry is not None)
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_of, value))}]"
    return json.dumps(value)


def save_config(path: Path, tree: Mapping[str, Any]) -> Path:
    path.write_text("".join(f"{key} = {toml_of(value)}\n" for key, value in tree.items()))
    return path


def build(config: PipelineConfig, root: Path) -> Path:
    """The dataset of a build, its stages run one job after the other by the rule of a build; tests
    of what Prefect adds call `flows.build.run_build`."""
    from flows.graph import stages_of
    from tasks.publish.stage import published_folder

    remove_partials(root)
    done = after(Build(config, root), *stages_of(config))
    return published_folder(done.made["publish"][0])


def prepare(config: PipelineConfig, root: Path) -> Build:
    """As `build`, up to where models are asked."""
    from flows.graph import stages_of

    stages = stages_of(config)
    names = [stage.name for stage in stages]
    return after(Build(config, root), *stages[: names.index("write")])


def status_of(config: PipelineConfig, root: Path) -> dict[str, StageStatus]:
    """What `spatialthinker plan` says, by stage."""
    from flows.graph import STAGES

    return {entry.stage: entry for entry in build_status(STAGES, Build(config, root))}


def manifest_of(dataset: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((dataset / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def samples_of(dataset: Path) -> pl.DataFrame:
    shards = [pl.read_parquet(path) for path in sample_files(dataset)]
    return pl.concat(shards).sort("question_id")


def bodies(endpoint: Endpoint, is_sound: bool = False) -> Counter[str]:
    """How often each request was sent; with `is_sound`, how often it was answered as it should
    be."""
    return Counter(
        json.dumps(record.body, sort_keys=True)
        for record in endpoint.requests
        if not is_sound or (record.status == 200 and record.fault is None)
    )


def models_asked(endpoint: Endpoint, start: int = 0) -> set[str]:
    """From the request at `start` on."""
    return {record.body["model"] for record in endpoint.requests[start:]}
