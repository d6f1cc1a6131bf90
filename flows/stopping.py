"""Stopping: what SIGINT, SIGTERM and SIGHUP do to a command.

The first signal interrupts the main thread, so that Prefect is told, and stops every run: no
further request is sent, and replies under way are awaited and stored. What still works then is not
awaited: it is done again by the next command. A second Ctrl-C ends the command at once.
"""

import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from types import FrameType
from typing import Any, NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 2.5
"""What the main thread is given, after the last reply, to report to Prefect and to leave."""
SERVER_SECONDS = 1.0
"""What a temporary server is then given."""
LOOK_SECONDS = 0.05
"""Between two looks at whether replies are under way."""
REPEATED_SECONDS = 1.0
"""A Ctrl-C so soon after the first is the same: some shells and tools pass it on."""
SHOW_CURSOR = "\x1b[?25h"
"""Ends what a progress bar does to a terminal."""


class _Signal:
    """The first signal of this process and when it came; None before."""

    number: int | None = None
    came = 0.0
    is_watched = False


_ending = Lock()


def watch_signals() -> None:
    """From now on signals end this process as it is described above; those that it was started to
    ignore, as by nohup, are ignored. For the main thread of a command."""
    _Signal.is_watched = True
    watch_again()


def watch_again() -> None:
    """As `watch_signals` where that was called: for flows, because Prefect takes the signals over
    when a flow begins."""
    if _Signal.is_watched:
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """From now on no signal ends this process: it has done its work and tidies up."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def exit_code() -> int | None:
    """What the process ends with after a signal, as shells report it; None where none came."""
    return None if _Signal.number is None else 128 + _Signal.number


def ended_by(number: int) -> None:
    """A library has seen to this signal: the process ends as if it had come here."""
    _Signal.number = _Signal.number or number


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _Signal.number is None:
        _Signal.number, _Signal.came = number, time.monotonic()
        # In a thread: the main thread may hold any lock at this moment.
        Thread(target=_see_to_it, daemon=True).start()
        raise KeyboardInterrupt
    if number == signal.SIGINT and time.monotonic() - _Signal.came > REPEATED_SECONDS:
        Thread(
            target=end, daemon=True, args=("stopped at once: what was under way is lost",)
        ).start()


def _see_to_it() -> None:
    """End this process soon after the replies under way are stored."""
    _await_replies()
    if stored := sys.modules.get("tasks.stored_root"):
        # The main thread sends, too, where it gets so far in time.
        Thread(target=stored.send_used, daemon=True).start()
    time.sleep(GRACE_SECONDS)
    end()


def _await_replies() -> None:
    # What libraries still have to say would stand around the one line that matters.
    logging.disable(logging.CRITICAL)
    threading.excepthook = _say_nothing
    sys.unraisablehook = _say_nothing
    workers = _workers()
    for worker in workers:
        _pass_on(worker.pid)
    if run := sys.modules.get("tasks.chat.run"):
        run.stop_all()
        while run.num_under_way():
            time.sleep(LOOK_SECONDS)
    time.sleep(LOOK_SECONDS)  # in which the signal arrives
    while any(worker.is_alive() and not _is_unheard(worker.pid) for worker in workers):
        time.sleep(LOOK_SECONDS)


def _say_nothing(about: object) -> None:
    pass


def _pass_on(worker: int | None) -> None:
    with suppress(ProcessLookupError):
        if worker and _Signal.number:
            os.kill(worker, _Signal.number)


def _is_unheard(worker: int) -> bool:
    """Whether the signal still waits for a process that holds it back: no job has begun there that
    would take it, and there is nothing to wait for."""
    assert _Signal.number
    with suppress(OSError):
        about = Path(f"/proc/{worker}/status").read_text(encoding="utf-8")
        pending = about.partition("ShdPnd:")[2].split()[:1]
        return any(int(mask, 16) >> (_Signal.number - 1) & 1 for mask in pending)
    return False


def _workers() -> list[Any]:
    """The processes that this one has started for its work."""
    processes = sys.modules.get("multiprocessing")
    return processes.active_children() if processes else []


def end_when_stored() -> NoReturn:
    """End this process after a signal, once the replies under way are stored."""
    _await_replies()
    end()


def end(told: str = "stopped: the same command goes on where this one was") -> NoReturn:
    """End this process after a signal, without waiting for its threads: files appear whole or not
    at all. What they would still write to standard error is not shown."""
    code = exit_code()
    assert code is not None
    _ending.acquire()  # never released: one thread ends the process
    if server := sys.modules.get("flows.server"):
        server.stop_servers(SERVER_SECONDS)
    for worker in _workers():
        worker.kill()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    with suppress(OSError, ValueError):
        sys.stderr.flush()
        cursor = SHOW_CURSOR if sys.stderr.isatty() else ""
        os.write(2, f"{cursor}error: {told}\n".encode())
    os._exit(code)
