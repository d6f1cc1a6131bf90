"""Settings that must stand before Prefect is imported, and what several test files share."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from flows.settings import apply_settings

HOME = tempfile.mkdtemp(prefix="spatialthinker-tests-")
os.environ["PREFECT_HOME"] = HOME
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
apply_settings()

# A build server repeats its verdict; developers' runs go on looking for new cases.
settings.register_profile("repeatable", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("repeatable")

SHARED = Path(__file__).parents[2] / "shared" / "visual_genome"


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """One Prefect database and server for all flow runs of the session."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def visual_genome() -> Path:
    """The folder of real annotations beside the checkout; what needs it is skipped without."""
    if not SHARED.is_dir():
        pytest.skip(f"no real Visual Genome samples at {SHARED}")
    return SHARED
