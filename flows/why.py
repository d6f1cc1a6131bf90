"""Why: the history of one image or of one question, from the artifacts that a dataset names."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl


def newest_dataset(root: Path) -> Path:
    """The dataset folder that was published last."""
    manifests = list((root / "datasets").glob("*/*/manifest.json"))
    if not manifests:
        raise FileNotFoundError(
            f"no dataset below {root / 'datasets'}: run spatialthinker build first"
        )
    return max(manifests, key=lambda path: path.stat().st_mtime_ns).parent


def explain(name: str, dataset: Path, root: Path) -> Iterator[str]:
    """Lines on an image id or a question id; ValueError where the dataset's build knows neither."""
    try:
        manifest = json.loads((dataset / "manifest.json").read_text(encoding="utf-8"))
        digests = manifest["artifacts"]
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{dataset} is no dataset folder: {error}") from None
    image_id = _image_of(name, digests, root)
    yield f"dataset {dataset}"
    yield from _image_lines(image_id, digests, root)
    column = "image_id" if name == image_id else "question_id"
    wanted = pl.col(column) == name
    candidates = _scan(root, "extract", digests["subgraphs"]).filter(wanted).collect()
    plan = dict(
        _scan(root, "plan", digests["plan"])
        .filter(wanted)
        .select("question_id", "reason")
        .collect()
        .iter_rows()
    )
    verified = _by_id(_scan(root, "verify", digests["verified"]).filter(wanted).collect())
    samples = _by_id(_scan(root, "select", digests["samples"]).filter(wanted).collect())
    left_out = {
        row["item"]: row
        for row in pl.read_parquet(dataset / "ledger.parquet")
        .filter(pl.col("image_id") == image_id, pl.col("stage") == "select")
        .iter_rows(named=True)
    }
    if column == "image_id":
        written, published = len(verified), len(samples)
        yield f"{candidates.height} candidates, {written} written, {published} published"
    for row in candidates.iter_rows(named=True):
        key = row["question_id"]
        yield ""
        yield f"{key} ({row['level']}, rating {row['rating']})"
        yield f"  claim     {row['claim']}"
        yield f"  evidence  {row['evidence']}: {row['detail']}" + (
            f" (margin {row['margin']:.2f})" if row["margin"] is not None else ""
        )
        yield from _fate(key, plan.get(key), verified.get(key), samples.get(key), left_out.get(key))


def _fate(
    key: str,
    unplanned: str | None,
    verified: dict[str, Any] | None,
    sample: dict[str, Any] | None,
    left_out: dict[str, Any] | None,
) -> Iterator[str]:
    if unplanned:
        yield f"  plan      not asked: {unplanned}"
        return
    if not verified:
        yield "  write     not written"
        return
    yield f"  question  {verified['question']}"
    options = sample["options"] if sample else verified["options"]
    claims = sample["option_claims"] if sample else verified["option_claims"]
    for letter, option, claim in zip("ABCD", options, claims, strict=False):
        mark = "*" if claim == verified["claim"] else " "
        yield f"          {mark} ({letter}) {option}"
    if verified["reason"]:
        yield f"  verify    rejected: {verified['reason']}: {verified['reason_detail']}"
    elif sample:
        yield f"  published in {sample['split']}, answer {sample['answer_option_text_only']}"
    elif left_out:
        yield f"  select    left out: {left_out['reason']}"


def _image_lines(image_id: str, digests: dict[str, str], root: Path) -> Iterator[str]:
    scenes = _scan(root, "ingest", digests["scenes"]).filter(pl.col("image_id") == image_id)
    scene = scenes.collect()
    for row in scene.iter_rows(named=True):
        names = sorted({thing["name"] for thing in row["objects"]})
        yield (
            f"image {image_id}: {row['width']} x {row['height']} pixels, "
            f"{len(row['objects'])} objects, {len(row['relationships'])} relationships"
        )
        yield f"  objects   {', '.join(names)}"
    ledgers = [
        *(root / "artifacts" / "ingest").glob(f"{digests['scenes']}*.ledger.parquet"),
        *(root / "artifacts" / "index").glob(f"{digests['index']}*.ledger.parquet"),
    ]
    changes = pl.scan_parquet(ledgers).filter(pl.col("image_id") == image_id).collect()
    for row in changes.sort("reason", "item").iter_rows(named=True):
        yield f"  {row['action']:<9} {row['item']}: {row['reason']} ({row['detail']})"
    if digests.get("photographs"):
        photograph = _scan(root, "photographs", digests["photographs"])
        for row in (
            photograph.filter(pl.col("image_id") == image_id).collect().iter_rows(named=True)
        ):
            fate = row["reason"] or f"sound, sha256 {row['sha256'][:16]}"
            yield f"  photograph {fate}"


def _image_of(name: str, digests: dict[str, str], root: Path) -> str:
    """The image that `name` is, or is a question of."""
    for stage, key in (("ingest", "scenes"), ("index", "index")):
        ids = _scan(root, stage, digests[key]).select(pl.col("image_id").cast(pl.String))
        if ids.filter(pl.col("image_id") == name).collect().height:
            return name
    questions = _scan(root, "extract", digests["subgraphs"]).filter(pl.col("question_id") == name)
    found = questions.select("image_id").collect()
    if found.is_empty():
        raise ValueError(
            f"{name} is neither an image nor a question of this build: ids are in the columns "
            "image_id and question_id of the dataset"
        )
    return str(found.item())


def _scan(root: Path, stage: str, digest: str) -> pl.LazyFrame:
    paths = [
        path
        for path in sorted((root / "artifacts" / stage).glob(f"{digest}*.parquet"))
        if not path.name.endswith(".ledger.parquet")
    ]
    if not paths:
        raise FileNotFoundError(
            f"the artifacts of stage {stage} ({digest}) are gone from {root}: build again"
        )
    return pl.scan_parquet(paths)


def _by_id(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["question_id"]: row for row in frame.iter_rows(named=True)}
