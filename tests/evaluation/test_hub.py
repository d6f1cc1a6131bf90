"""The Hub: its real clients, in processes of their own, against one on loopback."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.config.evaluation import BenchmarkConfig
from tasks.artifact import read_seal
from tasks.evaluate.benchmark import write_items
from tasks.evaluate.miniature import miniature_folder
from tests.servers.hub import COMMIT, hub, hub_pages, refusal
from tests.servers.web import serving

pytest.importorskip("datasets")
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
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(configs), str(root)],
        env={**os.environ, "HF_ENDPOINT": url, "HF_HOME": str(root / "home"), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    return [json.loads(rest) if kind == "error" else rest for kind, _, rest in lines]


def files_of(name: str, root: Path) -> dict[str, bytes]:
    folder = miniature_folder(name, root)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_tables_of_the_hub_are_read_at_one_commit_which_is_written_down(tmp_path):
    with hub("BLINK-Benchmark/BLINK", files_of("blink", tmp_path) | {"README.md": CARD}) as site:
        (path,) = load(site.url, tmp_path / "root", {"name": "blink", "max_items": 6})
    assert read_seal(Path(path))["recipe"]["commit"] == COMMIT
    local = write_items(BenchmarkConfig(name="blink", path="miniature", max_items=6), tmp_path)
    assert pl.read_parquet(path).equals(pl.read_parquet(local))
    photographs = [file for file in (tmp_path / "root" / "images").rglob("*") if file.is_file()]
    assert len(photographs) == pl.read_parquet(path)["images"].list.first().n_unique()


def test_plain_files_of_the_hub_are_read_and_not_asked_for_again(tmp_path):
    config = {"name": "mmvp", "max_items": 4}
    with hub("MMVP/MMVP", files_of("mmvp", tmp_path)) as site:
        (path,) = load(site.url, tmp_path / "root", config)
        num_asked = len(site.asked)
        assert load(site.url, tmp_path / "root", config) == [path]
        assert site.asked[num_asked:] in ([], ["GET /api/agent-harnesses"])
    items = pl.read_parquet(path)
    assert items["item_id"].to_list() == ["1", "2", "3", "4"]
    assert read_seal(Path(path))["recipe"]["inputs"] == {"source": f"MMVP/MMVP@{COMMIT}"}


def test_one_file_of_a_repository_may_be_named(tmp_path):
    name = "3dsrbench_v1_vlmevalkit_circular.tsv"
    config = {"name": "3dsrbench", "source": f"ccvl/3DSRBench:{name}", "max_items": 16}
    files = files_of("3dsrbench", tmp_path) | {"other.tsv": b"a\tb\n"}
    with hub("ccvl/3DSRBench", files) as site:
        config["revision"] = COMMIT
        path, missing = load(
            site.url, tmp_path / "root", config, {**config, "source": "ccvl/3DSRBench:none.tsv"}
        )
        assert not [page for page in site.asked if "other" in page]
    local = write_items(BenchmarkConfig(name="3dsrbench", path="miniature"), tmp_path)
    assert pl.read_parquet(path).equals(pl.read_parquet(local))
    assert missing == f"3dsrbench: ccvl/3DSRBench at {COMMIT[:12]} has no file none.tsv"


def test_what_the_hub_refuses_is_told_in_one_line(tmp_path):
    pages = hub_pages("who/whole", {"README.md": b"nothing else"})
    pages["/api/datasets/who/gated"] = refusal(403, "GatedRepo")
    pages["/api/datasets/who/none"] = refusal(404, "RepoNotFound")
    pages["/api/datasets/who/private"] = refusal(401, "RepoNotFound")
    pages["/api/datasets/who/whole/revision/v9"] = refusal(404, "RevisionNotFound")
    expected = {
        ("who/gated", None): "who/gated is gated: accept its terms at https://huggingface.co/",
        ("who/none", None): "the Hub has no dataset who/none, or it is private: correct source",
        ("who/private", None): "the Hub has no dataset who/private, or it is private: correct",
        ("who/whole", "v9"): "who/whole has no such revision: correct revision",
        ("who/whole", None): "who/whole cannot be read from the Hub (",
    }
    configs = [
        {"name": "mmstar", "source": source, "revision": revision} for source, revision in expected
    ]
    with serving(pages) as site:
        found = load(site.url, tmp_path, *configs)
    for message, beginning in zip(found, expected.values(), strict=True):
        assert message.startswith(f"mmstar: {beginning}")
        assert "\n" not in message
    assert "HF_TOKEN" in found[0]


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
