"""Turns: of several jobs that would make the same artifact, one makes it and the others wait; and
nothing below a root is cleared away while somebody uses it."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH
from pathlib import Path

from schemas.locks import set_lock
from schemas.replacing import make_folder
from tasks.artifact import Artifact
from tasks.chat.run import Run

LOCK = ".lock"
"""Ends the name of an artifact's lock, which is there while the artifact is made."""
LOOK_SECONDS = 0.1
"""Between two looks at whether the other has ended: little of what a stage takes."""
logger = logging.getLogger(__name__)


@contextmanager
def sole_maker(artifact: Artifact, run: Run | None = None) -> Iterator[None]:
    """Within the block no other job makes the artifact, in this process or another one; a lock ends
    with its process. Whether the artifact is complete must be asked within. RuntimeError where the
    run is stopped while another job makes it."""
    with in_turn(artifact.path, run):
        yield


@contextmanager
def in_turn(place: Path, run: Run | None = None, told: str = "") -> Iterator[None]:
    """As `sole_maker`, of whatever is kept at a place; `told` is logged where it has to wait."""
    run = run or Run()
    path = place.with_name(f"{place.name}{LOCK}")
    make_folder(path.parent)  # what is kept there may be durable
    number = _open(str(path))
    if not _is_held(number, str(path)):
        if told:
            logger.info("%s", told)
        with run.waiting():
            number = _turn(number, str(path), run)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(number)


def _turn(number: int, path: str, run: Run) -> int:
    """The lock, opened, when nobody else holds it."""
    while not _is_held(number, path):
        os.close(number)
        if run.is_stopped:
            raise RuntimeError("stopped while another command made the same")
        time.sleep(LOOK_SECONDS)
        number = _open(path)
    return number


def _open(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def _is_held(number: int, path: str) -> bool:
    """Whether this process holds the lock now; False, too, where the one before has removed its
    file."""
    try:
        set_lock(number, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    try:
        return Path(path).stat().st_ino == os.fstat(number).st_ino
    except FileNotFoundError:
        return False


@contextmanager
def using_root(root: Path) -> Iterator[None]:
    """Within the block nobody clears the root: what a build has found complete stays until it has
    ended. Any number of processes may use it; waits where one is clearing it. RuntimeError where
    the block fails because somebody has moved or removed the root."""
    make_folder(root)
    number = os.open(root, os.O_RDONLY)
    try:
        set_lock(number, LOCK_SH)
        yield
    except Exception as error:
        if _is_at(number, root):
            raise
        raise RuntimeError(
            f"{root} was moved or removed while it was used: put it back in its place, or run the "
            "same command to begin anew"
        ) from error
    finally:
        os.close(number)


def _is_at(number: int, root: Path) -> bool:
    """Whether the folder that was opened is still the one at its path."""
    try:
        return os.path.samestat(os.fstat(number), root.stat())
    except OSError:
        return False


@contextmanager
def clearing_root(root: Path) -> Iterator[None]:
    """Within the block nobody uses the root. RuntimeError where somebody does now."""
    number = os.open(root, os.O_RDONLY)
    try:
        try:
            set_lock(number, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(
                f"a build, training or evaluation is under way below {root}: run the same command "
                "when it has ended"
            ) from None
        yield
    finally:
        os.close(number)
