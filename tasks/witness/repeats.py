"""Repeats: witnesses whose files are those of the source, or of another witness, are no second
look."""

from collections.abc import Sequence
from pathlib import Path

from schemas.config.witness import WitnessConfig, WitnessKind
from schemas.file_digests import digest_store, file_digests
from tasks.sources.coco_files import find_boxes
from tasks.sources.shard import find_source
from tasks.stage import Build
from tasks.witness.depth_maps import find_maps
from tasks.witness.other_scenes import source_of


def files_of(one: WitnessConfig, root: Path) -> list[Path]:
    """The files of a witness with a path; FileNotFoundError where there are none."""
    match one.kind:
        case WitnessKind.SCENES:
            files = find_source(source_of(one), root)
            return [path for role in sorted(files) for path in files[role]]
        case WitnessKind.BOXES:
            return find_boxes(str(one.path))
        case WitnessKind.DEPTH:
            return sorted(find_maps(str(one.path)).values())


def refuse_repeats(build: Build) -> None:
    """ValueError where the contents of all files of a witness, or its model, are another's.
    Witnesses that the configuration calls dependent may be."""
    config, source, root = build.config, build.source, build.root
    known: dict[str, frozenset[str]] = {}
    if source.path and any(
        one.path and one.kind is not WitnessKind.DEPTH for one in config.witness
    ):
        files = find_source(source, root)
        known["the source"] = _contents([path for paths in files.values() for path in paths], root)
    for one in config.witness:
        if one.model:
            said = frozenset([f"{one.kind} {one.model.model_dump_json()}"])
        else:
            said = _contents(files_of(one, root), root)
        same = [name for name, others in known.items() if said <= others]
        if same and one.independent is not False:
            what = "asks the same model as" if one.model else "has the same files as"
            raise ValueError(
                f"the witness {one.name} {what} {same[0]}, so is no second look: name other files, "
                "or set its independent = false"
            )
        known[f"the witness {one.name}"] = said


def _contents(paths: Sequence[Path], root: Path) -> frozenset[str]:
    return frozenset(file_digests(paths, digest_store(root)).values())
