"""Visual Genome v1.0, v1.2 and v1.4."""

from dataclasses import replace

from schemas.file_digests import digest_store
from tasks.sources.reader import PHOTOGRAPHS, Reader, Rights
from tasks.sources.visual_genome.files import find_annotations, index_annotations
from tasks.sources.visual_genome.tables import read_scenes

READER = Reader(
    find=lambda path, root: find_annotations(
        path, root / "artifacts" / "unpack", digest_store(root)
    ),
    index=index_annotations,
    read=read_scenes,
    rights=Rights(
        "cc-by-4.0",
        "Annotations: Visual Genome (Krishna et al. 2016), CC BY 4.0.",
        PHOTOGRAPHS,
        ("visual-genome",),
    ),
    collection="vg",
)
DRAWN_READER = replace(
    READER,
    rights=Rights(
        "cc0-1.0", "Scenes are drawn by the pipeline.", "So are photographs.", ("synthetic",)
    ),
    collection=None,
)
"""Reads the scenes that the pipeline draws and writes in the form of Visual Genome's files."""
