"""Loading: a configuration from a TOML file and `key.path=value` overrides.

Any problem is a ValueError of one line that names the file or key, what was found and what is
accepted.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from schemas.config.chat import SECRET
from schemas.printable import shell_word

MAY_HOLD_SECRET = {"replies", "base_url", "api_key_env", "extra_body"}
"""Keys whose value no message repeats: a password or an API key may have been written there."""
MAX_SHOWN = 200
"""Characters of a wrong value that a message repeats."""
MAX_BYTES = 1_000_000
"""Of a configuration's file: a device may give bytes without end."""
MAX_HOMES = 2
"""Sections that a key in a wrong one is told to belong to; one that more have may mean any."""
TOO_DEEP = "is nested too deeply: no key here holds so much"
Config = TypeVar("Config", bound=BaseModel)


def load_toml(kind: type[Config], path: Path, overrides: tuple[str, ...] = ()) -> Config:
    """The configuration of that kind in a TOML file, after the overrides. Messages name what is
    wrong: the file, or the overrides where it is right without them."""
    is_right_alone = bool(overrides) and _is_valid(kind, read_tree(path))
    return validated(kind, read_tree(path, overrides), "--set" if is_right_alone else path)


def read_tree(path: Path | None, overrides: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a TOML file says, after the overrides, not yet checked; nothing without a file."""
    tree = _read(path) if path else {}
    for override in overrides:
        _set(tree, override)
    return tree


def _read(path: Path) -> dict[str, Any]:
    name = shell_word(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError(f"{name} has more than {MAX_BYTES:,} bytes: pass a .toml file")
        # As in files of text, all line ends are one: TOML refuses a lone carriage return.
        text = TextIOWrapper(BytesIO(data), encoding="utf-8-sig").read()
        return tomllib.loads(text)
    except FileNotFoundError:
        raise ValueError(f"no configuration at {name}: pass the path of a .toml file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"{name} cannot be read ({reason}): pass a readable .toml file") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name} is not TOML: {error}: correct it there") from None
    except RecursionError:
        raise ValueError(f"{name} {TOO_DEEP}") from None


def validated(kind: type[Config], tree: dict[str, Any], path: Path | str) -> Config:
    """The configuration of that kind; messages call its source `path`."""
    name = shell_word(str(path))
    try:
        if key := next(_too_large(tree), None):
            raise ValueError(f"{name}: {key} is a whole number of more than 64 bits: correct it")
        # As JSON, so that `true` is no number and "7" none, while names of enumerations are read.
        return kind.model_validate_json(json.dumps(tree, default=str), strict=True)
    except RecursionError:
        raise ValueError(f"{name} {TOO_DEEP}") from None
    except ValidationError as error:
        raise ValueError(f"{name}: {_first_problem(error, kind)}") from None


def _is_valid(kind: type[Config], tree: dict[str, Any]) -> bool:
    try:
        validated(kind, tree, "")
    except ValueError:
        return False
    return True


def _too_large(tree: Any, key: str = "") -> Iterator[str]:
    """The keys of whole numbers that TOML does not have, and tables cannot hold."""
    if isinstance(tree, int) and not -(2**63) <= tree < 2**63:
        yield key
    parts: Iterable[tuple[Any, Any]] = tree.items() if isinstance(tree, dict) else ()
    parts = enumerate(tree) if isinstance(tree, list) else parts
    for name, value in parts:
        yield from _too_large(value, f"{key}.{name}" if key else str(name))


def _set(tree: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    *parents, leaf = key.strip().split(".")
    if not separator or not leaf or not all(parents):
        raise ValueError(
            f"--set {override}: write it as key=value, for example quota.num_samples=7"
        )
    if not override.isascii() and any("\ud800" <= char <= "\udfff" for char in override):
        raise ValueError(f"--set {override!r}: it is not UTF-8")  # Python's sign for such bytes
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ValueError(f"--set {override}: {parent} is a value, not a section")
    tree[leaf] = _value(text.strip())


def _value(text: str) -> Any:
    """What TOML reads in `text`; a bare word or path is a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text


def _first_problem(error: ValidationError, kind: type[BaseModel]) -> str:
    problems = error.errors(include_url=False)
    # A misspelt key is also missing under its right name, which alone does not show the mistake.
    unknown = (one for one in problems if one["type"] == "extra_forbidden")
    problem = next(unknown, problems[0])
    where = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        accepted = ", ".join(_accepted(problem["loc"], kind))
        homes = sorted({*_homes(str(problem["loc"][-1]), kind)})
        belongs = f"; it belongs to {' or '.join(homes)}" if 0 < len(homes) <= MAX_HOMES else ""
        if not homes and SECRET.search(str(problem["loc"][-1])):
            belongs = "; keys are read from the environment: api_key_env names the variable"
        return f"unknown key {where}: accepted here are {accepted}{belongs}"
    if problem["type"] == "missing":
        return f"{where} is missing"
    is_shown = not isinstance(problem["input"], dict | BaseModel) and not MAY_HOLD_SECRET & {
        str(part) for part in problem["loc"]
    }
    found = f" (found {_shown(problem['input'])})" if is_shown else ""
    more = f"; and {error.error_count() - 1} more" if error.error_count() > 1 else ""
    return f"{where}: {message}{found}{more}" if where else f"{message}{more}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]} ..."


def _accepted(location: tuple[int | str, ...], kind: type[BaseModel]) -> list[str]:
    section: Any = kind
    for part in location[:-1]:
        if isinstance(part, int):  # a place in a list: its entries are of one kind
            continue
        annotation = section.model_fields[part].annotation
        section = _section_in(annotation)
    return sorted(section.model_fields)


def _homes(name: str, section: Any, path: str = "") -> Iterator[str]:
    """The sections that have a key of that name: in TOML, what stands behind the first table falls
    into it. A key that is a section itself is a table."""
    for field, about in section.model_fields.items():
        place = f"{path}.{field}" if path else field
        part = _section_in(about.annotation)
        if field == name and part:
            is_list = get_origin(about.annotation) in (list, tuple)
            yield f"the table [[{place}]]" if is_list else f"the table [{place}]"
        elif field == name:
            yield f"[{path}]" if path else "the top, before the first [table]"
        if part:
            yield from _homes(name, part, place)


def _section_in(annotation: Any) -> Any:
    """The section that a field holds, in a union or a list of them, too."""
    if hasattr(annotation, "model_fields"):
        return annotation
    return next(filter(None, map(_section_in, get_args(annotation))), None)
