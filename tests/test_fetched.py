"""What a build reads from an object store makes the same dataset as the same files here, and is
fetched once."""

import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.config.build import PipelineConfig
from tasks.addresses import address_of
from tasks.buckets import open_bucket
from tasks.fetched import fetch, with_local_files
from tests.builds import build, bytes_of
from tests.commands import call
from tests.conftest import DRAWN
from tests.servers.s3 import serving_s3

pytestmark = pytest.mark.long
SECRET = "wJalrXUtnFEMIexampleSECRETexample"


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with serving_s3(SECRET):
        yield "s3://bucket"


@pytest.fixture(scope="module")
def drawn(drawn_dataset, tmp_path_factory) -> Path:
    """Visual Genome's files of drawn scenes, with their photographs."""
    (folder,) = (
        path for path in (drawn_dataset.parents[2] / "artifacts" / "render").iterdir()
        if path.is_dir()
    )  # fmt: skip
    return shutil.copytree(folder, tmp_path_factory.mktemp("source") / "vg")


def upload(folder: Path, address: str) -> None:
    files, prefix = open_bucket(address)
    for path in folder.rglob("*"):
        if path.is_file():
            files.put_file(str(path), f"{prefix}/{path.relative_to(folder).as_posix()}")


def config_of(source: str, witness: str) -> PipelineConfig:
    # The same annotation once more: what is tested is where its files come from.
    others = {"kind": "scenes", "scenes": "visual-genome", "join": "image_id", "independent": False}
    return PipelineConfig.model_validate(
        DRAWN
        | {
            "source": {"kind": "visual-genome", "path": source},
            "witness": [others | {"name": "others", "path": witness}],
            "gates": {"min_quota_share": 0.0},
        }
    )


def test_what_takes_long_says_how_far_it_is(bucket, drawn, tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="tasks.fetched")
    upload(drawn, f"{bucket}/long")
    fetch(f"{bucket}/long", tmp_path, heartbeat_seconds=0.001)
    number = sum(path.is_file() for path in drawn.rglob("*"))
    line = rf"fetch: still running, 0 s: \d+ of {number} files of s3://bucket/long"
    assert any(re.fullmatch(line, text) for text in caplog.messages)


def test_files_of_a_store_make_the_dataset_that_the_same_files_here_make(bucket, drawn, tmp_path):
    upload(drawn, f"{bucket}/vg")
    here = build(config_of(str(drawn), str(drawn)), tmp_path / "here")
    given = config_of(f"{bucket}/vg/", f"{bucket}/vg")
    local = with_local_files(given, tmp_path / "there")
    there = build(local, tmp_path / "there")
    assert there.name == here.name
    assert bytes_of(there) == bytes_of(here)
    assert local.source.path == local.witness[0].path
    assert address_of(str(local.source.path), tmp_path / "there") == f"{bucket}/vg"
    assert address_of(str(drawn), tmp_path / "there") == str(drawn)


def test_what_changed_there_is_fetched_again_and_nothing_else(bucket, tmp_path):
    files, prefix = open_bucket(f"{bucket}/some")
    for name in ("a.json", "b.json", "deep/c.json"):
        files.pipe_file(f"{prefix}/{name}", name.encode())
    folder = fetch(f"{bucket}/some", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}
    assert sorted(path.relative_to(folder).as_posix() for path in before) == [
        "a.json", "b.json", "deep/c.json",
    ]  # fmt: skip
    files.pipe_file(f"{prefix}/a.json", b"A.json")
    files.rm_file(f"{prefix}/b.json")
    (folder / "deep" / "c.json").unlink()
    assert fetch(f"{bucket}/some", tmp_path) == folder
    assert (folder / "a.json").read_bytes() == b"A.json"
    assert not (folder / "b.json").exists()
    assert (folder / "deep" / "c.json").read_bytes() == b"deep/c.json"
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}
    assert fetch(f"{bucket}/some", tmp_path) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")} == after


def test_one_file_is_fetched_alone(bucket, tmp_path):
    files, prefix = open_bucket(f"{bucket}/one")
    for name in ("a.json", "a.json.more"):
        files.pipe_file(f"{prefix}/{name}", name.encode())
    found = fetch(f"{bucket}/one/a.json", tmp_path)
    assert found.read_bytes() == b"a.json"
    assert [path.name for path in found.parent.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("nothing", "no file at s3://bucket/nothing: name a file, or a folder that holds some"),
        ("vg/*.json", "s3://bucket/vg/*.json holds *: name one file, or what its files' names"),
        ("a//b", "s3:// is followed by something else than BUCKET/PREFIX"),
    ],
)
def test_a_place_without_files_is_one_line(bucket, place, problem, tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(
        'name = "c"\nseed = 1\nimages = "omit"\nquota = {num_samples = 5}\n'
        f'source = {{kind = "visual-genome", path = "{bucket}/{place}"}}\n'
    )
    done = call("plan", file, "--root", tmp_path / "root")
    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr.strip().splitlines()[-1]
    assert SECRET not in done.stderr


def test_what_is_wrong_with_a_file_is_said_of_its_address(bucket, drawn, tmp_path):
    broken = shutil.copytree(drawn, tmp_path / "broken")
    (broken / "objects.json").write_text('[{"image_id": 1, ', encoding="utf-8")
    upload(broken, f"{bucket}/broken")
    file = tmp_path / "c.toml"
    file.write_text(
        'name = "c"\nseed = 1\nimages = "omit"\nquota = {num_samples = 5}\n'
        f'source = {{kind = "visual-genome", path = "{bucket}/broken"}}\n'
    )
    done = call("build", file, "--root", tmp_path / "root")
    told = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 2, told
    assert f"{bucket}/broken/objects.json" in told
    assert "fetched" not in told
