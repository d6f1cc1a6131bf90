"""What a message says of a copy: the address that people gave."""

import json
from pathlib import Path

import pytest

from tasks.addresses import with_addresses

KEY = "0123456789abcdef"


@pytest.fixture(params=["root", "a root, with: spaces"])
def copies(request, tmp_path: Path) -> Path:
    folder = tmp_path / request.param / "fetched" / KEY
    (folder / "files").mkdir(parents=True)
    return folder


def keep(folder: Path, address: str, *names: str) -> None:
    record = {"address": address, "files": dict.fromkeys(names, "1")}
    (folder / "fetched.json").write_text(json.dumps(record), encoding="utf-8")


@pytest.mark.parametrize(
    ("address", "told", "expected"),
    [
        ("s3://b/vg", "{}/a.json: row 3 is no object: mend it", "s3://b/vg/a.json: row 3 is no"),
        ("s3://b/vg", "{}/deep/a b.json is empty", "s3://b/vg/deep/a b.json is empty"),
        ("s3://b/vg", "cannot read {}", "cannot read s3://b/vg"),
        ("s3://b/vg", "{} has no objects.json", "s3://b/vg has no objects.json"),
        ("gs://b/a.json", "{}/a.json: cut off", "gs://b/a.json: cut off"),
        ("s3://b/vg", "{0}/a.json and {0}/a.json.gz differ", "s3://b/vg/a.json and s3://b/vg/a.j"),
        # It is not among the files that were fetched.
        ("s3://b/vg", "{}/z.json is not there", "s3://b/vg/z.json is not there"),
    ],
)
def test_a_copy_is_named_by_its_address(copies, address, told, expected):
    keep(copies, address, "a.json", "a.json.gz", "deep/a b.json")
    assert with_addresses(told.format(copies / "files")).startswith(expected)


def test_a_path_of_a_root_that_stands_here_is_named_alike(copies, monkeypatch):
    keep(copies, "s3://b/vg", "a.json")
    monkeypatch.chdir(copies.parents[1].parent)
    relative = copies.relative_to(copies.parents[1].parent) / "files" / "a.json"
    assert with_addresses(f"{relative}: cut off") == "s3://b/vg/a.json: cut off"


@pytest.mark.parametrize("record", [None, "{", "[]", "{}", '"s3://b"'])
def test_what_has_no_record_keeps_its_path(copies, record):
    if record:
        (copies / "fetched.json").write_text(record, encoding="utf-8")
    told = f"{copies / 'files' / 'a.json'}: cut off"
    assert with_addresses(told) == told
