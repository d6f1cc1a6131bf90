"""Outcomes: how a command that failed ends, in one line and an exit code."""

import errno
import os
import re
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from schemas.printable import first_line
from schemas.replacing import FULL

REPOSITORY = Path(__file__).parents[1]
UNUSABLE = (errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG)
"""Where something else stands in the place of a folder or file, or none can."""
BAD_CALL = 2
"""The exit code of a bad call, configuration or input."""
NUMBERED = re.compile(r"\(os error (\d{1,3})\)(?:: (?!\.\.\.)(.+))?")
"""How Polars tells an error of the operating system, and the file; of a long name only the end."""
REFUSED_USER = (401, 403)
"""By the statuses of HTTP: it would refuse the same request again."""
LESS_MEMORY = (
    "run the same command, it goes on from here; fewer runner.max_workers take less memory"
)
SERVER_FAILED = 500
"""And above: statuses of a server that is at fault itself."""
CLUSTERS = ("distributed", "ray")
"""Packages whose own errors are those of a cluster, not of its jobs."""
_reported: dict[str, int] = {}
"""The lines of errors that this process has reported to Prefect, and their exit codes."""


def reported(error: Exception) -> str:
    """The line of an error that Prefect is to know. Where the answer to it is lost and it is sent
    again, Prefect raises an error of its own that knows the line alone."""
    told, code = outcome_of(error)
    _reported[told] = code
    return told


def outcome_of(error: Exception) -> tuple[str, int]:
    """The line that reports an error, and the exit code: BAD_CALL, or 1 for a run that failed."""
    if type(error).__module__.partition(".")[0] in CLUSTERS:
        reason = f"{type(error).__name__}: {first_line(error)}"
        return f"the cluster failed ({reason}): run the same command when it runs again", 1
    if isinstance(error, (ValueError, FileNotFoundError, NotADirectoryError, IsADirectoryError)):
        return _told(error) if isinstance(error, OSError) else _said(error), BAD_CALL
    if isinstance(error, OSError):
        error = error if error.errno else _of_system(error) or error
        is_bad_call = error.errno in UNUSABLE or _is_unreadable(error)
        return _told(error), BAD_CALL if is_bad_call else 1
    if _is_of("polars", "PolarsError", error) or _is_of("pyarrow", "ArrowException", error):
        refused = _of_system(error)
        return (_told(refused) if refused else first_line(error)), 1
    if _is_of("httpx", "HTTPError", error):
        return _of_server(error)
    if isinstance(error, MemoryError):
        return f"memory ran out: {LESS_MEMORY}", 1
    if _is_of("concurrent.futures", "BrokenExecutor", error):
        return (
            f"a worker process was killed, as the system does when memory runs out: {LESS_MEMORY}",
            1,
        )
    if _is_of("prefect", "FailedRun", error) and str(error) in _reported:
        return str(error), _reported[str(error)]
    if _is_of("typer", "ClickException", error):
        return _of_call(error), BAD_CALL
    if isinstance(error, RuntimeError) and not isinstance(error, RecursionError):
        return _said(error), 1
    return _fault(error), 1


def _of_system(error: Exception) -> OSError | None:
    """What the operating system refused, which Polars reports in words only. None where it did not,
    or where nobody can say whether the right to read or to write is missing."""
    if not (found := NUMBERED.search(str(error))):
        return None
    refused = OSError(int(found[1]), os.strerror(int(found[1])), found[2])
    return None if isinstance(refused, PermissionError) and not found[2] else refused


def _of_call(error: Any) -> str:
    """What is wrong with the words of a call, and where they are explained; nothing where it had
    none, and the help was shown."""
    said = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    told = said[:1].lower() + said[1:]
    return f"{told}: see `{context.command_path} --help`" if told and context else told


def _of_server(error: Exception) -> tuple[str, int]:
    """What the Prefect server refused, or that it does not answer."""
    response = getattr(error, "response", None)
    status = response.status_code if response is not None else 0
    if status in REFUSED_USER:
        return refusal(status), BAD_CALL
    server = sys.modules.get("flows.server")
    if status >= SERVER_FAILED and server and (told := server.own_failure()):
        return told, 1
    reason = first_line(error)
    return f"the Prefect server does not answer ({reason}): run the same command when it does", 1


def refusal(status: int) -> str:
    """What a Prefect server says that knows this user not, or not well enough."""
    return (
        f"the Prefect server refuses this user ({status}): set PREFECT_API_AUTH_STRING to its "
        "`user:password`, or PREFECT_API_KEY to a key of Prefect Cloud"
    )


def _said(error: Exception) -> str:
    """All of what our own code says, which is one line unless a name that it repeats holds breaks;
    of what others say the first line."""
    steps = traceback.extract_tb(error.__traceback__, limit=-1)  # the last one
    if steps and _is_ours(steps[0].filename) and str(error).strip():
        return "\\n".join(str(error).strip().splitlines())
    return first_line(error)


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(REPOSITORY) and ".venv" not in file


def _is_of(package: str, name: str, error: Exception) -> bool:
    """By name: importing the package would take longer than all the rest of a bad call."""
    return package in sys.modules and any(
        kind.__name__ == name and kind.__module__.startswith(package)
        for kind in type(error).__mro__
    )


def _told(error: OSError) -> str:
    """What the operating system refused, and what to do. Of a rename, where to."""
    name = error.filename2 or error.filename
    place = f" {name}" if name else ""
    if error.errno in FULL:
        what = (
            "the quota of this user is used up"
            if error.errno == errno.EDQUOT
            else "the disk is full"
        )
        return f"{what}{place}: make room and run the same command, it goes on from here"
    if error.errno == errno.EFBIG:
        return (
            f"the system takes no file so large{place}: raise its limit (ulimit -f), or choose "
            "another disk with --root"
        )
    if _is_unreadable(error):
        return f"cannot read{place} ({error.strerror}): give this user the right to read it"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"cannot write{place} ({error.strerror}): choose another folder with --root"
    if error.errno == errno.EIO:
        return f"the disk fails{place} ({error.strerror}): put a sound copy in its place"
    if error.errno in UNUSABLE and place:
        away = "" if error.errno == errno.ENAMETOOLONG else "move away what is there, or "
        return f"cannot use{place} ({error.strerror}): {away}choose another folder with --root"
    return f"{error.strerror or error}{place}"


def _is_unreadable(error: OSError) -> bool:
    """Whether what was refused is there and this user may not read it, or not even look whether it
    is there: the error itself does not say whether it was to be read or written."""
    if not isinstance(error, PermissionError) or not isinstance(error.filename, str | Path):
        return False
    try:
        Path(error.filename).stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return not os.access(error.filename, os.R_OK, effective_ids=True)


def _fault(error: Exception) -> str:
    """A fault of the program: where it is, and the file that has the rest."""
    lines = traceback.format_exception(error)
    ours = [
        step for step in traceback.extract_tb(error.__traceback__) if _is_ours(step.filename)
    ]  # fmt: skip
    place = (
        f" at {Path(ours[-1].filename).relative_to(REPOSITORY)}:{ours[-1].lineno}" if ours else ""
    )
    with tempfile.NamedTemporaryFile(
        "w", prefix="spatialthinker-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.writelines(lines)
    return (
        f"a fault of the program{place} ({type(error).__name__}: {first_line(error)}): report it "
        f"with {file.name}"
    )
