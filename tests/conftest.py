"""Settings that must stand before Prefect is imported, and what several test files share."""

import ast
import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from flows.settings import apply_settings
from tests.servers.prefect import launch_shared_server, shared_server, stop_shared_server

IS_FIRST = "SPATIALTHINKER_TEST_HOME" not in os.environ
"""Whether this process has started the others of the session, which inherit its environment."""
HOME = Path(os.environ.setdefault("SPATIALTHINKER_TEST_HOME", "") or tempfile.mkdtemp())
os.environ["SPATIALTHINKER_TEST_HOME"] = os.environ["PREFECT_HOME"] = str(HOME)
# Two test processes on two cores; and what is computed must not depend on the machine.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
apply_settings()

# A shell starts what runs in the background with these ignored, and commands under test would
# inherit that: a signal must end them.
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        is_interrupt = number is signal.SIGINT
        signal.signal(number, signal.default_int_handler if is_interrupt else signal.SIG_DFL)

# A build server repeats its verdict; developers' runs go on looking for new cases, for ten times as
# many with `--hypothesis-profile thorough`. How long an example takes says nothing: others use the
# machine, too.
settings.register_profile("searching", deadline=None, max_examples=30)
settings.register_profile("repeatable", deadline=None, max_examples=30, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=300)
settings.load_profile("repeatable" if os.environ.get("CI") else "searching")

DRAWN = {
    "name": "drawn",
    "seed": 5,
    "images": "embed",
    "source": {"kind": "rendered", "render": {"num_scenes": 12, "width": 400, "height": 300}},
    "quota": {"num_samples": 40, "max_per_image": 6},
}
"""The configuration of a small build."""
SHARED = Path(__file__).parents[2] / "shared" / "visual_genome"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Several processes are for the whole suite: the server starts while they collect its tests."""
    if IS_FIRST and session.config.getoption("numprocesses", None):
        launch_shared_server(HOME)


def pytest_collection_finish() -> None:
    """Modules and tests stay: looking through them for garbage takes a twentieth of the time, and
    looking at what is new as often as Python does by default takes another."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files of long tests alone import what takes many seconds: not for others."""
    is_left_out = config.option.markexpr == "not long" and collection_path.suffix == ".py"
    return True if is_left_out and is_all_long(collection_path) else None


def is_all_long(path: Path) -> bool:
    """Whether a test file's own `pytestmark`, not one in a string, has the mark `long`."""
    text = path.read_text(encoding="utf-8")
    return "pytestmark" in text and any(
        isinstance(statement, ast.Assign)
        and ast.unparse(statement.targets[0]) == "pytestmark"
        and "pytest.mark.long" in ast.unparse(statement.value)
        for statement in ast.parse(text).body
    )


def pytest_unconfigure() -> None:
    if IS_FIRST:
        stop_shared_server(HOME)
        shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """One Prefect database and server for all flow runs of the session."""
    from prefect.context import _temporary_global_settings_context, get_settings_context
    from prefect.settings import PREFECT_API_URL, temporary_settings

    url = shared_server(HOME)
    with (
        temporary_settings(updates={PREFECT_API_URL: url}),
        _temporary_global_settings_context(get_settings_context()),
    ):
        yield


@pytest.fixture(scope="session")
def visual_genome() -> Path:
    """The folder of real annotations beside the checkout; what needs it is skipped without."""
    if not SHARED.is_dir():
        pytest.skip(f"no real Visual Genome samples at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def drawn_dataset() -> Path:
    """A small published dataset at ROOT/datasets/drawn/DIGEST; not to be changed."""
    return built_once(DRAWN, HOME / "drawn")


@pytest.fixture(scope="session")
def two_builds(drawn_dataset: Path) -> tuple[Path, Path]:
    """The drawn dataset and a newer build of it below one root, which differ in a margin; not to be
    changed."""
    first, root = drawn_dataset.parents[2], HOME / "two"
    newer = built_once(DRAWN | {"proof": {"size_ratio": 1.8}}, root, like=first)
    return root / drawn_dataset.relative_to(first), newer


def built_once(tree: dict[str, Any], root: Path, like: Path | None = None) -> Path:
    """The dataset of a build that the first process of the session to ask for it makes, in a copy
    of the root `like`."""
    from schemas.config.build import PipelineConfig
    from tests.builds import build

    with root.with_suffix(".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        known = root.with_suffix(".txt")
        if not known.exists():
            if like is not None:
                shutil.copytree(like, root, symlinks=True)
            made = build(PipelineConfig.model_validate(tree), root)
            known.write_text(str(made), encoding="utf-8")
    return Path(known.read_text(encoding="utf-8"))
