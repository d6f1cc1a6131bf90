"""Which code made something, by facts of the code alone."""

import subprocess
from pathlib import Path

import pytest

from schemas.code_version import CodeVersion, code_version

WHEN = "2026-02-03T23:30:00 -0800"  # already the 4th in UTC: a commit says what its author saw


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    environment = {"GIT_COMMITTER_DATE": WHEN, "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *words],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "tasks").mkdir(parents=True)
    (folder / "tasks" / "a.py").write_text("A = 1\n")
    (folder / "notes.txt").write_text("a\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "a")
    return folder


def found(folder: Path) -> CodeVersion:
    code_version.cache_clear()
    return code_version(folder)


def test_a_checkout_tells_its_commit_and_the_commits_date(checkout, monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/nowhere")  # as within a hook of another repository
    commit = git(checkout, "rev-parse", "HEAD")
    assert found(checkout)[1:] == (commit, "2026-02-03", False)
    assert str(found(checkout)).endswith(f", commit {commit[:12]} of 2026-02-03")


@pytest.mark.parametrize(
    ("name", "is_changed"),
    [
        ("tasks/a.py", True),
        ("tasks/new.py", True),
        ("data/vocabulary/classes.toml", True),
        ("notes.txt", False),
        ("data/datasets/mine.txt", False),
    ],
)
def test_changed_sources_are_told(name, is_changed, checkout):
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_text("A = 2\n")
    assert found(checkout).is_changed is is_changed
    assert str(found(checkout)).endswith("with local changes") is is_changed


def test_outside_a_checkout_of_its_own_the_version_stands_alone(checkout, tmp_path):
    """Installed into an environment within somebody's checkout, too."""
    for folder in (checkout / "tasks", tmp_path):
        assert found(folder)[1:] == (None, None, False)
        assert str(found(folder)) == f"spatialthinker {found(folder).version}"


def test_a_commit_that_git_cannot_compare_counts_as_changed(checkout):
    (checkout / "tasks" / "a.py").write_text("A = 2\n")
    (checkout / ".git" / "index").write_bytes(b"cut")
    assert found(checkout).commit and found(checkout).is_changed
