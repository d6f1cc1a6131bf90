"""The command line where models are asked: what it says of what goes wrong, what it never tells,
and how it goes on after a kill or a Ctrl-C."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from schemas.config.build import PipelineConfig
from tests.builds import (
    bodies,
    build,
    bytes_of,
    config_of,
    manifest_of,
    prepare,
    save_config,
    tree_of,
)
from tests.commands import call, start
from tests.servers.endpoint import Endpoint, serve
from tests.servers.faults import Completion
from tests.servers.models import Models

pytestmark = pytest.mark.long

KEY = "sk-secret-0123456789abcdefghij"
NOWHERE = "http://127.0.0.1:9/v1"
STAGES = ("render", "index", "ingest", "photographs", "extract", "plan", "write", "verify", "judge")


class Place(NamedTuple):
    """A folder of one command: configuration and root."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root"

    def started(self, tree: Mapping[str, Any]) -> subprocess.Popen[str]:
        """`spatialthinker build` in a process of its own, under way."""
        return start("build", save_config(self.folder / "build.toml", tree), "--root", self.root)

    def ended(self, tree: Mapping[str, Any], *settings: str) -> subprocess.CompletedProcess[str]:
        config = save_config(self.folder / "build.toml", tree)
        return call("build", config, "--root", self.root, *settings)

    @property
    def num_kept(self) -> int:
        with sqlite3.connect(self.root / "replies.sqlite") as connection:
            (number,) = connection.execute("SELECT count(*) FROM replies").fetchone()
        return int(number)


@pytest.fixture(scope="module")
def folder(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands")


@pytest.fixture(scope="module")
def prepared(folder: Path) -> Path:
    """A root in which everything before write is done."""
    prepare(config_of(NOWHERE), folder / "prepared")
    return folder / "prepared"


@pytest.fixture(scope="module")
def place(folder: Path, prepared: Path) -> Callable[[str], Place]:
    """A place of its own for each name."""

    def make(name: str) -> Place:
        shutil.copytree(prepared, folder / name / "root")
        return Place(folder / name)

    return make


def checked(errors: str, told: str) -> None:
    """One line says what is wrong, after those of the stages."""
    *progress, last = errors.splitlines()
    assert last.startswith("error: ") and told in last
    assert all(line.split()[0] in STAGES for line in progress)


def broken(_: dict[str, Any]) -> Completion:
    return Completion(None, fault="500")


class Case(NamedTuple):
    """`num_requests` is None where it does not matter."""

    server: Mapping[str, Any]
    chat: Mapping[str, Any]
    code: int
    told: str
    settings: Mapping[str, Any] = {}
    num_requests: int | None = 0
    model: Any = broken


CASES = {
    "wrong key": Case(
        {"key": "sk-right-9876543210"},
        {"api_key_env": "OPENAI_API_KEY"},
        2,
        "does not accept the key in OPENAI_API_KEY",
        num_requests=1,
    ),
    "no key": Case(
        {},
        {"api_key_env": "NO_KEY", "base_url": "https://example.invalid/v1"},
        2,
        "set the environment variable NO_KEY, or name another one in write.chat.api_key_env",
    ),
    "no server": Case({}, {"base_url": NOWHERE}, 1, "cannot be reached"),
    "no such model": Case(
        {"models": ["other"]}, {}, 2, "The model `writer-1` does not exist", num_requests=1
    ),
    "no quota": Case({"quota": 0}, {}, 2, "wants to be paid first", num_requests=1),
    "no budget": Case({}, {}, 1, "the budget of 0.00 US dollars does not suffice", {"budget": 0.0}),
    "gone": Case({}, {"max_attempts": 1}, 1, "no longer answers", num_requests=None),
}


class Told(NamedTuple):
    """How a case ended, and after how many requests."""

    result: subprocess.CompletedProcess[str]
    num_requests: int


@pytest.fixture(scope="module")
def failures(place: Callable[[str], Place]) -> dict[str, Told]:
    here = place("failures")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        for name, case in CASES.items():
            with serve(case.model, **case.server) as endpoint:
                tree = tree_of(endpoint.url, **case.settings, chat=case.chat)
                found[name] = Told(here.ended(tree), len(endpoint.requests))
    return found


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_go_on_says_so_in_one_line(name: str, failures: Any) -> None:
    case, (result, num_requests) = CASES[name], failures[name]
    assert (result.returncode, result.stdout) == (case.code, "")
    checked(result.stderr, case.told)
    if case.num_requests is not None:
        assert num_requests == case.num_requests


def test_the_key_is_kept_nowhere(failures: Any, folder: Path) -> None:
    from prefect.settings import get_current_settings

    address = get_current_settings().server.database.connection_url.get_secret_value()
    database = Path(address.partition("///")[2])
    assert database.is_file()
    places = [*folder.rglob("*"), *database.parent.glob(f"{database.name}*")]
    files = [path for path in places if path.is_file()]
    assert len(files) > 50
    for secret in (KEY, KEY[-12:]):
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
        assert all(secret not in told.result.stderr for told in failures.values())


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["images=omit"], "judge looks at photographs"),
        (["write.chat.base_url=api.openai.com/v1"], "write.chat.base_url: "),
        (["write.chat.base_url=https://me:secret@host/v1"], "write.chat.base_url: "),
        (["write.chat.temprature=1"], "unknown key write.chat.temprature: accepted here are "),
        (["write.chat.api_key=sk-secret-0123456789"], "unknown key write.chat.api_key"),
        (["replies=postgresql://me:secret@host/db"], "no password here: put it into PGPASSWORD"),
        (["replies=mysql://host/db"], "write it as postgresql://user@host/database"),
        (["budget=1", "judge.chat.price.input=1"], "judge.chat.price.output is missing"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused_at_once(
    settings: list[str], told: str, tmp_path: Path
) -> None:
    changes = [f"--set={setting}" for setting in settings]
    tree = tree_of(NOWHERE, chat={"price": None})
    result = Place(tmp_path).ended(tree, *changes)
    checked(result.stderr, told)
    assert (result.returncode, result.stdout) == (2, "")
    assert "secret" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_budget_that_is_raised_goes_on(place: Callable[[str], Place]) -> None:
    here = place("budget")
    with serve(Models()) as endpoint:
        price = {"input": 1.0, "output": 10.0}
        tree = tree_of(endpoint.url, chat={"price": price, "max_tokens": 400}, judge=None)
        result = here.ended(tree, "--set=budget=0.03")
        checked(result.stderr, "raise budget and run the same command")
        assert (result.returncode, result.stdout) == (1, "")
        num_paid = len(endpoint.requests)
        assert 2 < num_paid < 30
        assert here.num_kept == num_paid
        dataset = build(PipelineConfig.model_validate(tree | {"budget": 3.0}), here.root)
        assert len(endpoint.requests) > num_paid
        assert max(bodies(endpoint).values()) == 1
    assert manifest_of(dataset)["num_samples"] > 20


def wait_for(endpoint: Endpoint, process: subprocess.Popen[str], model: str, number: int) -> None:
    """Until the model was asked so often."""
    deadline = time.monotonic() + 60
    while sum(record.body["model"] == model for record in endpoint.requests) < number:
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.long
@pytest.mark.parametrize("num_builds", [1, 2])
def test_a_build_that_is_killed_ends_as_an_undisturbed_one(
    num_builds: int, place: Callable[[str], Place]
) -> None:
    """By the same command afterwards, or by another one that was under way at the same root."""
    here, undisturbed = place(f"killed-{num_builds}"), place(f"undisturbed-{num_builds}")
    with serve(Models(wrong=0.2, ambiguous=0.1)) as endpoint:
        expected = build(config_of(endpoint.url), undisturbed.root)
        num_needed = len(endpoint.requests)
    with serve(Models(wrong=0.2, ambiguous=0.1), latency=0.1) as endpoint, ExitStack() as under_way:
        tree = tree_of(endpoint.url, chat={"max_concurrent": 4})
        builds = [under_way.enter_context(here.started(tree)) for _ in range(num_builds)]
        killed, *others = builds
        wait_for(endpoint, killed, "judge-1", 25)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        for other in others:
            _, errors = other.communicate(timeout=120)
            assert other.returncode == 0, errors
            num_asked = len(endpoint.requests)
        dataset = build(PipelineConfig.model_validate(tree), here.root)
        assert not others or len(endpoint.requests) == num_asked
        assert len(bodies(endpoint)) == num_needed
        # Four in flight, and as many whose replies were not committed yet.
        assert len(endpoint.requests) - num_needed <= 8
    assert dataset.name == expected.name
    assert bytes_of(dataset) == bytes_of(expected)


@pytest.mark.long
def test_ctrl_c_waits_for_what_is_under_way_and_keeps_it(place: Callable[[str], Place]) -> None:
    here = place("interrupted")
    with serve(Models(), latency=1.0) as endpoint:
        tree = tree_of(endpoint.url, chat={"max_concurrent": 4})
        with here.started(tree) as process:
            wait_for(endpoint, process, "writer-1", 7)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
            stopped = time.monotonic()
            stdout, stderr = process.communicate(timeout=30)
        assert time.monotonic() - stopped < 6.0
        checked(stderr, "stopped: the same command goes on where this one was")
        assert (process.returncode, stdout) == (130, "")
        num_sent = len(endpoint.requests)
        assert num_sent <= 11
        assert here.num_kept == num_sent
        endpoint.latency = 0.0
        build(config_of(endpoint.url), here.root)
        assert max(bodies(endpoint).values()) == 1
