"""Settings of Prefect for a build on one machine, and of what logs show."""

import logging
import os
from pathlib import Path

from rich.console import Console

OURS = ("flows", "tasks")
"""Loggers whose lines Prefect keeps with each run."""
DEFAULTS = {
    "PREFECT_HOME": str(Path.cwd() / ".prefect"),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_LOGGING_EXTRA_LOGGERS": ",".join(OURS),
    "PYTHONWARNINGS": "ignore:resource_tracker:UserWarning",
}
"""Where the environment says nothing else. Prefect keeps its data in the working folder, no library
reports usage, and log lines outside a flow are no error. The timeout is in seconds, six times
Prefect's default: its server starts slowly on a busy machine. Python's own
tracker of what processes share would report, below the last line of a command that was stopped,
what it tidies up."""
QUEUES = ("EventsWorker", "APILogWorker")
"""Loggers of what Prefect still sends when a command ends: they would write below its last line."""


def apply_settings(verbose: bool = False) -> None:
    """Set Prefect's environment where it is not set yet; call this before Prefect is imported.

    Unless `verbose`, Prefect's own log stays off the screen: failures reach people as one line.
    """
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    if not verbose:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "WARNING")
        # Without its server Prefect would print each event and line that it cannot send.
        os.environ.setdefault("PREFECT_INTERNAL_LOGGING_LEVEL", "CRITICAL")
        logging.raiseExceptions = False
        for service in QUEUES:
            logging.getLogger(service).setLevel(logging.ERROR)


def show_lines(console: Console, *loggers: str) -> None:
    """Show what these loggers say, line by line; Prefect, imported before, keeps it as well."""
    handler = logging.StreamHandler(console.file)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for name in loggers:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        kept = logging.getLogger(name.partition(".")[0]).handlers
        for each in (handler, *kept):
            logger.addHandler(each)
        logger.propagate = False
