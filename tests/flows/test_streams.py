"""Standard streams that are closed, full, or read by nobody: a command ends as it would have."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
COMMAND = f"{sys.executable} -m flows.cli"


@pytest.mark.parametrize(
    ("call", "code", "out", "err"),
    [
        ("list --root {root} 2>&1 | true; exit ${{PIPESTATUS[0]}}", 0, "", ""),
        pytest.param("list --root {root} >&-", 0, "", "nothing below", marks=pytest.mark.long),
        pytest.param("build nowhere.toml 2>&-", 2, "", "", marks=pytest.mark.long),
        ("build nowhere.toml <&- >&-", 2, "", "error: no configuration at"),
        ("build --help >/dev/full", 1, "", "error: the disk is full"),
    ],
)
def test_a_command_ends_as_it_would_have(call, code, out, err, tmp_path):
    result = subprocess.run(
        ["bash", "-c", f"{COMMAND} {call.format(root=tmp_path)}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (code, out)
    assert result.stderr.startswith(err)
    assert result.stderr.count("\n") == bool(err)
