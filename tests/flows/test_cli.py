"""The command line: what it says of bad calls, and its exit codes."""

import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import httpx
import polars as pl
import pytest

from flows.outcomes import outcome_of
from flows.server import check_server
from schemas.code_version import code_version
from tests.commands import REPOSITORY, call, run
from tests.rights import as_nobody, open_folder
from tests.servers.web import serving


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build", "nowhere.toml"), "no configuration at nowhere.toml"),
        (("build", "README.md"), "README.md is not TOML"),
        (("build", "configs"), "configs cannot be read"),
        (
            ("build", "--set", "quota.size=3"),
            "unknown key quota.size: accepted here are easy_share",
        ),
        (("build", "--set", "quota={num_sample=3}"), "unknown key quota.num_sample: accepted"),
        (("build", "--set", "sede=3"), "unknown key sede: accepted here are budget, extract"),
        (("build", "--set", "quota.num_samples=many"), "quota.num_samples: "),
        (("build", "--set", "quota.num_samples=-1"), "quota.num_samples: "),
        (("build", "--set", "seed=true"), "seed: Input should be a valid integer (found True)"),
        (("build", "--set", 'seed="7"'), "seed: Input should be a valid integer (found '7')"),
        (("build", "--set", "quota.num_samples=7.0"), "should be a valid integer (found 7.0)"),
        (("build", "--set", "quota.relation_share=true"), "should be a valid number (found True)"),
        (("build", "--set", "name=\udc80"), "--set 'name=\\udc80': it is not UTF-8"),
        (("build", "--set", f"quota={'x' * 300}"), f"(found '{'x' * 199} ...)"),
        (("build", "--set", "images=perhaps"), "'embed' or 'omit' (found 'perhaps')"),
        (("build", "--set", "quota.oversample=inf"), "quota.oversample: Input should be a finite"),
        (("build", "--set", "quota.oversample=1e300"), "quota.oversample: Input should be less"),
        (("build", "--set", "proof.cell_share=0"), "proof.cell_share: Input should be greater"),
        (("build", "--set", "proof.size_ratio=nan"), "proof.size_ratio: Input should be a finite"),
        (("build", "--set", "seed=99999999999999999999"), "whole number of more than 64 bits"),
        (("build", "--set", f"quota={'[' * 3000}"), "quota: "),
        (("build", "--set", "seed"), "write it as key=value"),
        (("build", "--set", "seed.x=1"), "seed is a value, not a section"),
        (("build", "--set", "source.kind=gqa"), "source.path is missing"),
        (("build", "--set", "name=../up"), "name: "),
        (
            ("plan", "--set", "source.kind=gqa", "--set", "source.path=/nowhere"),
            "no file at /nowhere: name a file, a folder or a glob",
        ),
        (("plan", "--pilot", "5"), "--pilot measures what models take, and no stage here asks one"),
        (("why", "1", "--root", "/nowhere"), "no dataset below /nowhere/datasets"),
        (("why", "1", "--dataset", "configs"), "no dataset configs: it is neither"),
        (("score", "nowhere.jsonl"), "no completions at nowhere.jsonl"),
        (("score", "/"), "no completions at /: it takes a file of JSON lines"),
        (("trends", ""), "no dataset '' below data/datasets: run spatialthinker build first"),
        (("trends", "/tmp"), "no dataset /tmp below data/datasets: run spatialthinker build"),
        (("trends", ".."), "no dataset .. below data/datasets: run spatialthinker build first"),
        (("score", "README.md"), "README.md line 1: not JSON"),
        (("witness", "boxes", "configs/sample.toml"), 'no [[witness]] with kind = "boxes" and a'),
        (("witness", "depth", "nowhere.toml"), "nowhere.toml"),
        (("download", "coco"), "the one source is visual-genome"),
        (("plan", "a\nb.toml"), "no configuration at $'a\\nb.toml': pass the path of a .toml file"),
        (("plan", "/dev/full"), "/dev/full has more than 1,000,000 bytes: pass a .toml file"),
        (("plan", "--set", "a\nb"), "--set a\\nb: write it as key=value"),
        (("score", "a\nb"), "no completions at a\\nb: it takes a file of JSON lines"),
    ],
)
def test_bad_calls_get_one_line_and_code_2(arguments, message):
    result = call(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["score", "build", "train", "evaluate"])
def test_a_file_may_be_named_from_home(command, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert f" at {tmp_path}/none: " in call(command, "~/none").stderr
    assert "~nobody-here" in call(command, "~nobody-here").stderr


def test_a_configuration_may_begin_with_a_byte_order_mark(tmp_path):
    text = (REPOSITORY / "configs/sample.toml").read_bytes()
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbf" + text)
    assert call("plan", tmp_path / "bom.toml", "--root", tmp_path / "root").returncode == 0


def test_an_empty_root_is_not_the_working_folder():
    result = call("list", "--root", "")
    assert (result.returncode, result.stdout) == (2, "")
    assert "it is empty: name a folder" in result.stderr


@pytest.mark.long
def test_the_module_is_the_command():
    result = subprocess.run(
        [sys.executable, "-m", "flows.cli", "build", "nowhere.toml"], capture_output=True, text=True
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: no configuration at nowhere.toml")


@pytest.mark.parametrize("command", ["build", "train", "evaluate"])
@pytest.mark.parametrize(
    "text", ["a = " + "[" * 3000 + "]" * 3000, "a = " + "{a=" * 999 + "}" * 999]
)
def test_a_configuration_that_is_too_deep_is_refused(command, text, tmp_path):
    (tmp_path / "deep.toml").write_text(text)
    result = call(command, tmp_path / "deep.toml")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {tmp_path / 'deep.toml'} is ")
    assert result.stderr.count("\n") == 1


class LostError(OSError):
    """As Dask's client raises it."""

    __module__ = "distributed.client"


REFUSED = httpx.HTTPStatusError(
    "Client error", request=httpx.Request("GET", "http://a"), response=httpx.Response(401)
)


@pytest.mark.parametrize(
    ("error", "told", "code"),
    [
        (ValueError("wrong\nmore"), "wrong", 2),
        (FileNotFoundError(2, "No such file", "/a"), "No such file /a", 2),
        (NotADirectoryError(20, "Not a directory", "/a/b"), "cannot use /a/b (Not a directory)", 2),
        (FileExistsError(17, "File exists", "/a"), "cannot use /a (File exists): move", 2),
        (OSError(40, "Too many levels", "/a"), "cannot use /a (Too many levels): move", 2),
        (OSError(36, "Name too long", "/a"), "cannot use /a (Name too long): choose another", 2),
        (IsADirectoryError(21, "A folder", "/a.partial-1", None, "/a"), "cannot use /a (A fold", 2),
        (OSError(5, "Input/output error", "/a"), "the disk fails /a (Input/output error): put", 1),
        (OSError(27, "Too large", "/a"), "the system takes no file so large /a: raise its", 1),
        (OSError(28, "No space", "/a"), "the disk is full /a: make room and run", 1),
        (PermissionError(13, "Denied", "/a"), "cannot write /a (Denied): choose another folder", 1),
        (pl.exceptions.ComputeError("No space left on device (os error 28)"), "disk is full", 1),
        (OSError(122, "Quota", "/a"), "the quota of this user is used up /a: make room and run", 1),
        (
            pl.exceptions.ComputeError("a: Quota (os error 122)"),
            "the quota of this user is used",
            1,
        ),
        (pl.exceptions.ComputeError("parquet: b (os error 30)"), "cannot write (Read-only", 1),
        (pl.exceptions.ComputeError("what\never"), "what", 1),
        (OSError("No space left on device (os error 28)"), "the disk is full: make room", 1),
        (PermissionError("No (os error 13): /a"), "cannot write /a (Permission denied): choose", 1),
        (PermissionError("No (os error 13): ...a/b"), "No (os error 13): ...a/b", 1),
        (httpx.ConnectError("refused"), "the Prefect server does not answer (refused)", 1),
        (REFUSED, "refuses this user (401): set PREFECT_API_AUTH_STRING to its `user:", 2),
        (BrokenProcessPool("A process"), "a worker process was killed, as the system does", 1),
        (MemoryError(), "memory ran out: run the same command, it goes on from here; fewer", 1),
        (RuntimeError(""), "RuntimeError", 1),
        (LostError("lost.\nmore"), "the cluster failed (LostError: lost.): run the same", 1),
        (KeyError("x"), "a fault of the program (KeyError: 'x'): report it with /", 1),
        (RecursionError("deep"), "a fault of the program (RecursionError: deep): report it", 1),
    ],
)
def test_how_a_command_failed_is_one_line_and_a_code(error, told, code, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    line, ended = outcome_of(error)
    assert told in line and "\n" not in line
    assert ended == code
    assert len(list(tmp_path.iterdir())) == ("a fault" in told)


@pytest.fixture
def denied() -> Iterator[Path]:
    """A folder in which a file may not be read, a folder not entered and a folder not changed."""
    with open_folder() as folder:
        (folder / "closed").mkdir(0o700)
        (folder / "fixed").mkdir()
        for path in ("file", "closed/file", "fixed/file"):
            (folder / path).write_text("x")
        modes = {"file": 0, "closed": 0, "fixed/file": 0o444, "fixed": 0o555}
        for path, mode in modes.items():
            (folder / path).chmod(mode)
        yield folder
        for path in ("closed", "fixed"):
            (folder / path).chmod(0o755)


@pytest.mark.parametrize(
    ("path", "mode", "told", "code"),
    [
        ("file", "r", "cannot read {} (Permission denied): give this user", 2),
        ("closed/file", "r", "cannot read {} (Permission denied): give this user", 2),
        ("fixed/file", "w", "cannot write {} (Permission denied): choose another folder", 1),
        ("fixed/new", "w", "cannot write {} (Permission denied): choose another folder", 1),
    ],
)
def test_what_may_not_be_read_is_not_called_unwritable(path, mode, told, code, denied):
    with as_nobody():
        with pytest.raises(PermissionError) as refused:
            (denied / path).open(mode)
        line, ended = outcome_of(refused.value)
    assert line.startswith(told.format(denied / path))
    assert ended == code


def test_what_polars_may_not_read_is_told_alike(denied):
    (denied / "file").chmod(0)
    with as_nobody(), pytest.raises(PermissionError) as refused:
        pl.read_parquet(denied / "file")
    with as_nobody():
        line, ended = outcome_of(refused.value)
    assert (
        line
        == f"cannot read {denied / 'file'} (Permission denied): give this user the right to read it"
    )
    assert ended == 2


def test_a_server_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    result = call("serve")
    assert result.returncode == 2
    assert result.stderr.startswith("error: no Prefect server answers at http://127.0.0.1:9/api (")
    assert "unset PREFECT_API_URL" in result.stderr and result.stderr.count("\n") == 1


def test_a_page_is_no_prefect_server():
    """Prefect's own pages answer for every address that does not end in /api."""
    page = (200, {"Content-Type": "text/html"}, b"<html>")
    with (
        serving({"/health": page}) as site,
        pytest.raises(ValueError, match=r"a page answers: the address of .* ends in /api"),
    ):
        check_server(site.url)


def test_the_address_of_a_prefect_server_without_api_is_refused():
    """Its pages answer there, but not in the place of its API."""
    with serving({}) as site, pytest.raises(ValueError, match=r"no Prefect API at .* ends in /api"):
        check_server(site.url)


def test_a_server_whose_api_hides_whether_it_is_well_is_taken():
    with serving({}) as site:
        check_server(f"{site.url}/api/accounts/1")


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (403, ValueError, r"the Prefect server refuses this user \(403\): set PREFECT_API_AUTH"),
        (500, RuntimeError, r"the Prefect server at .* fails \(.*500.*\): run the same command"),
        (503, RuntimeError, r"the Prefect server at .* fails \(.*503.*\): run the same command"),
    ],
)
def test_a_server_that_fails_or_refuses_is_told_before_anything_runs(status, kind, told):
    with serving({"/api/health": (status, {}, b"")}) as site, pytest.raises(kind, match=told):
        check_server(f"{site.url}/api")


def test_a_process_ends_with_what_its_command_ends_with():
    result = run("build", "nowhere.toml")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: no configuration at nowhere.toml")


@pytest.mark.parametrize(
    "command",
    [(), ("build",), ("plan",), ("why",), ("score",), ("train",), ("evaluate",), ("download",)],
)
def test_help_teaches(command):
    result = call(*command, "--help")
    assert result.returncode == 0
    assert "Usage: spatialthinker" in result.stdout
    assert "<class" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("biuld",), "no such command 'biuld'. Did you mean 'build'?: see `spatialthinker --help`"),
        (("why",), "missing argument 'IMAGE_OR_SAMPLE': see `spatialthinker why --help`"),
        (("build", "--roto", "x"), "no such option: --roto (Possible options: --root): see "
         "`spatialthinker build --help`"),
        (("review", "x", "--reviewer", "ada", "--items", "0"), "invalid value for '--items': Input "
         "should be greater than or equal to 1: see `spatialthinker review --help`"),
    ],
)  # fmt: skip
def test_a_call_of_wrong_words_is_one_line(arguments, told):
    result = call(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"error: {told}\n"


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("diff", "a", "b", "--format", "html"), "--out"),
        (("trends", "a"), "--out"),
        (("score", "README.md"), "--out"),
        (("reviews", "a"), "--export"),
    ],
)
def test_a_file_to_write_never_takes_the_place_of_a_pipe_or_a_folder(arguments, option, tmp_path):
    pipe, folder = tmp_path / "pipe.jsonl", tmp_path / "folder.jsonl"
    os.mkfifo(pipe)
    folder.mkdir()
    for place in (pipe, folder):
        result = call(*arguments, option, place)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert f"'{option}': {place} is no file that could be replaced: name a" in result.stderr
    assert pipe.is_fifo()


def test_no_command_shows_the_help():
    result = call()
    assert (result.returncode, result.stderr) == (2, "")
    assert "Usage: spatialthinker" in result.stdout


def test_the_version_is_told():
    result = call("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{code_version()}\n"


def test_plan_tells_of_a_build_that_never_ran(tmp_path):
    result = call("plan", "--root", tmp_path)
    assert result.returncode == 0
    assert "never run here" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_and_a_read_only_output_are_said_so(prefect_server, tmp_path):
    """On a real small file system, where this machine lets one be mounted."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=260k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine mounts no tmpfs")
    try:
        full = call("build", "--root", place / "data", "--set", "images=omit")
        assert full.returncode == 1
        assert "the disk is full" in full.stderr.splitlines()[-1]
        assert "Traceback" not in full.stderr
        assert list(place.rglob("*.partial-*")) == []
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        locked = call("build", "--root", place / "other")
        assert locked.returncode == 1
        assert "choose another folder with --root" in locked.stderr.splitlines()[-1]
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_serve_needs_a_server(monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    refused = call("serve")
    assert refused.returncode == 2
    assert "serve needs a Prefect server" in refused.stderr


@pytest.mark.parametrize("cron", ["every day", "61 * * * *", ""])
def test_a_schedule_that_is_none_is_refused_before_anything_is_served(cron, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    refused = call("serve", "--cron", cron)
    assert (refused.returncode, refused.stdout) == (2, "")
    (line,) = refused.stderr.splitlines()
    assert line.startswith(f"error: --cron {cron!r} is no schedule (")
    assert line.endswith('for example "0 2 * * 0" for Sundays at two')


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--build", "unknown key method: accepted here are budget"),
        ("--train", "unknown key models: accepted here are check"),
        ("--evaluate", "unknown key data: accepted here are benchmarks"),
    ],
)
def test_what_serve_would_start_is_read_before_it_serves(option, told, tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text({"--train": "models = []", "--evaluate": "data = 1"}.get(option, "method = 1"))
    refused = call("serve", option, wrong)
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert f"{wrong}: {told}" in line
    assert "no configuration at none.toml" in call("serve", option, "none.toml").stderr


def test_two_files_that_would_be_one_deployment_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    (tmp_path / "tiny.toml").write_bytes((REPOSITORY / "configs/train/tiny.toml").read_bytes())
    files = ("--train", tmp_path / "tiny.toml", "--train", "configs/train/tiny.toml")
    refused = call("serve", *files)
    assert refused.returncode == 2
    assert "two files are called tiny, and so would their deployments be" in refused.stderr


def test_a_name_between_colons_is_no_emoji(tmp_path):
    path = tmp_path / "a:fire:b.toml"
    refused = call("build", path)
    assert refused.returncode == 2 and f"no configuration at {path}" in refused.stderr
    calls = [
        node
        for file in (REPOSITORY / "flows").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Console"
    ]
    assert calls and all("emoji=False" in ast.unparse(node) for node in calls)


def test_a_refusal_is_told_where_the_server_gives_back_its_line_alone(
    prefect_server, tmp_path, monkeypatch
):
    """As where the answer to a run's last state was lost: it is sent again, and is there."""
    from prefect import flow_engine
    from prefect.states import State

    propose = flow_engine.propose_state_sync

    def lost(client, state, **keywords):
        taken = propose(client, state, **keywords)
        return State(type=taken.type, message=taken.message) if taken.is_failed() else taken

    monkeypatch.setattr(flow_engine, "propose_state_sync", lost)
    (tmp_path / "objects.json").write_text("[")
    kind = ("--set", "source.kind=visual-genome", "--set", f"source.path={tmp_path}")
    done = call("build", *kind, "--root", tmp_path / "root")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert f"{tmp_path}/objects.json" in done.stderr and "a fault of" not in done.stderr
