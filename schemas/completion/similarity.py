"""Similarity of labels: whether "sofa" and "couch" are one thing to a reward.

A `Similarity` takes two different labels, normalised, and returns at most 1; its callers give 1 to
equal labels themselves. The paper's is the cosine of spaCy's `en_core_web_md`.
"""

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from logging.handlers import MemoryHandler
from math import isfinite
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.printable import first_line

Similarity = Callable[[str, str], float]

EXACT = "exact"
PACKAGES = {"spacy": "spacy", "sentence-transformers": "sentence_transformers"}  # as imported
MAX_LABEL = 100  # characters; names of objects have fewer, and models refuse very long texts
PROBE = "chair"  # of every vocabulary: a model that embeds it can be used
MAX_HELD = 1000  # lines of a package's log
CACHED = 1 << 16  # labels, and pairs of labels, that are kept: bounds memory


def exact_match(one: str, other: str) -> float:
    """0: different labels are different things."""
    return float(one == other)


@lru_cache(maxsize=8)
def load_similarity(name: str) -> Similarity:
    """`exact`, or the cosine of a model's embeddings: `spacy:en_core_web_md`,
    `sentence-transformers:all-MiniLM-L6-v2`. ValueError where it cannot be loaded."""
    if name == EXACT:
        return exact_match
    package, _, model = name.partition(":")
    if package not in PACKAGES or not model:
        raise ValueError(
            f"no label similarity {name!r}: exact, spacy:MODEL or sentence-transformers:MODEL"
        )
    with _told_once_loaded(PACKAGES[package]):
        return _loaded(name, package, model)


def _loaded(name: str, package: str, model: str) -> Similarity:
    try:
        module = import_module(PACKAGES[package])
    except ModuleNotFoundError as error:
        raise ValueError(
            f"label similarity {name} needs {package}: pip install {package} ({error})"
        ) from None
    except MemoryError:  # of this machine: the package may be sound
        raise
    except (Exception, SystemExit) as error:  # of its own code, and of all that it imports
        raise ValueError(
            f"label similarity {name}: {package} cannot be imported ({first_line(error)}): install "
            f"it anew, with what it needs: pip install --upgrade {package}"
        ) from None
    try:
        embed = _embed(module, package, model)
        if not np.nan_to_num(np.asarray(embed(PROBE), dtype=np.float64)).any():
            raise ValueError(f"it has no vector for {PROBE!r}")
        return _cosine(embed)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:  # of a model's own code, torch or the Hub
        reason = first_line(error)
        raise ValueError(
            f"label similarity {name}: cannot load {model}: {reason}; give the name of an "
            "installed model, or its folder"
        ) from None


@contextmanager
def _told_once_loaded(package: str) -> Iterator[None]:
    """Holds back what a package logs and warns of until a model is loaded: where it cannot be, the
    error says all. Handlers of the package's own wait, too."""
    logger, held = logging.getLogger(package), MemoryHandler(MAX_HELD, flushLevel=sys.maxsize)

    def hold(record: logging.LogRecord) -> bool:
        held.handle(record)
        return False

    logger.addFilter(hold)
    logger.addHandler(held)  # for loggers below it, which pass its filters by
    passed_on, logger.propagate = logger.propagate, False
    try:
        with warnings.catch_warnings(record=True) as warned:
            yield
    finally:
        logger.removeHandler(held)
        logger.removeFilter(hold)
        logger.propagate = passed_on
    for record in held.buffer:
        logger.handle(record)
    for one in warned:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def _embed(module: ModuleType, package: str, model: str) -> Callable[[str], Any]:
    """One label at a time: a batch's other labels would change the last digits."""
    if package == "spacy":
        language = module.load(model)
        return lambda label: language(label).vector
    encoder = module.SentenceTransformer(model)
    return lambda label: encoder.encode(label, show_progress_bar=False)


def _cosine(embed: Callable[[str], Any]) -> Similarity:
    @lru_cache(maxsize=CACHED)
    def direction(label: str) -> NDArray[np.float64]:
        vector = np.asarray(embed(label), dtype=np.float64)
        length = float(np.linalg.norm(vector))
        return vector / length if length else vector

    @lru_cache(maxsize=CACHED)
    def similarity(one: str, other: str) -> float:
        cosine = float(direction(one) @ direction(other))
        return min(cosine, 1.0) if isfinite(cosine) else 0.0

    def guarded(one: str, other: str) -> float:
        """0 for texts that are not labels: models refuse a megabyte and unpaired surrogates."""
        return similarity(one, other) if _is_label(one) and _is_label(other) else 0.0

    return guarded


def _is_label(text: str) -> bool:
    if len(text) > MAX_LABEL or not text:
        return False
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)
