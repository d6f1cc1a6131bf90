"""Visual Genome's files: JSON, or archives that hold it, and where each image's records lie in
them.

A file beside its archive is read instead of the archive. Of records with the same image id the
first stays.
"""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import msgspec
import polars as pl

from schemas.ledger import ledger_of, lost
from tasks.processes import MIN_ROWS, run_apart
from tasks.sources.archives import open_archive, unpack_member
from tasks.sources.files import (
    UNREADABLE,
    decode_top,
    digest_files,
    find_files,
    map_file,
    problem_in,
    spans_of,
)
from tasks.sources.visual_genome.records import ROLES, Key

GRAPHS = "scene_graphs"
"""A file of both objects and their relationships."""
ROLE_NAME = re.compile(rf"({'|'.join((*ROLES, GRAPHS))})(?:_?v\d+[._]\d+)?\.json")
"""Names of files, with or without a version: "objects.json", "objects_v1_2.json"."""
MAX_SHOWN = 60
"""Characters of an id that cannot be read."""
DOWNLOAD = "`spatialthinker download visual-genome` fetches them"


def find_annotations(path: str, unpack_into: Path, store: Path) -> dict[str, list[Path]]:
    """JSON files by role; those in archives are unpacked below `unpack_into` first. Objects and
    relationships that have no file of their own are read from scene graphs.

    Raises ValueError where a folder holds two files of one role.
    """
    try:
        files = find_files(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error}; {DOWNLOAD}") from None
    found: dict[tuple[Path, str], tuple[Path, str]] = {}
    for file in files:
        if match := ROLE_NAME.fullmatch(file.name):
            _add(found, match[1], file, file.name)
    plain = set(found)
    for file in files:
        if file.suffix == ".zip":
            with open_archive(file) as archive:
                names = archive.namelist()
            for name in names:
                match = ROLE_NAME.fullmatch(_last_part(name))
                if match and (file.parent, match[1]) not in plain:
                    _add(found, match[1], file, name)
    graphs = {folder: found.pop((folder, role)) for folder, role in [*found] if role == GRAPHS}
    for part in ("objects", "relationships"):
        if all(role != part for _, role in found):
            found |= {(folder, part): file for folder, file in graphs.items()}
    roles: dict[str, list[Path]] = {role: [] for role in ROLES}
    for (_, role), (file, name) in found.items():
        is_packed = file.suffix == ".zip"
        roles[role].append(_unpacked(file, name, unpack_into, store) if is_packed else file)
    if not roles["objects"]:
        raise FileNotFoundError(
            f"no objects.json or scene_graphs.json, or archive that holds one, at {path}: "
            f"source.path takes the folder of the Visual Genome files; {DOWNLOAD}"
        )
    return roles


def _add(found: dict[tuple[Path, str], tuple[Path, str]], role: str, file: Path, name: str) -> None:
    other, other_name = found.setdefault((file.parent, role), (file, name))
    if (other, other_name) != (file, name):
        raise ValueError(
            f"{file.parent} holds {role} twice, in {_label(other, other_name)} and "
            f"{_label(file, name)}: keep the files of one version there"
        )


def _last_part(name: str) -> str:
    """Of an entry's name, which some programs of Windows write with backslashes."""
    return PurePosixPath(name.replace("\\", "/")).name


def _label(file: Path, name: str) -> str:
    return name if file.name == name else f"{file.name}: {name}"


def _unpacked(file: Path, name: str, unpack_into: Path, store: Path) -> Path:
    digest = digest_files([file], file.parent, store)
    target = unpack_into / f"{digest}-{_last_part(name)}"
    with open_archive(file) as archive:
        return unpack_member(archive, archive.getinfo(name), target)


def index_annotations(
    files: Mapping[str, Sequence[Path]], num_workers: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where each image's records lie: one row per image, and a ledger of records without place."""
    # The last role has the largest files: it is read here, while workers start and read the others.
    workers = dict.fromkeys(ROLES[:-1], num_workers) | {ROLES[-1]: 1}
    with ThreadPoolExecutor(len(ROLES)) as threads:
        found = [
            threads.submit(run_apart, _index_role, MIN_ROWS, workers[role], role, files[role])
            for role in ROLES
        ]
        roles, ledgers = map(list, zip(*(one.result() for one in found), strict=True))
    index = pl.concat([roles[1].select("image_id"), roles[3].select("image_id")]).unique()
    unannotated = pl.concat(
        spans.select("image_id", item=pl.lit(role))
        for role, spans in zip(ROLES, roles, strict=True)
    ).join(index, on="image_id", how="anti")
    for spans in roles:
        index = index.join(spans, on="image_id", how="left")
    ledgers.append(
        ledger_of(
            [
                lost(str(image_id), "image", "no-annotation", f"listed in {listed} only")
                for image_id, listed in unannotated.group_by("image_id")
                .agg(pl.col("item").sort().str.join(" and "))
                .sort("image_id")
                .iter_rows()
            ]
        )
    )
    return index.sort("image_id"), pl.concat(ledgers)


def _index_role(role: str, files: Sequence[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows, ledger, seen = [], [], set()
    decoder = msgspec.json.Decoder(Key, strict=False)  # some write ids as texts
    for number, path in enumerate(files):
        expected = "a list with one record per image"
        raws, buffer = decode_top(map_file(path), list[msgspec.Raw], path, expected)
        for position, (raw, span) in enumerate(zip(raws, spans_of(raws, buffer), strict=True)):
            item, where = f"{role}[{position}]", f"{path.name}: record {position}"
            try:
                image_id = _image_id(raw, decoder)
            except UNREADABLE as error:
                detail = f"{where}: {problem_in(error)}"
                ledger.append(lost("", item, "image-unreadable", detail))
                continue
            if image_id in seen:
                ledger.append(lost(str(image_id), item, "duplicate-image", where))
                continue
            seen.add(image_id)
            rows.append((image_id, number, *span))
    schema = {
        "image_id": pl.Int64,
        f"{role}_file": pl.Int32,
        f"{role}_start": pl.Int64,
        f"{role}_stop": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row"), ledger_of(ledger)


def _image_id(raw: msgspec.Raw, decoder: msgspec.json.Decoder[Key]) -> int:
    """ValueError, in the words of the ledger, where there is none that can be read."""
    try:
        key = decoder.decode(raw)
    except UNREADABLE:
        found = msgspec.json.decode(raw)
        known = found if isinstance(found, dict) else {}
        named = [name for name in Key.__struct_fields__ if known.get(name) is not None]
        if not named:
            raise
        raise ValueError(f"{named[0]} {_shown(known[named[0]])} is no whole number") from None
    image_id = key.image_id if key.image_id is not None else key.id
    if image_id is None:
        raise ValueError("no image_id")
    return image_id


def _shown(value: object) -> str:
    """An id that cannot be read; an empty object may stand in for what JSON does not know."""
    return "(NaN, an infinity or an object)" if isinstance(value, dict) else repr(value)[:MAX_SHOWN]
