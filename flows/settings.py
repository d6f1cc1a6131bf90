"""Settings of Prefect for a build on one machine, and of what logs show."""

import logging
import os
import re
import sys
import tomllib
from contextlib import redirect_stderr, suppress
from errno import EACCES
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from urllib.request import getproxies, getproxies_environment

from pydantic import ValidationError
from rich.console import Console

from schemas.printable import first_line

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
PROXIED = {"http", "https", "all"}
"""Of what the environment names a proxy."""
OWN_HOSTS = ("localhost", "127.0.0.1", "::1")
"""Names of this machine."""
QUEUES = ("EventsWorker", "APILogWorker")
"""Loggers of what Prefect still sends when a command ends: they would write below its last line."""

WARNINGS = "py.warnings"
"""Logger of what libraries warn of in Python, as Great Expectations has it."""


def apply_settings(verbose: bool = False) -> None:
    """Set Prefect's environment where it is not set yet; call this before Prefect is imported.

    Unless `verbose`, Prefect's own log and what libraries warn of stay off the screen: failures
    reach people as one line.
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
        for quiet in (*QUEUES, WARNINGS):
            logging.getLogger(quiet).setLevel(logging.ERROR)
    _settle_proxies()
    _read_settings()


def _settle_proxies() -> None:
    """Have Prefect ask this machine without a proxy, which would look for it elsewhere."""
    left_out = getproxies().get("no", "")
    if PROXIED & getproxies_environment().keys() and left_out.strip() != "*":
        for name in ("no_proxy", "NO_PROXY"):
            known = [host.strip() for host in left_out.split(",") if host.strip()]
            os.environ[name] = ",".join(dict.fromkeys((*known, *OWN_HOSTS)))


def check_proxies() -> None:
    """ValueError where a proxy is one that Prefect's client cannot use."""
    known = getproxies()
    for name in sorted(PROXIED & known.keys()):
        if known[name].startswith("socks") and find_spec("socksio") is None:
            raise ValueError(
                f"{name}_proxy in the environment names a SOCKS proxy, which Prefect cannot use: "
                "correct or unset it, or run `pip install socksio`"
            )


def _read_settings() -> None:
    """Import Prefect, which reads its settings then. ValueError where it cannot keep its data, or
    where the environment or a file has a setting that is none: Prefect would report that in many
    lines, and not where it stands."""
    home = Path(os.environ["PREFECT_HOME"]).expanduser()
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
    except OSError as error:
        raise ValueError(
            f"Prefect cannot keep its data in {home} ({error.strerror}): set PREFECT_HOME to a "
            "folder that this user can write, or run the command in one"
        ) from None
    profiles = Path(os.environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml")
    with suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError):
        try:
            tomllib.loads(profiles.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(
                f"{profiles}, which has Prefect's profiles, cannot be read ({first_line(error)}): "
                "correct or remove it"
            ) from None
    said = StringIO()
    with redirect_stderr(said):
        from prefect.settings import get_current_settings
    try:
        get_current_settings()
    except ValidationError as error:
        raise ValueError(_wrong_setting(error)) from None
    sys.stderr.write(said.getvalue())


def _wrong_setting(error: ValidationError) -> str:
    about = error.errors(include_url=False)[0]
    section = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", error.title.removesuffix("Settings"))
    name = "_".join(part.upper() for part in ("prefect", section, *map(str, about["loc"])) if part)
    # Without its value, which may hold a key.
    return (
        f"Prefect's setting {name} is invalid ({about['msg']}): correct it in the environment, or "
        "in Prefect's profile"
    )


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
