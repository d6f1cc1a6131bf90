"""The readers of all sources. Nothing else lists them."""

from dataclasses import replace

from schemas.config.source_kind import SourceKind
from tasks.sources import coco, gqa, vg150
from tasks.sources.reader import PHOTOGRAPHS, Reader, Rights
from tasks.sources.visual_genome import reader as visual_genome

READERS: dict[SourceKind, Reader] = {
    SourceKind.VISUAL_GENOME: visual_genome.READER,
    SourceKind.VG150: vg150.READER,
    SourceKind.GQA: gqa.READER,
    SourceKind.COCO: coco.READER,
    SourceKind.RENDERED: visual_genome.DRAWN_READER,
}


OWN = "Annotations: of those who built this dataset."


def reader_of(kind: SourceKind, own_licence: str | None = None) -> Reader:
    """The reader of a form. With `own_licence`, the licence of annotations of one's own, what it
    reads belongs to no collection. ValueError where the kind has no reader yet."""
    if kind not in READERS:
        raise ValueError(f"source.kind {kind} has no reader: add it to READERS in {__name__}")
    reader = READERS[kind]
    if own_licence is None:
        return reader
    return replace(reader, rights=Rights(own_licence, OWN, PHOTOGRAPHS), collection=None)
