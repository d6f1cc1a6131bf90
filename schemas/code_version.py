"""Code version: which code made something, told by facts of the code alone.

No clock is asked: the date is that of the commit, so that the same code writes the same bytes.
"""

import os
import subprocess
from functools import cache
from importlib.metadata import version as version_of
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[1]
SOURCES = ("schemas", "training", "evaluation", "tasks", "flows", "data/vocabulary")
"""What decides what comes out, below the repository; a change elsewhere is no change of the
code."""
GIT_SECONDS = 20.0
"""Longest wait for git: on a cold disk it reads every file of the checkout once."""
SHOWN = 12
"""Digits of a commit, as `git log --abbrev-commit` shows them in large repositories."""


class CodeVersion(NamedTuple):
    """`commit` and `date` (YYYY-MM-DD, of the commit) are None outside a git checkout;
    `is_changed` where sources differ from the commit, or nobody knows whether they do."""

    version: str
    commit: str | None = None
    date: str | None = None
    is_changed: bool = False

    def __str__(self) -> str:
        told = f"spatialthinker {self.version}"
        if self.commit:
            told += f", commit {self.commit[:SHOWN]} of {self.date}"
        return told + (", with local changes" if self.is_changed else "")


@cache
def code_version(repository: Path = REPOSITORY) -> CodeVersion:
    """Of the code that runs: the package's version and, in a git checkout, its commit."""
    version = version_of("spatialthinker")
    top = _git(repository, "rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != repository.resolve():
        return CodeVersion(version)  # installed, maybe in somebody's own checkout
    commit, _, date = (_git(repository, "log", "-1", "--format=%H %cs") or "").partition(" ")
    if not commit:
        return CodeVersion(version)
    changes = _git(repository, "status", "--porcelain", "--", *SOURCES)
    return CodeVersion(version, commit, date, changes != "")


def _git(folder: Path, *words: str) -> str | None:
    """What git says; None where it is missing, fails or takes too long."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *words],
            env={**environment, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()
