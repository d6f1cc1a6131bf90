"""Difficulty: how often a model answers each question of a dataset, measured before training.

    <root>/difficulty/<name>/<digest>/<model>.parquet    rows of DIFFICULTY, in the dataset's order

Below the root, as reviews are: a dataset's folder holds what its build published.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from math import inf
from pathlib import Path

import polars as pl

from schemas.columns import columns, incomplete_column
from schemas.dataset_folder import name_of_dataset, read_manifest
from schemas.listing import listed
from schemas.printable import first_line, shell_word
from schemas.refusal import what_helps

FOLDER = "difficulty"
"""Below the root."""
DIFFICULTY = columns(
    question_id=pl.String,
    category=pl.String,
    dataset=pl.String,
    model=pl.String,
    asked=pl.String,
    draws=pl.Int32,
    num_right=pl.Int32,
    pass_rate=pl.Float64,
)
"""`dataset` is NAME/DIGEST; `asked` the digest of how the model was asked: its name at the server,
sampling parameters, prompt and the size of pictures; `pass_rate` is the share of the `draws` whose
reply names the right option."""
BOUND = r"(\d*\.?\d+)"
BOUNDS = re.compile(rf"\s*(?:{BOUND}\s*(<=?)\s*)?pass\s*(?:(<=?)\s*{BOUND}\s*)?")
"""`0 < pass <= 0.75`; either side may be left out."""
TURNED = re.compile(rf"\s*pass\s*(>=?)\s*{BOUND}\s*")
"""`pass > 0`."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Pass rates from `low` to `high`; the ends belong to them or not."""

    low: float = -inf
    high: float = inf
    has_low: bool = True
    has_high: bool = True

    def keeps(self, pass_rate: float) -> bool:
        above = pass_rate >= self.low if self.has_low else pass_rate > self.low
        below = pass_rate <= self.high if self.has_high else pass_rate < self.high
        return above and below


def read_bounds(text: str) -> Bounds:
    """ValueError for a text that states no bounds, or bounds between which no pass rate lies."""
    if found := TURNED.fullmatch(text):
        bounds = Bounds(low=float(found[2]), has_low=found[1] == ">=")
    elif (found := BOUNDS.fullmatch(text)) and (found[1] or found[4]):
        low, high = float(found[1] or -inf), float(found[4] or inf)
        bounds = Bounds(low, high, found[2] != "<", found[3] != "<")
    else:
        raise ValueError(f'{text!r} states no bounds: write "0 < pass < 1" or "pass >= 0.25"')
    low, high = max(bounds.low, 0.0), min(bounds.high, 1.0)
    if low > high or (low == high and not bounds.keeps(low)):
        raise ValueError(f"no pass rate, from 0 to 1, is within {text!r}: correct the bounds")
    return bounds


def difficulty_file(dataset: Path, model: str, root: Path) -> Path:
    """Where the pass rates of a model are kept; `model` is its name in an evaluation."""
    return _folder(dataset, root) / f"{model}.parquet"


def _folder(dataset: Path, root: Path) -> Path:
    return root / FOLDER / name_of_dataset(read_manifest(dataset))


def find_difficulty(dataset: Path, model: str | None, root: Path) -> Path:
    """The file with the pass rates of that model, or of the only one that was asked. ValueError
    where there is none, or several and no `model` says which."""
    named = name_of_dataset(read_manifest(dataset))
    known = sorted(path.stem for path in listed(_folder(dataset, root), "*.parquet"))
    if model in known or (model is None and len(known) == 1):
        return difficulty_file(dataset, model or known[0], root)
    command = f"spatialthinker difficulty {shell_word(named)} --model {model or 'MODEL'} --draws 8"
    if model is None and known:
        raise ValueError(
            f"the pass rates of {len(known)} models on {named} are known: set data.difficulty to "
            f"one of {', '.join(known)}"
        )
    who = f"of {model} " if model else ""
    raise ValueError(f"no pass rates {who}on {named} in {root / FOLDER}: run {command}")


def read_difficulty(path: Path) -> pl.DataFrame:
    """Rows of DIFFICULTY; ValueError where the file is damaged or holds something else."""
    again = "remove it and run spatialthinker difficulty again, which pays nothing twice"
    try:
        rows = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ValueError(
            f"{path} cannot be read as pass rates ({first_line(error)}): {what_helps(error, again)}"
        ) from None
    if rows.schema != DIFFICULTY:
        raise ValueError(f"{path} has other columns than pass rates have: {again}")
    if lacking := incomplete_column(rows):
        raise ValueError(f"{path} has a row without {lacking}: {again}")
    if not rows["pass_rate"].is_between(0, 1).all():
        raise ValueError(f"{path} has a pass rate that is not from 0 to 1: {again}")
    return rows


def content_of(rates: pl.DataFrame) -> str:
    """Digest of what training reads of pass rates."""
    text = rates.select("question_id", "category", "pass_rate").sort("question_id").write_ndjson()
    return sha256(text.encode()).hexdigest()[:16]
