"""Miniatures: a few items of every benchmark, in its own files and columns, drawn here.

They let everything run that a benchmark needs, without a download: rows of the very schema, read by
the very code. Pictures are rendered scenes, so answers are true; scores on them mean nothing.
"""

from collections.abc import Callable
from pathlib import Path

from schemas.replacing import replacing_folder
from tasks.evaluate.miniature import choices, pairs, places

VERSION = 3
MINIATURE = "miniature"
DRAWN: dict[str, Callable[[Path], None]] = {
    "cv_bench": choices.cv_bench,
    "blink": choices.blink,
    "3dsrbench": pairs.srbench_3d,
    "mmvp": pairs.mmvp,
    "spatialbench": pairs.spatialbench,
    "spatialreasoner_eval": choices.spatialreasoner_eval,
    "realworldqa": choices.realworldqa,
    "robospatial_home": places.robospatial_home,
    "vstar_bench": choices.vstar_bench,
    "mmstar": choices.mmstar,
    "mme_realworld_lite": choices.mme_realworld_lite,
    "hallusionbench": pairs.hallusionbench,
    "stvqa_val": places.stvqa_val,
}


def miniature_folder(name: str, root: Path) -> Path:
    """The miniature of a benchmark, drawn where it is missing."""
    folder = root / "artifacts" / "miniature" / f"{name}-{VERSION}"
    if not folder.exists():
        with replacing_folder(folder) as partial:
            DRAWN[name](partial)
    return folder
