"""Stopping: what signals do to a command, and that its server ends with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest

from tests.commands import REPOSITORY

pytestmark = pytest.mark.long
COMMAND = """
import os, sys, threading, time
from flows.stopping import end_when_stored, watch_signals
from tasks.chat.run import Run

def work():
    run = Run()
    with run.under_way():
        while not run.is_stopped:
            time.sleep(0.01)
        time.sleep({reply})
        os.write(1, b"stored\\n")
    raise ValueError("what nobody wants to see")

watch_signals()
for _ in range(2):
    threading.Thread(target=work).start()
try:
    os.write(1, b"ready\\n")
    time.sleep(60)
except KeyboardInterrupt:
    {unwinding}
    end_when_stored()
"""
SERVER = """
import time
from flows.server import launch_server
print(launch_server().process.pid, flush=True)
time.sleep(60)
"""


@contextmanager
def started(code: str, ignoring: Sequence[int] = ()) -> Iterator[subprocess.Popen[str]]:
    """The program in a process group of its own, which ignores these signals and no others,
    whatever the tests were started to ignore; killed where the test is over before it."""

    def only_these() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN if number in ignoring else signal.SIG_DFL)

    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        start_new_session=True,
        preexec_fn=only_these,  # noqa: PLW1509  (no other thread runs)
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


@pytest.mark.parametrize(
    ("number", "reply", "unwinding", "least", "most"),
    [
        (signal.SIGINT, 0.0, "pass", 0.0, 1.0),
        (signal.SIGTERM, 1.0, "pass", 1.0, 2.0),
        (signal.SIGHUP, 0.0, "time.sleep(60)", 2.0, 4.0),
    ],
)
def test_a_signal_ends_a_command_when_replies_are_stored(number, reply, unwinding, least, most):
    with started(COMMAND.format(reply=reply, unwinding=unwinding)) as process:
        assert first_line(process) == "ready"
        begun = time.monotonic()
        os.killpg(process.pid, number)
        output, errors = process.communicate(timeout=10)
        assert least <= time.monotonic() - begun <= most
    assert process.returncode == 128 + number
    assert output == "stored\nstored\n"
    assert errors == "error: stopped: the same command goes on where this one was\n"


IMPORTING = """
import os, sys, time

class Slow:
    def find_spec(self, name, *_):
        if name == "{imported}":
            os.write(1, b"importing\\n")  # a signal in the middle of print has it written twice
            time.sleep(60)

sys.meta_path.insert(0, Slow())
sys.argv[1:] = ["plan"]
from flows.cli import main
main()
"""


@pytest.mark.parametrize(
    ("number", "imported"),
    [
        (signal.SIGINT, "rich.console"),
        (signal.SIGTERM, "typer"),
        (signal.SIGHUP, "flows.outcomes"),
        (signal.SIGINT, "schemas.config.build"),
    ],
)
def test_a_signal_while_the_program_is_imported_is_one_line(number, imported):
    with started(IMPORTING.format(imported=imported)) as process:
        assert first_line(process) == "importing"
        os.killpg(process.pid, number)
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, output) == (128 + number, "")
    assert errors == "error: stopped: the same command goes on where this one was\n"


def test_a_second_ctrl_c_ends_at_once_and_one_right_after_the_first_is_the_same():
    with started(COMMAND.format(reply=30.0, unwinding="pass")) as process:
        assert first_line(process) == "ready"
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        time.sleep(1.0)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=5)
    assert (process.returncode, output) == (130, "")
    assert errors == "error: stopped at once: what was under way is lost\n"


def test_a_command_that_was_started_to_ignore_a_hang_up_ignores_it():
    code = COMMAND.format(reply=0.0, unwinding="pass")
    with started(code, ignoring=[signal.SIGHUP]) as process:
        assert first_line(process) == "ready"
        process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=5)
    assert process.returncode == 143


def test_a_server_survives_a_ctrl_c_and_ends_with_its_command_even_by_a_kill():
    with started(SERVER) as process:
        server = int(first_line(process))
        assert os.getsid(server) == server
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    deadline = time.monotonic() + 10
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(server, 0)
            time.sleep(0.05)
        os.kill(server, signal.SIGKILL)
        pytest.fail("the server outlives its command")


IDLE = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from flows.stopping import end_when_stored, watch_signals
from tasks.processes import holding_signals

if __name__ == "__main__":
    watch_signals()
    pool = ProcessPoolExecutor(1, get_context("spawn"))
    with holding_signals():
        pool.submit(abs, 1).result()
    try:
        os.write(1, b"ready\\n")
        time.sleep(60)
    except KeyboardInterrupt:
        end_when_stored()
"""


def test_a_worker_that_has_begun_no_job_of_ours_is_not_awaited(tmp_path):
    program = tmp_path / "idle.py"
    program.write_text(IDLE)
    with subprocess.Popen(
        [sys.executable, program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        start_new_session=True,
    ) as process:
        assert first_line(process) == "ready"
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(10) == 143
        finally:
            process.kill()
