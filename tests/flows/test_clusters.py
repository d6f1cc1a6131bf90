"""Shards of a build are worked on by the machines of a cluster that runs already."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from socket import gethostname
from typing import Any

import polars as pl
import pytest
from prefect import State
from pydantic import ValidationError

from flows.build import build_from_file, run_build, run_job
from flows.graph import stages_of
from flows.runners import check_machines, is_elsewhere
from schemas.code_version import CodeVersion, code_version
from schemas.config.build import PipelineConfig
from schemas.config.runner import RunnerConfig
from tasks.addresses import store_of
from tasks.artifact import Artifact, state_of
from tasks.away import away, bring_made
from tasks.buckets import open_bucket
from tasks.extract.stage import STAGE as EXTRACT
from tasks.ingest.stage import STAGE as INGEST
from tasks.root_transfer import bring, send
from tasks.stage import Build, Job, Stage
from tasks.stored_root import open_root
from tasks.turns import using_root
from tests.builds import build, bytes_of, save_config, tree_of
from tests.commands import CLI, call, server
from tests.conftest import DRAWN
from tests.servers.dask import serving_dask
from tests.servers.s3 import serving_s3
from tests.stages import after

TINY = DRAWN | {
    "name": "tiny",
    "images": "embed",
    "source": {"kind": "rendered", "render": {"num_scenes": 12, "width": 400, "height": 300}},
    "quota": {"num_samples": 12, "max_per_image": 6},
    "gates": {"min_quota_share": 0.0},
}
CONFIG = PipelineConfig.model_validate(TINY)
NOWHERE = "tcp://127.0.0.1:9"


@pytest.fixture(scope="module")
def served() -> Iterator[None]:
    with serving_s3("wJalrXUtnFEMIexampleSECRETexample"):
        yield


@pytest.fixture
def stored(served, tmp_path, monkeypatch, request) -> Path:
    """The copy of a stored root on the machine that builds."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "here"))
    return open_root(f"s3://bucket/{request.node.name}")


def on_cluster(address: str) -> dict[str, Any]:
    return TINY | {"runner": {"kind": "dask", "address": address, "shard_size": 3}}


def sent_job(root: Path, config: PipelineConfig = CONFIG, stage: Stage = INGEST) -> Job:
    """The job of a stage, as it is sent, once the stages before it have run here."""
    before = stages_of(config)
    (job,) = stage.jobs(after(Build(config, root), *before[: before.index(stage)]))
    send(root)
    return replace(job, away=away(config, root))


def test_a_job_is_done_in_terms_of_the_other_machine(stored, tmp_path, monkeypatch):
    job = sent_job(stored)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "there"))
    (tmp_path / "here").rename(tmp_path / "elsewhere")  # which that machine cannot see
    made = run_job.fn(INGEST, job)
    (tmp_path / "elsewhere").rename(tmp_path / "here")
    assert made == job.artifact.path
    there = tmp_path / "there" / made.relative_to(tmp_path / "here")
    assert state_of(Artifact(there, job.artifact.recipe)) == ("complete", "")
    assert not made.exists()
    bring_made(stored, [made])
    assert made.read_bytes() == there.read_bytes()
    again = run_job.fn(INGEST, job)
    assert isinstance(again, State) and (again.name, again.data) == ("Cached", made)
    assert made.read_bytes() == INGEST.work(replace(job, away=None)).read_bytes()


def test_a_damaged_copy_on_the_other_machine_changes_nothing(stored, tmp_path, monkeypatch):
    job = sent_job(stored, stage=EXTRACT)
    scenes = job.path("ingest")
    sound = scenes.read_bytes()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "there"))
    there = open_root(str(store_of(stored)))
    bring(there)
    pl.read_parquet(scenes).head(2).write_parquet(there / scenes.relative_to(stored))
    made = run_job.fn(EXTRACT, job)
    bring_made(stored, [made])
    assert scenes.read_bytes() == sound
    assert made.read_bytes() == EXTRACT.work(replace(job, away=None)).read_bytes()


def test_what_is_damaged_in_the_store_is_no_input(stored, tmp_path, monkeypatch):
    job = sent_job(stored, stage=EXTRACT)
    files, prefix = open_bucket(str(store_of(stored)))
    files.pipe_file(f"{prefix}/{job.path('ingest').relative_to(stored)}", b"changed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "there"))
    failed = run_job.fn(EXTRACT, job)
    assert isinstance(failed.data, RuntimeError)
    assert "is damaged (" in str(failed.data)
    assert not list((tmp_path / "there").rglob("extract/*.parquet"))


def test_a_source_with_other_files_on_the_other_machine_is_refused(tmp_path):
    made = after(Build(CONFIG, tmp_path / "drawn"), stages_of(CONFIG)[0]).made["render"][0]
    source = {"kind": "visual-genome", "path": str(made), "photographs": [str(made)]}
    config = PipelineConfig.model_validate(TINY | {"source": source})
    job = sent_job(tmp_path / "root", config)
    objects = made / "objects.json"
    objects.write_text(objects.read_text().replace("car", "bus"))
    failed = run_job.fn(INGEST, job)
    assert isinstance(failed.data, RuntimeError)
    assert str(failed.data).startswith(f"{gethostname()}: {made} has other files here than on")
    assert not job.artifact.path.exists()


def test_what_is_made_again_is_made_again_while_others_use_the_copy(stored, tmp_path, monkeypatch):
    job = sent_job(stored)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "there"))
    there = open_root(str(store_of(stored)))
    made = there / run_job.fn(INGEST, job).relative_to(stored)
    before = made.stat().st_mtime_ns
    with using_root(there):
        assert run_job.fn(INGEST, job).name == "Cached"
        run_job.fn(INGEST, replace(job, away=replace(job.away, is_again=True)))
    assert made.stat().st_mtime_ns > before


def test_another_version_of_the_code_does_nothing(tmp_path):
    job = sent_job(tmp_path)
    other = replace(job.away, code=code_version()._replace(version="0.0.0"))
    failed = run_job.fn(INGEST, replace(job, away=other))
    assert failed.is_failed()
    assert str(failed.data).startswith(f"{gethostname()}: ")
    assert "and this build is by spatialthinker 0.0.0" in str(failed.data)
    assert "install the same on all machines of the cluster" in str(failed.data)
    assert not job.artifact.path.exists()


def test_a_root_that_is_not_shared_is_named(tmp_path):
    job = sent_job(tmp_path / "root")
    (tmp_path / "root").rename(tmp_path / "moved")
    failed = run_job.fn(INGEST, job)
    assert isinstance(failed.data, ValueError)
    assert str(failed.data).startswith(f"{gethostname()}: ")
    assert str(failed.data).endswith(
        "name a --root that all machines of the cluster share, s3://BUCKET/PREFIX or a folder"
    )
    assert not (tmp_path / "root").exists()
    with pytest.raises(ValueError, match="name a --root that all"):
        bring_made(tmp_path / "root", [job.artifact.path])


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_an_address_is_of_a_cluster(kind):
    with pytest.raises(ValidationError, match="address is of a cluster"):
        RunnerConfig(kind=kind, address=NOWHERE)


def test_where_it_runs_is_no_part_of_what_a_dataset_is_named_by():
    found = PipelineConfig.model_validate(on_cluster(NOWHERE))
    assert found.model_dump() == CONFIG.model_dump()


def test_replies_of_models_need_a_store_that_the_machines_share(tmp_path):
    tree = tree_of("http://127.0.0.1:9/v1") | {"runner": {"kind": "ray", "address": "auto"}}
    done = call("build", save_config(tmp_path / "c.toml", tree), "--root", tmp_path)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert 'set replies = "postgresql://user@host/database"' in done.stderr


@pytest.mark.parametrize(
    ("address", "is_other"),
    [
        ("tcp://198.51.100.7:8786", True),
        ("198.51.100.7:8786", True),
        ("head.cluster:6379", True),
        ("ray://head:10001", True),
        ("tcp://localhost:8786", False),
        ("localhost:6379", False),
        ("127.0.0.1:8786", False),
        ("tcp://[::1]:8786", False),
        ("auto", False),
        (None, False),
    ],
)
def test_a_cluster_is_elsewhere_however_its_address_is_written(address, is_other):
    assert is_elsewhere(address) == is_other


def test_an_address_that_nobody_can_read_is_named():
    with pytest.raises(ValidationError, match=r"runner.address tcp://\[::1:8786 is no address"):
        RunnerConfig(kind="dask", address="tcp://[::1:8786")


@pytest.mark.long
def test_a_cluster_elsewhere_does_not_reach_the_server_of_one_command(tmp_path, monkeypatch):
    pytest.importorskip("prefect_dask")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    config = save_config(tmp_path / "c.toml", on_cluster("tcp://198.51.100.7:8786"))
    done = subprocess.run(
        [CLI, "build", config, "--root", tmp_path / "root"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(
        "error: runner.address needs a Prefect server that its machines reach: run `prefect server"
    )


@pytest.mark.long
def test_a_cluster_that_does_not_answer_is_one_line(tmp_path, prefect_server, monkeypatch):
    pytest.importorskip("prefect_dask")
    monkeypatch.setenv("PREFECT_API_URL", server()["PREFECT_API_URL"])
    config = save_config(tmp_path / "c.toml", on_cluster(NOWHERE))
    done = call("build", config, "--root", tmp_path / "root")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == (
        f"error: runner.address {NOWHERE} does not answer (OSError): correct it, or run the same "
        "command when it does"
    )


class Machines:
    """What Dask's client answers for: the code of its scheduler and of each worker."""

    def __init__(self, scheduler: CodeVersion, **workers: CodeVersion) -> None:
        self.scheduler, self.workers = scheduler, workers

    def run_on_scheduler(self, function: object) -> CodeVersion:
        return self.scheduler

    def run(self, function: object) -> dict[str, CodeVersion]:
        return self.workers


def test_a_cluster_with_other_code_is_refused_before_its_first_job():
    same = code_version()
    other = same._replace(version="0.0.0")
    check_machines(Machines(same, one=same), NOWHERE)
    for client, name in ((Machines(other), "its scheduler"), (Machines(same, two=other), "two")):
        with pytest.raises(RuntimeError, match=f"has spatialthinker 0.0.0.* on {name}, and this"):
            check_machines(client, NOWHERE)


@pytest.mark.long
def test_machines_of_a_cluster_build_what_one_machine_builds(
    stored, tmp_path, monkeypatch, prefect_server
):
    monkeypatch.setenv("PREFECT_API_URL", server()["PREFECT_API_URL"])
    here = build(CONFIG, tmp_path / "alone")
    machines = [tmp_path / "one", tmp_path / "two"]
    with serving_dask(tmp_path, machines) as address:
        config = PipelineConfig.model_validate(on_cluster(address))
        dataset = run_build(config, stored)
        assert bytes_of(dataset) == bytes_of(here)
        roots = [machine / stored.relative_to(tmp_path / "here") for machine in machines]
        for root in roots:
            # Each has worked: its copy was made by a job.
            assert list(root.glob("artifacts/extract/*.took.json"))
        again = run_build(config, stored, again="verify")
        assert bytes_of(again) == bytes_of(here)
        file = save_config(tmp_path / "c.toml", on_cluster(address))
        store = f"s3://{(stored / '.store' / 'address').read_text().strip().removeprefix('s3://')}"
        assert build_from_file(str(file), root=store, announce=False) == str(dataset)


@pytest.mark.long
def test_machines_of_a_cluster_may_share_a_folder(tmp_path, monkeypatch, prefect_server):
    monkeypatch.setenv("PREFECT_API_URL", server()["PREFECT_API_URL"])
    monkeypatch.chdir(tmp_path)
    here = build(CONFIG, tmp_path / "alone")
    with serving_dask(tmp_path, [tmp_path / "one", tmp_path / "two"]) as address:
        config = PipelineConfig.model_validate(on_cluster(address))
        assert bytes_of(run_build(config, Path("shared"))) == bytes_of(here)
