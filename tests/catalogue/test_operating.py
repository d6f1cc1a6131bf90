"""The commands of docs/operating.md on two builds, one after the other, as a data team types
them."""

import re
import shlex
import shutil

import polars as pl
import pytest

from tests.commands import REPOSITORY, call

pytestmark = pytest.mark.long


def test_the_commands_of_the_page_do_what_it_says(two_builds, tmp_path):
    root = shutil.copytree(two_builds[0].parents[2], tmp_path / "root", symlinks=True)
    page = (REPOSITORY / "docs" / "operating.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"## Builds over time\n\n```\n(.*?)```", page, re.DOTALL)
    told = {}
    for line in block.splitlines():
        _, *words = shlex.split(line.replace("sample", "drawn"))
        words = [str(root) if word == "data" else word for word in words]
        done = call(*words, *(() if words[0] == "check" else ("--root", root)))
        assert (done.returncode, done.stderr) == (0, ""), line
        told[line] = done.stdout
    first, tagged, text, page_path, trends, sound, pruned = told.values()
    older, newer = (f"drawn/{folder.name}" for folder in two_builds)
    assert older in first and newer in first
    assert tagged == f"{newer}\n"
    assert text == f"{newer} -> {newer}\nno question differs\n"
    assert page_path == f"{root}/diffs/{f'{newer}..{newer}'.replace('/', '-')}.html\n"
    assert trends == f"{root}/trends/drawn.html\n"
    assert sound.endswith("are what was written\n")
    assert pruned.splitlines()[-1] == "nothing to prune"


def test_two_builds_differ_on_the_page_as_in_the_table(two_builds, tmp_path):
    names = [str(folder) for folder in two_builds]
    table, page = tmp_path / "diff.parquet", tmp_path / "diff.html"
    for path in (table, page):
        done = call("diff", *names, "--format", path.suffix[1:], "--out", path)
        assert done.stdout == f"{path}\n"
    shown = page.read_text(encoding="utf-8")
    for row in pl.read_parquet(table).iter_rows(named=True):
        assert (row["question_id_after"] or row["question_id_before"]) in shown
        assert row["causes"][0]["what"] in shown
