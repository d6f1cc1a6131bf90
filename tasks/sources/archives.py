"""Archives: zip files of sources, unpacked safely. Nothing that they say is trusted."""

import re
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from schemas.replacing import replacing

MAX_MEMBER_BYTES = 64 * 1024**3  # far above any source's largest file
MAX_RATIO = 400
"""Unpacked over packed bytes of an entry, at most. JSON has about 10; a zip bomb comes close to
1,032, the most that the format allows."""
CHUNK = 1 << 20  # bytes copied at once
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
"""What zip archives are packed by that can be read; Windows packs 2 GB and more by method 9."""
ENCRYPTED, AES = 0x1, 99
"""The flag of an encrypted entry in a zip archive, and what stands for its packing then."""
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
"""What reading an archive or one entry of it raises where it is broken, encrypted (RuntimeError)
or packed in a way that Python cannot read (NotImplementedError, a RuntimeError)."""


def open_archive(path: Path) -> zipfile.ZipFile:
    """A zip archive whose every entry is safe to read by name; ValueError says what is wrong, and
    PermissionError that this user may not read it."""
    try:
        archive = zipfile.ZipFile(path)
    except PermissionError:
        raise
    except DAMAGED as error:
        raise ValueError(
            f"{path} is not a complete zip archive ({error}): download it again"
        ) from None
    for entry in archive.infolist():
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        has_drive = re.match("[A-Za-z]:", entry.filename) is not None
        if name.is_absolute() or ".." in name.parts or has_drive or is_link:
            archive.close()
            raise ValueError(
                f"{path} holds the entry {entry.filename!r}, which points outside the archive: "
                "do not use this file"
            )
    return archive


def check_packing(archive: zipfile.ZipFile, members: Collection[str]) -> None:
    """ValueError where none of these entries can be unpacked, whatever their content. Where some
    can, each other costs itself."""
    problems = [_packing_problem(archive.getinfo(member)) for member in members]
    if problems and all(problems):
        raise ValueError(
            f"{archive.filename}: what it holds is {problems[0]}: unpack it, and name the folder"
        )


def _packing_problem(entry: zipfile.ZipInfo) -> str:
    """Why an entry cannot be unpacked; empty where it can."""
    if entry.flag_bits & ENCRYPTED or entry.compress_type == AES:
        return "encrypted"
    if entry.volume:
        return "in another part of the archive"
    if entry.compress_type not in PACKINGS:
        return f"packed by method {entry.compress_type}, which Python does not know"
    return ""


def unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> Path:
    """Copy one entry to `target`, unless that exists; the entry's size and checksum must be
    right."""
    if target.exists():
        return target
    bloated = member.file_size > MAX_RATIO * max(member.compress_size, 1) + CHUNK
    if member.file_size > MAX_MEMBER_BYTES or bloated:
        raise ValueError(
            f"{archive.filename}: {member.filename} would unpack from {member.compress_size:,} to "
            f"{member.file_size:,} bytes: do not use this file"
        )
    with replacing(target) as partial, partial.open("wb") as out:
        out.writelines(_blocks(archive, member))
    return target


def _blocks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """What an entry holds; who writes it away meets the errors of another disk."""
    try:
        with archive.open(member) as packed:
            while block := packed.read(CHUNK):
                yield block
    except DAMAGED as error:
        raise ValueError(
            f"{archive.filename}: {member.filename} is damaged ({error}): download it again"
        ) from None
