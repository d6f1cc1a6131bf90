"""The kinds of sources; tasks/sources/readers.py lists their readers."""

from enum import StrEnum


class SourceKind(StrEnum):
    VISUAL_GENOME = "visual-genome"
    VG150 = "vg150"
    GQA = "gqa"
    COCO = "coco"
    RENDERED = "rendered"
