"""Meant: which image or question of a dataset a name stands for."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import polars as pl

from schemas.printable import shell_word
from tasks.artifact import artifacts_of
from tasks.sources.files import plain_name

MAX_IMAGES = 5
"""Ids that are named of images whose files have one name."""
Digests = Mapping[str, str]
"""Of the artifacts of a dataset's stages."""


def meant_by(name: str, dataset: Path, digests: Digests, root: Path) -> tuple[str, str]:
    """The column that says what is meant, and the image: the one with that id, the one of the
    question with that id, or the one whose file is called so."""
    if _is_image(name, digests, root):
        return "image_id", name
    questions = rows_of_stage(root, "extract", digests["extract"]).filter(
        pl.col("question_id") == name
    )
    asked = questions.select("image_id").unique().collect()
    if asked.height:
        return "question_id", str(asked.item())
    shown = _images_of_file(PurePosixPath(plain_name(name)), digests, root)
    if not shown:
        raise ValueError(
            f"{shell_word(name)} is neither an image nor a question of {dataset}: name another "
            "dataset with --dataset, or an id of its columns image_id or question_id"
        )
    if len(shown) > 1:
        raise ValueError(
            f"several images have a file called {shell_word(name)}: name one by its id "
            f"({', '.join(map(shell_word, shown[:MAX_IMAGES]))})"
        )
    return "image_id", shown[0]


def _is_image(name: str, digests: Digests, root: Path) -> bool:
    is_it = pl.col("image_id").cast(pl.String) == name
    stages = ("ingest", "index")  # the second knows also those that the first has lost
    return any(
        rows_of_stage(root, one, digests[one]).filter(is_it).collect().height for one in stages
    )


def _images_of_file(file: PurePosixPath, digests: Digests, root: Path) -> list[str]:
    """Ids of the images whose file is called so, with or without its suffix; else of the one whose
    id the name is: COCO's 139 is 000000000139.jpg, also where it was lost."""
    called = pl.col("photograph").str.split("/").list.last()
    is_it = (called == file.name) | (called.str.replace(r"\.[^.]+$", "") == file.name)
    scenes = rows_of_stage(root, "ingest", digests["ingest"]).filter(is_it).select("image_id")
    if found := sorted(scenes.unique().collect()["image_id"]):
        return found
    held = (file.stem, file.stem.lstrip("0") or "0")
    return [known for known in held if _is_image(known, digests, root)][:1]


def rows_of_stage(root: Path, stage: str, digest: str) -> pl.LazyFrame:
    """All shards of a stage, oldest first; their digests are joined by `+` where some are
    incomplete."""
    paths = artifacts_of(root, stage, digest)
    if not paths:
        raise FileNotFoundError(
            f"the artifacts of stage {stage} ({digest}) are not in {root}: name the root "
            "that has them with --root, or build again"
        )
    return pl.scan_parquet(paths)
