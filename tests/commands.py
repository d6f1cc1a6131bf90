"""The command line in this process, for what it reports, and in one of its own, for kills."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from flows.settings import QUEUES
from flows.stopping import SIGNALS

REPOSITORY = Path(__file__).parents[1]
CLI = Path(sys.executable).with_name("spatialthinker")


def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`spatialthinker ARGUMENTS` in this process, which has imported what takes seconds to import;
    the exit code and what was printed."""
    from flows.cli import main

    output, errors = StringIO(), StringIO()
    words = [str(word) for word in arguments]
    streams = redirect_stdout(output), redirect_stderr(errors)
    with chdir(REPOSITORY), streams[0], streams[1], own_loggers(), own_signals():
        try:
            main(words)
        except SystemExit as ended:
            code = ended.code
    assert isinstance(code, int)
    return subprocess.CompletedProcess(words, code, output.getvalue(), errors.getvalue())


@contextmanager
def own_signals() -> Iterator[None]:
    """A command ignores signals once its work is done: later ones in this process must not."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def own_loggers() -> Iterator[None]:
    """What a command does to loggers ends with it, as it would with its process."""
    before = {
        logger.name: (logger.level, logger.propagate, [*logger.handlers]) for logger in loggers()
    }
    try:
        yield
    finally:
        for logger in loggers():
            level, propagate, handlers = before.get(logger.name, (logging.NOTSET, True, []))
            logger.setLevel(level)
            logger.propagate, logger.handlers = propagate, handlers


def loggers() -> list[logging.Logger]:
    """Those that a command may change."""
    packages = ("flows", "tasks", "training", "evaluation", *QUEUES)
    known = [name for name in logging.root.manager.loggerDict if name.startswith(packages)]
    return [logging.getLogger(name) for name in known]


def start(*arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
    """`spatialthinker ARGUMENTS` in a process group of its own, as a shell's job. It uses the
    session's Prefect server, where there is one: one of its own would take seconds to start."""
    return subprocess.Popen(
        [CLI, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, **server(), **environment},
        start_new_session=True,
    )


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """As `start`, to its end."""
    with start(*arguments, **environment) as process:
        try:
            output, errors = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def server() -> Mapping[str, str]:
    """The environment that leads another process to this session's Prefect server."""
    from prefect.settings import get_current_settings

    url = get_current_settings().api.url
    return {"PREFECT_API_URL": str(url)} if url else {}
