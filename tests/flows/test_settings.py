"""Settings of Prefect: what stays off the screen."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.server import check_listened, server_url

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


SERVER = """
from flows.settings import apply_settings
apply_settings()
from flows.server import check_listened, server_url
check_listened()
print(server_url())
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("home/profiles.toml", 'active = "us"\n[profiles.us]\nPREFECT_API_URL = "HERE"\n'),
        ("prefect.toml", '[api]\nurl = "HERE"\n'),
        (".env", "PREFECT_API_URL=HERE\n"),
    ],
)
def test_a_server_that_prefect_knows_from_a_file_is_that_of_every_command(file, text, tmp_path):
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.replace("HERE", "http://127.0.0.1:9/api"))
    home = {"PREFECT_HOME": str(tmp_path / "home"), "PYTHONPATH": str(REPOSITORY)}
    known = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    said = subprocess.run(
        [sys.executable, "-c", SERVER],
        cwd=tmp_path,
        env=known | home,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (said.stdout, said.stderr) == ("http://127.0.0.1:9/api\n", "")


PROXIES = """
import os
import sys
from urllib.request import proxy_bypass
from flows.settings import apply_settings
hosts = ("localhost", "127.0.0.1", "::1", "near.example", "far.example")
before = dict(os.environ)
for words in sys.argv[1:]:
    os.environ.clear()
    os.environ.update(before, **dict(word.split("=") for word in words.split()))
    apply_settings()
    print([bool(proxy_bypass(host)) for host in hosts], os.environ.get("NO_PROXY"))
"""
OWN = "localhost,127.0.0.1,::1"
BYPASSED = {
    "": f"{[False] * 5} None",
    "HTTP_PROXY=http://127.0.0.1:9": f"{[True] * 3 + [False] * 2} {OWN}",
    "all_proxy=http://127.0.0.1:9 no_proxy=near.example":
        f"{[True] * 4 + [False]} near.example,{OWN}",
    "https_proxy=http://127.0.0.1:9 NO_PROXY=*": f"{[True] * 5} *",
}  # fmt: skip
"""By the environment which hosts are asked without a proxy, and what NO_PROXY then says."""


def test_nothing_on_this_machine_is_asked_through_a_proxy(tmp_path):
    names = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    others = {name: value for name, value in os.environ.items() if name.lower() not in names}
    said = subprocess.run(
        [sys.executable, "-c", PROXIES, *BYPASSED],
        cwd=REPOSITORY,
        env={**others, "PREFECT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (said.stdout.splitlines(), said.stderr) == ([*BYPASSED.values()], "")


@pytest.mark.long
@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("PREFECT_LOGGING_LEVEL", "verbose",
         "Prefect's setting PREFECT_LOGGING_LEVEL is invalid (Input should be 'DEBUG', 'INFO'"),
        ("PREFECT_SERVER_API_PORT", "x", "Prefect's setting PREFECT_SERVER_API_PORT is invalid ("),
        ("PREFECT_HOME", "{folder}", "{folder}/profiles.toml, which has Prefect's profiles, cannot "
         "be read (Expected '=' after a key"),
        ("PREFECT_HOME", "{folder}/profiles.toml", "Prefect cannot keep its data in {folder}/"
         "profiles.toml (File exists): set PREFECT_HOME to a folder that this user can write"),
        ("PREFECT_HOME", "/proc/self/nowhere", "Prefect cannot keep its data in /proc/self/nowhere "
         "(No such file or directory): set PREFECT_HOME"),
        ("ALL_PROXY", "socks5://ann:s3cr3tpw@127.0.0.1:9", "all_proxy in the environment names a "
         "SOCKS proxy, which Prefect cannot use: correct"),
    ],
)  # fmt: skip
def test_settings_that_prefect_does_not_take_are_told_in_one_line(variable, value, told, tmp_path):
    (tmp_path / "profiles.toml").write_text("active\n")
    ours = {"PREFECT_HOME": str(tmp_path / "home"), variable: value.format(folder=tmp_path)}
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from flows.cli import main; main()",
            "build",
            "configs/sample.toml",
            "--root",
            str(tmp_path / "root"),
        ],
        cwd=REPOSITORY,
        env={**os.environ, **ours},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith(f"error: {told.format(folder=tmp_path)}")
    assert re.search("correct|set ", said.stderr) and said.stderr.count("\n") == 1


def test_a_server_is_the_environment_s_or_that_of_prefect_s_profile(monkeypatch, tmp_path):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_PROFILES_PATH", str(tmp_path / "profiles.toml"))
    with pytest.raises(ValueError, match="and `export PREFECT_API_URL="):
        check_listened()
    profile = 'active = "team"\n[profiles.team]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n'
    (tmp_path / "profiles.toml").write_text(profile)
    assert server_url() == "http://127.0.0.1:9/api"
    check_listened()
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:8/api")
    assert server_url() == "http://127.0.0.1:8/api"
