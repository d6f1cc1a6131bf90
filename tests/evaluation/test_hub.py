"""The Hub: its real clients, in processes of their own, against one on loopback."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from schemas.config.evaluation import BenchmarkConfig
from tasks.artifact import read_seal
from tasks.evaluate.benchmark import write_items
from tasks.evaluate.miniature import miniature_folder
from tests.servers.hub import COMMIT, hub_pages, refusal
from tests.servers.web import serving

pytest.importorskip("datasets")
pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
CODE = """
import json, sys
from pathlib import Path
from schemas.config.evaluation import BenchmarkConfig
from tasks.evaluate.benchmark import write_items

for settings in json.loads(sys.argv[1]):
    try:
        print("path", write_items(BenchmarkConfig(**settings), Path(sys.argv[2])))
    except ValueError as error:
        print("error", json.dumps(str(error)))
"""
CARD = b"""---
configs:
- config_name: Spatial_Relation
  data_files: [{split: val, path: Spatial_Relation/val-*}]
- config_name: Relative_Depth
  data_files: [{split: val, path: Relative_Depth/val-*}]
---
"""


def load(url: str, root: Path, *configs: dict[str, Any], **environment: str) -> list[str]:
    """What each configuration came to: a path, or the message of the error."""
    done = run(url, root, *configs, **environment)
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    return [json.loads(rest) if kind == "error" else rest for kind, _, rest in lines]


def run(
    url: str, root: Path, *configs: dict[str, Any], **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(configs), str(root)],
        env={**os.environ, "HF_ENDPOINT": url, "HF_HOME": str(root / "home"), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )


def files_of(name: str, root: Path) -> dict[str, bytes]:
    folder = miniature_folder(name, root)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


TSV = "3dsrbench_v1_vlmevalkit_circular.tsv"
REFUSED = {
    ("who/gated", None): "who/gated is gated: accept its terms at https://huggingface.co/",
    ("who/none", None): "the Hub has no dataset who/none, or it is private: correct source",
    ("who/private", None): "the Hub has no dataset who/private, or it is private: correct",
    ("who/whole", "v9"): "who/whole has no such revision: correct revision",
    ("who/whole", None): "who/whole cannot be read from the Hub (",
}


class Loaded(NamedTuple):
    """What one process made of all that one Hub holds and refuses, and then of MMVP again; `asked`
    are its requests."""

    root: Path
    blink: str
    mmvp: str
    circular: str
    missing: str
    refused: list[str]
    asked: list[str]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("hub")
    pages = {
        **hub_pages("BLINK-Benchmark/BLINK", files_of("blink", folder) | {"README.md": CARD}),
        **hub_pages("MMVP/MMVP", files_of("mmvp", folder)),
        **hub_pages("ccvl/3DSRBench", files_of("3dsrbench", folder) | {"other.tsv": b"a\tb\n"}),
        **hub_pages("who/whole", {"README.md": b"nothing else"}),
        "/api/datasets/who/gated": refusal(403, "GatedRepo"),
        "/api/datasets/who/none": refusal(404, "RepoNotFound"),
        "/api/datasets/who/private": refusal(401, "RepoNotFound"),
        "/api/datasets/who/whole/revision/v9": refusal(404, "RevisionNotFound"),
    }
    mmvp = {"name": "mmvp", "max_items": 4}
    configs = [
        {"name": "blink", "max_items": 6},
        mmvp,
        {
            "name": "3dsrbench",
            "source": f"ccvl/3DSRBench:{TSV}",
            "revision": COMMIT,
            "max_items": 16,
        },
        {"name": "3dsrbench", "source": "ccvl/3DSRBench:none.tsv", "revision": COMMIT},
        *({"name": "mmstar", "source": name, "revision": revision} for name, revision in REFUSED),
    ]
    root = folder / "root"
    with serving(pages) as site:
        done = load(site.url, root, *configs, mmvp)
    blink, found, circular, missing, *refused, again = done
    assert again == found
    return Loaded(root, blink, found, circular, missing, refused, list(site.asked))


def test_tables_of_the_hub_are_read_at_one_commit_which_is_written_down(loaded, tmp_path):
    assert read_seal(Path(loaded.blink))["recipe"]["commit"] == COMMIT
    local = write_items(BenchmarkConfig(name="blink", path="miniature", max_items=6), tmp_path)
    assert pl.read_parquet(loaded.blink).equals(pl.read_parquet(local))


def test_photographs_are_stored_once(loaded):
    tables = [pl.read_parquet(path) for path in (loaded.blink, loaded.mmvp, loaded.circular)]
    shown = pl.concat([table["images"].explode(empty_as_null=False) for table in tables])
    stored = [file for file in (loaded.root / "images").rglob("*") if file.is_file()]
    assert len(stored) == shown.n_unique()


def test_plain_files_of_the_hub_are_read_and_not_asked_for_again(loaded):
    files = [page for page in loaded.asked if "MMVP/resolve" in page and page.startswith("GET")]
    assert len(files) == len(set(files)) > 4
    assert pl.read_parquet(loaded.mmvp)["item_id"].to_list() == ["1", "2", "3", "4"]
    recipe = read_seal(Path(loaded.mmvp))["recipe"]
    assert recipe["inputs"] == {"source": f"MMVP/MMVP@{COMMIT}"}


def test_one_file_of_a_repository_may_be_named(loaded, tmp_path):
    assert not [page for page in loaded.asked if "other" in page]
    local = write_items(BenchmarkConfig(name="3dsrbench", path="miniature"), tmp_path)
    assert pl.read_parquet(loaded.circular).equals(pl.read_parquet(local))
    assert loaded.missing == f"3dsrbench: ccvl/3DSRBench at {COMMIT[:12]} has no file none.tsv"


def test_what_the_hub_refuses_is_told_in_one_line(loaded):
    for message, beginning in zip(loaded.refused, REFUSED.values(), strict=True):
        assert message.startswith(f"mmstar: {beginning}")
        assert "\n" not in message
    assert "HF_TOKEN" in loaded.refused[0]


def test_no_network_is_told_in_one_line(tmp_path):
    with serving({}) as site:
        gone = site.url
    newest, pinned = {"name": "blink"}, {"name": "blink", "revision": COMMIT}
    found = load(gone, tmp_path, newest, {"name": "mmvp"})
    found += load(gone, tmp_path, newest, pinned, HF_HUB_OFFLINE="1")
    for message in found:
        assert "the Hub cannot be reached for " in message
        assert message.endswith("HF_HOME, or name a local copy in path")
        assert "\n" not in message
    assert len(found) == 4


def test_a_licence_that_forbids_something_is_said_before_the_download(tmp_path):
    """Nothing is there to be downloaded, and the terms are told."""
    with serving({}) as site:
        done = run(site.url, tmp_path, {"name": "mmsi_bench", "revision": COMMIT}, {"name": "mmvp"})
    assert "MMSI-Bench: its licence is stated in two ways" in done.stderr
    assert "MMVP" not in done.stderr


def test_pictures_in_an_archive_beside_a_table_are_read(tmp_path):
    files = files_of("spatialviz_bench", tmp_path)
    table = {name: data for name, data in files.items() if name.endswith(".parquet")}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for name in files.keys() - table.keys():
            packed.writestr(name, files[name])
    pages = hub_pages(
        "PLM-Team/Spatial-Visualization-Benchmark",
        {**table, "images.zip": archive.getvalue(), "README.md": b"A card."},
    )
    config = {"name": "spatialviz_bench", "max_items": 20}
    with serving(pages) as site:
        (path,) = load(site.url, tmp_path / "root", config)
    local = BenchmarkConfig(name="spatialviz_bench", path="miniature", max_items=20)
    assert pl.read_parquet(path).equals(pl.read_parquet(write_items(local, tmp_path)))
