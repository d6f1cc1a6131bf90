"""What a stage that takes long says where no terminal shows a bar."""

import logging
import re
import time
from io import StringIO
from pathlib import Path

import pytest
from prefect import flow, task
from rich.console import Console

from flows.commands.bars import shown_bytes
from flows.progress import results_of
from tasks.chat.heartbeats import heartbeats
from tasks.chat.run import Run


@task
def wait(seconds: float) -> Path:
    time.sleep(seconds)
    return Path("made")


@flow
def two_shards(run: Run, heartbeat_seconds: float, show: bool) -> list[Path]:
    futures = [wait.submit(0.05), wait.submit(0.8)]
    return results_of("judge", futures, "questions judged", run, show, heartbeat_seconds)


@pytest.mark.parametrize("show", [True, False])
def test_a_line_now_and_then_tells_that_a_stage_goes_on(
    show: bool,
    prefect_server: None,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = Run()
    run.meter.asked, run.meter.again = 9, 2
    run.meter.pay(1.25)
    with caplog.at_level(logging.INFO, logger="flows.progress"):
        two_shards(run, 0.1, show)
    lines = [record.getMessage() for record in caplog.records if record.name == "flows.progress"]
    *beats, last = [" ".join(line.split()) for line in lines]
    assert last.startswith("judge questions judged")
    assert 2 <= len(beats) <= 20
    assert any(beat.startswith("judge ... still running 1 of 2 shards, ") for beat in beats)
    assert all(beat.endswith("s: 1 replies, 2 asked again, $1.25") for beat in beats)
    assert ("still running" in capsys.readouterr().err) is show


def test_a_stage_that_waits_for_another_command_says_so(
    prefect_server: None, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run()
    with run.waiting(), caplog.at_level(logging.INFO, logger="flows.progress"):
        two_shards(run, 0.1, False)
    beats = [record.getMessage() for record in caplog.records if "still" in record.getMessage()]
    assert beats
    assert all(beat.endswith("s, waits for another command that makes the same") for beat in beats)


def test_a_stage_that_is_soon_done_says_it_once(
    prefect_server: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="flows.progress"):
        two_shards(Run(), 30.0, False)
    lines = [record for record in caplog.records if record.name == "flows.progress"]
    assert len(lines) == 1


def test_a_line_now_and_then_tells_which_models_are_asked() -> None:
    asked, idle, lines = Run(), Run(), list[str]()
    asked.meter.pay(None)
    with heartbeats(lines.append, {"infer: one": asked, "infer: two": idle}, 0.05):
        with asked.under_way():
            time.sleep(0.4)
        num_lines = len(lines)
        time.sleep(0.2)
    assert 2 <= num_lines <= 8 and len(lines) <= num_lines + 1
    assert all(re.fullmatch("infer: one: still running, [01] s: 1 replies", line) for line in lines)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_line_now_and_then_tells_how_far_a_download_is(is_terminal: bool) -> None:
    screen = StringIO()
    console = Console(file=screen, width=80, force_terminal=is_terminal)
    with shown_bytes(console, 0.05) as progress:
        small, large = (
            progress.add_task("a.zip", total=7),
            progress.add_task("images.zip", total=None),
        )
        progress.update(small, completed=7)
        progress.update(large, completed=2_500_000)
        time.sleep(0.2)
        progress.update(large, total=9_731_705_982)
        time.sleep(0.2)
    told = screen.getvalue()
    lines = [line for line in told.splitlines() if "still running" in line]
    assert bool(lines) is not is_terminal
    if lines:
        assert "a.zip" not in told
        assert lines[0] == "images.zip: still running, 0 s: 2.5 MB"
        assert lines[-1] == "images.zip: still running, 0 s: 2.5 of 9,731.7 MB"
