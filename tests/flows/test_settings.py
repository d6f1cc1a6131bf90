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


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("PREFECT_LOGGING_LEVEL", "verbose",
         "Prefect's setting PREFECT_LOGGING_LEVEL is invalid (Input should be 'DEBUG', 'INFO'"),
        ("PREFECT_SERVER_API_PORT", "x", "Prefect's setting PREFECT_SERVER_API_PORT is invalid ("),
        ("PREFECT_HOME", "{folder}", "{folder}/profiles.toml, which has Prefect's profiles, cannot "
         "be read (Expected '=' after a key"),
    ],
)  # fmt: skip
def test_settings_that_prefect_does_not_take_are_told_in_one_line(variable, value, told, tmp_path):
    (tmp_path / "profiles.toml").write_text("active\n")
    ours = {"PREFECT_HOME": str(tmp_path / "home"), variable: value.format(folder=tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", "from flows.cli import main; main()", "plan", "configs/sample.toml"],
        cwd=REPOSITORY,
        env={**os.environ, **ours},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith(f"error: {told.format(folder=tmp_path)}")
    assert "correct" in said.stderr and said.stderr.count("\n") == 1
