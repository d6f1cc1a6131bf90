"""Look: models of `transformers` look at the photographs, and write what they see as the files
that a witness reads: boxes in COCO's format with scores, or one depth map per photograph.

Reads scenes and photographs; writes a folder with one folder for each witness that has a model.
What a model says of a photograph is stored at once, by the model and the photograph's bytes: after
a crash, and in every other build, only the other photographs are looked at. What is stored begins
with its digest: a photograph of which it was damaged is looked at again.
"""

import io
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from schemas.config.build import PipelineConfig
from schemas.config.witness import ModelConfig, WitnessConfig, WitnessKind
from schemas.mirror import IS_MIRRORED
from schemas.photographs import opened
from schemas.replacing import replacing
from schemas.vocabulary.coco import load_coco
from tasks.photographs.loader import PhotographLoader, loading_photographs
from tasks.pinned_models import check_packages, digest_of_model
from tasks.stage import Build, Job, Settings, Stage
from tasks.witness.depths import map_name
from tasks.writing import writing_folder

if TYPE_CHECKING:
    from tasks.witness.models import Viewer

VERSION = 1
SIGHT = "sight"
"""The folder below the root where what models saw is kept, by model and photograph."""
DIGEST_SIZE = sha256().digest_size
"""Bytes at the start of what is kept."""
logger = logging.getLogger(__name__)


def models_of(config: PipelineConfig) -> list[tuple[WitnessConfig, ModelConfig]]:
    return [(one, one.model) for one in config.witness if one.model]


def look(job: Job) -> Path:
    check_packages("a witness with a model")
    scenes = pl.read_parquet(
        job.path("ingest"), columns=["image_id", "width", "height", "photograph"]
    )
    sound = pl.read_parquet(job.path("photographs")).filter(pl.col("reason").is_null())
    scenes = scenes.filter(~IS_MIRRORED)
    scenes = scenes.join(sound.select("image_id", "sha256"), on="image_id")
    ids = scenes["image_id"].to_list()
    paths = job.path("ingest"), job.path("photographs")
    with (
        loading_photographs(ids, *paths, job.source, job.root) as loader,
        writing_folder(job.artifact) as folder,
    ):
        for one, model in models_of(job.config):
            kept = _store(one, model, job.root)
            _see(scenes, one, model, kept, loader)
            (folder / one.name).mkdir(parents=True)
            _write(scenes, one, model, kept, folder / one.name)
        facts = {one.name: scenes.height for one, _ in models_of(job.config)}
        (folder / "photographs.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
    return job.artifact.path


def _classes(model: ModelConfig) -> tuple[str, ...]:
    return model.classes or tuple(load_coco())


def _store(one: WitnessConfig, model: ModelConfig, root: Path) -> Path:
    """Where what this model says, asked so, is kept."""
    asked = [one.kind, model.name, digest_of_model(model, root), VERSION]
    if one.kind is WitnessKind.BOXES:
        asked += [_classes(model), one.doubt_score]
    digest = sha256(json.dumps(asked).encode()).hexdigest()[:16]
    folder = root / SIGHT / f"{one.kind}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _place(kept: Path, photograph: str) -> Path:
    return kept / photograph[:2] / f"{photograph}.seen"


def _keep(place: Path, said: bytes) -> None:
    with replacing(place, is_durable=False) as partial:
        partial.write_bytes(sha256(said).digest() + said)


def _said(place: Path) -> bytes | None:
    """What a model said of a photograph, None where that is not known or was damaged."""
    try:
        data = place.read_bytes()
    except FileNotFoundError:
        return None
    digest, said = data[:DIGEST_SIZE], data[DIGEST_SIZE:]
    return said if sha256(said).digest() == digest else None


def _read(kept: Path, photograph: str) -> bytes:
    """What a model said of a photograph that it has seen."""
    said = _said(place := _place(kept, photograph))
    if said is None:
        raise ValueError(f"{place} was damaged since it was written: run the same command again")
    return said


def _see(
    scenes: pl.DataFrame,
    one: WitnessConfig,
    model: ModelConfig,
    kept: Path,
    loader: PhotographLoader,
) -> None:
    """Have the model look at every photograph that it has not seen yet."""
    missing = {
        digest: image_id
        for image_id, digest in scenes.select("image_id", "sha256").iter_rows()
        if _said(_place(kept, digest)) is None
    }
    logger.info("look %s: %d of %d photographs are new", one.name, len(missing), scenes.height)
    if not missing:
        return
    from tasks.witness.models import Viewer

    viewer = Viewer(one.kind, model)
    todo = list(missing.items())
    for start in range(0, len(todo), model.batch_size):
        batch = todo[start : start + model.batch_size]
        images = []
        for _, image_id in batch:
            with opened(loader.read(image_id)) as image:
                images.append(image.convert("RGB"))
        for (digest, _), data in zip(batch, _ask(viewer, images, one, model), strict=True):
            _keep(_place(kept, digest), data)


def _ask(
    viewer: "Viewer", images: Sequence[Any], one: WitnessConfig, model: ModelConfig
) -> Iterator[bytes]:
    if one.kind is WitnessKind.BOXES:
        for found in viewer.boxes(images, _classes(model), one.doubt_score):
            yield json.dumps(found, default=float).encode()
    else:
        for values in viewer.depths(images):
            stream = io.BytesIO()
            np.save(stream, values.astype(np.float16), allow_pickle=False)
            yield stream.getvalue()


def _write(
    scenes: pl.DataFrame, one: WitnessConfig, model: ModelConfig, kept: Path, folder: Path
) -> None:
    """The files of a witness, from what is kept."""
    if one.kind is WitnessKind.DEPTH:
        for image_id, digest in scenes.select("image_id", "sha256").iter_rows():
            place = folder / f"{map_name(image_id)}.npy"
            place.write_bytes(_read(kept, digest))
        return
    numbers = {name: number for number, name in enumerate(_classes(model), start=1)}
    images, annotations = [], []
    for row in scenes.sort("image_id").iter_rows(named=True):
        images.append(
            {
                "id": row["image_id"],
                "file_name": row["photograph"],
                "width": row["width"],
                "height": row["height"],
            }
        )
        for found in json.loads(_read(kept, row["sha256"])):
            annotations.append(_annotation(row["image_id"], found, numbers))
    categories = [{"id": number, "name": name} for name, number in numbers.items()]
    whole = {"images": images, "annotations": annotations, "categories": categories}
    text = json.dumps(whole, ensure_ascii=False)
    (folder / "detections.json").write_text(text + "\n", encoding="utf-8")


def _annotation(
    image_id: str, found: Mapping[str, Any], numbers: Mapping[str, int]
) -> dict[str, Any]:
    box = found["box"]
    return {
        "image_id": image_id,
        "category_id": numbers[found["label"]],
        "bbox": [box["xmin"], box["ymin"], box["xmax"] - box["xmin"], box["ymax"] - box["ymin"]],
        "score": round(float(found["score"]), 4),
    }


def settings(config: PipelineConfig) -> Settings:
    found: dict[str, Any] = {}
    for number, (one, model) in enumerate(models_of(config)):
        found |= {f"model {number}": model, f"name {number}": f"{one.kind} {one.name}"}
        found[f"doubt {number}"] = str(one.doubt_score)
    return found


def files(build: Build) -> dict[str, str]:
    return {
        f"model {number}": digest_of_model(model, build.root)
        for number, (_, model) in enumerate(models_of(build.config))
    }


STAGE = Stage(
    name="look",
    version=VERSION,
    unit="looks",
    work=look,
    reads=("ingest", "photographs"),
    settings=settings,
    files=files,
    is_sharded=True,
    suffix="",
    applies=lambda config: any(one.model for one in config.witness),
)
