"""Source files: finding them, detecting changes, and decoding records of JSON."""

import json
import mmap
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Sequence
from glob import glob
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from unicodedata import normalize

import msgspec
import pyarrow as pa
from msgspec import Struct

from schemas.file_digests import file_digests

KEY = re.compile(rb'[\s,{]*"(?:[^"\\]|\\.)*"\s*:\s*')
"""A key of a JSON object, with the punctuation around it."""
LONE_SURROGATE = re.compile(rb"(?i)\\u(?:d[89ab]..(?!\\ud[c-f])|d[c-f]..(?<!\\ud[89ab]..\\u....))")
"""An escape of half a character without its other half: JSON may hold it, UTF-8 may not."""
NO_NUMBER = re.compile(rb"NaN|-?Infinity")
"""What Python writes for a number that JSON cannot hold; the same may stand in a text."""
ESCAPE = re.compile(rb"\\.", re.DOTALL)
"""In a text of JSON."""
UNREADABLE = (ValueError, RecursionError)
"""What msgspec raises for JSON that is broken, of another shape, not UTF-8 or nested too deep."""

Buffer = bytes | memoryview | mmap.mmap | msgspec.Raw
T = TypeVar("T")
S = TypeVar("S", bound=Struct)


def place_of(path: str) -> Path:
    """The path with the home folder that `~` stands for."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise FileNotFoundError(f"no file at {path} ({error}): write the path in full") from None


def plain_name(name: str) -> str:
    """A file's name with its folders, whatever system wrote it: Windows separates them by
    backslashes, and macOS keeps a letter and its accent apart."""
    return normalize("NFC", name.replace("\\", "/"))


def find_files(path: str) -> list[Path]:
    """The files that `path` (a file, a folder or a glob) names, sorted; folders one level deep,
    without hidden files: macOS writes `._objects.json` beside each file on a foreign disk."""
    place = place_of(path)
    if place.is_dir():
        entries = (entry for entry in place.iterdir() if not entry.name.startswith("."))
        found = sorted(entry for entry in entries if entry.is_file())
    elif place.is_file():
        found = [place]
    else:
        names = glob(str(place), recursive=True)  # noqa: PTH207  (Path.glob takes no absolute pattern)
        found = sorted(Path(name) for name in names if Path(name).is_file())
    if not found and place.is_dir():
        raise FileNotFoundError(
            f"no file at {path} itself: name the folder that holds the files, or a glob"
        )
    if not found:
        raise FileNotFoundError(f"no file at {path}: name a file, a folder or a glob")
    return found


def digest_files(paths: Sequence[Path], root: Path, store: Path) -> str:
    """SHA-256 over the names below `root` and the contents of files, in the order given."""
    contents = file_digests(paths, store)
    total = sha256()
    for path in paths:
        name = path.relative_to(root) if path.is_relative_to(root) else path.name
        total.update(f"{name}\0{contents[path]}\n".encode())
    return total.hexdigest()[:16]


def map_file(path: Path) -> mmap.mmap:
    """The file's bytes, mapped rather than read."""
    with path.open("rb") as stream:
        if path.stat().st_size == 0:
            raise ValueError(f"{path} is empty: download it again")
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def decode_parts(raw: Buffer, shape: type[T]) -> T:
    """A JSON list or object whose elements are left undecoded. NaN and infinities, which Python
    writes and JSON does not know, cost only the element that is one."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError:
        raise
    except ValueError:
        plain = with_stand_ins(raw)
        if plain == bytes(raw):
            raise
        return msgspec.json.decode(plain, type=shape)


POINT_ZERO = re.compile(rb"(?<=\d)\.0+(?=\s*[,\]]|\Z)")
QUOTED_NUMBER = re.compile(rb'"-?\d+(?:\.\d+)?"')


def with_stand_ins(raw: Buffer) -> bytes:
    """The JSON without what Python writes and JSON does not know, as long as before: an empty
    object, which no field takes, in place of each NaN or infinity; the escape of a control
    character, which cleaning takes away, in place of half a character; blanks in place of a mark
    of the encoding."""
    text, parts, place, is_in_text = LONE_SURROGATE.sub(rb"\\u0000", bytes(raw)), [], 0, False
    if text.startswith(BOM_UTF8):
        text = b" " * len(BOM_UTF8) + text[len(BOM_UTF8) :]
    for found in NO_NUMBER.finditer(text):
        before = text[place : found.start()]
        is_in_text ^= ESCAPE.sub(b"", before).count(b'"') % 2 == 1
        parts += [before, found[0] if is_in_text else b"{}".ljust(len(found[0]))]
        place = found.end()
    return b"".join([*parts, text[place:]])


def problem_in(error: Exception) -> str:
    """What is wrong with an element of `decode_parts`, in the words of the ledger."""
    return str(error).replace("got `object`", "got NaN, an infinity or an object")


def decode_top(
    buffer: bytes | mmap.mmap, shape: type[T], path: Path, expected: str
) -> tuple[T, bytes | mmap.mmap]:
    """The top level of a JSON file, its elements left undecoded, and the bytes that hold them."""
    try:
        try:
            return msgspec.json.decode(buffer, type=shape), buffer
        except msgspec.ValidationError:
            raise
        except ValueError:
            plain = with_stand_ins(buffer)
            return msgspec.json.decode(plain, type=shape), plain
    except msgspec.ValidationError:
        raise ValueError(f"{path} has another shape: expected {expected}") from None
    except RecursionError:
        raise ValueError(f"{path} is nested too deep: expected {expected}") from None
    except ValueError as error:
        if any(buffer[:4]) and 0 in buffer[:4]:
            raise ValueError(f"{path} is written in UTF-16 or UTF-32: save it as UTF-8") from None
        raise ValueError(f"{path} is not complete JSON ({error}): download it again") from None


def decode_members(
    buffer: bytes | mmap.mmap, path: Path, expected: str
) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """Key to byte range of the values of a JSON object, and the keys of values that are replaced by
    a later value of the same key."""
    values, buffer = decode_top(buffer, dict[str, msgspec.Raw], path, expected)
    spans = dict(zip(values, spans_of(list(values.values()), buffer), strict=True))
    replaced, previous = [], 0
    for start, stop in sorted(spans.values()):
        before = buffer[previous:start]
        if not KEY.fullmatch(before):
            replaced += repeated_keys(b"{" + before.lstrip(b" \t\r\n,{") + b"0}")[:-1]
        previous = stop
    return spans, replaced


def repeated_keys(raw: bytes | msgspec.Raw) -> list[str]:
    """All keys of a JSON object, in its order."""
    try:
        text = bytes(raw).decode("utf-8", "replace")  # other bytes cost what they are in
        return [key for key, _ in json.loads(text, object_pairs_hook=list)]
    except RecursionError:
        raise ValueError("nested too deep") from None


def decode_each(
    raws: Iterable[msgspec.Raw], shape: type[T]
) -> tuple[list[T], list[tuple[int, str]]]:
    """The readable elements, and position and problem of the others."""
    decoder, read, problems = msgspec.json.Decoder(shape), [], []
    for position, raw in enumerate(raws):
        try:
            read.append(decoder.decode(raw))
        except UNREADABLE as error:
            problems.append((position, problem_in(error)))
    return read, problems


def decode_without(
    raw: bytes | memoryview | msgspec.Raw, shape: type[S], dispensable: Collection[str]
) -> tuple[S, list[tuple[str, str]]]:
    """A record without those of its dispensable fields that cannot be read, at any depth of
    structs, and the name and problem of each; whole numbers may have a point, and ids that it needs
    be texts. Raises what decoding raises where the rest cannot be read either."""
    parts, problems = _without(raw, shape, dispensable)
    return msgspec.json.decode(parts, type=shape), problems


def _without(
    raw: bytes | memoryview | msgspec.Raw, shape: type[Struct], dispensable: Collection[str]
) -> tuple[bytes, list[tuple[str, str]]]:
    parts = decode_parts(raw, dict[str, msgspec.Raw])
    problems = []
    for field in msgspec.structs.fields(shape):
        name, kind = field.encode_name, field.type
        if name not in parts:
            continue
        if isinstance(kind, type) and issubclass(kind, Struct):
            text, inner = _without(parts[name], kind, dispensable)
            parts[name] = msgspec.Raw(text)
            problems += [(f"{name}.{below}", problem) for below, problem in inner]
            continue
        problem = _problem_of(parts[name], kind)
        if not problem:
            continue
        is_key = name.endswith("id") and name not in dispensable
        whole = _without_point(_unquoted(parts[name]) if is_key else parts[name])
        if not _problem_of(whole, kind):
            parts[name] = whole
        elif name in dispensable:
            del parts[name]
            problems.append((name, problem))
    return msgspec.json.encode(parts), problems


def _problem_of(raw: msgspec.Raw, kind: Any) -> str:
    try:
        msgspec.json.decode(raw, type=kind)
    except UNREADABLE as error:
        return problem_in(error)
    return ""


def _unquoted(raw: msgspec.Raw) -> msgspec.Raw:
    """A number that was written as a text."""
    return msgspec.Raw(bytes(raw)[1:-1]) if QUOTED_NUMBER.fullmatch(bytes(raw)) else raw


def _without_point(raw: msgspec.Raw) -> msgspec.Raw:
    """A whole number that pandas wrote as 9.0, because its column has gaps, or a list of them."""
    return msgspec.Raw(POINT_ZERO.sub(b"", bytes(raw)))


def spans_of(raws: Sequence[msgspec.Raw], buffer: bytes | mmap.mmap) -> list[tuple[int, int]]:
    """Start and stop, in bytes, of undecoded elements in the buffer that holds them."""
    origin = pa.py_buffer(buffer).address
    parts = [pa.py_buffer(raw) for raw in raws]
    return [(part.address - origin, part.address - origin + part.size) for part in parts]
