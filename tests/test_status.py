"""The table of `plan`: what it says of a file can be copied."""

import io
import shutil

import pytest
from rich.console import Console

from flows.graph import STAGES
from schemas.config.build import PipelineConfig
from tasks.estimate import estimate_roughly
from tasks.stage import Build
from tasks.status import StageStatus, build_status, print_status
from tests.conftest import DRAWN


def test_a_path_longer_than_its_column_is_shown_whole():
    path = f"data/artifacts/validate/{'0' * 16}/a-folder-with-a-long-name/validation.html"
    told = io.StringIO()
    entry = StageStatus("validate", "failed", f"see {path}")
    print_status([entry], Console(file=told, width=60))
    cells = [line.split("\u2502")[3].strip() for line in told.getvalue().splitlines()[3:-1]]
    assert path in "".join(cells)


def test_of_many_differences_three_are_told(drawn_dataset):
    proof = {"cell_share": 0.9, "size_ratio": 3.0, "area_ratio": 4.0, "large_share": 0.3}
    config = PipelineConfig.model_validate(DRAWN | {"proof": proof})
    states = build_status(STAGES, Build(config, drawn_dataset.parents[2]))
    (why,) = [entry.why for entry in states if entry.stage == "extract"]
    assert why.startswith("proof.area_ratio is 4.0, was 3.0; proof.cell_share is 0.9, was ")
    assert why.endswith("; and 1 more")


@pytest.mark.parametrize(
    "stage", ["index", "ingest", "photographs", "extract", "plan", "write", "verify", "select"]
)
def test_nothing_is_read_from_a_damaged_artifact(drawn_dataset, tmp_path, stage):
    root = shutil.copytree(drawn_dataset.parents[2], tmp_path / "root")
    for artifact in (root / "artifacts" / stage).glob("*.parquet"):
        artifact.write_bytes(artifact.read_bytes() + b"more")
    config = PipelineConfig.model_validate(DRAWN)
    states = build_status(STAGES, Build(config, root))
    assert {entry.stage for entry in states if entry.state == "damaged"} == {stage}
    assert {entry.state for entry in states} == {"damaged", "complete"}
    assert estimate_roughly(config, states) == []
