"""Settings of Prefect: what stays off the screen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EVENT = """
from flows.settings import apply_settings
apply_settings()
from prefect.events import emit_event
from prefect.events.worker import EventsWorker
from prefect.logging.configuration import setup_logging
from prefect.logging.handlers import APILogWorker
setup_logging()
APILogWorker.instance().send({})
APILogWorker.instance().drain()
emit_event("tried", resource={"prefect.resource.id": "tried"})
EventsWorker.instance().drain()
"""


@pytest.mark.long
def test_lines_and_events_that_no_server_takes_are_not_printed(tmp_path):
    ours = {"PREFECT_HOME": str(tmp_path), "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    said = subprocess.run(
        [sys.executable, "-c", EVENT],
        cwd=REPOSITORY,
        env={**os.environ, **ours},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
