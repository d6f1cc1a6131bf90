"""Events of a build say what each stage read and made, and end with how it ended."""

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows.build import run_build
from flows.graph import stages_of
from flows.handover import push_dataset
from flows.lineage import Data, open_lineage
from schemas.config.build import PipelineConfig
from tasks.artifact import read_seal, sealed_content
from tests.builds import manifest_of
from tests.conftest import DRAWN

pytest.importorskip("openlineage.client")
KEY = "collectorkeyEXAMPLE0123456789abcdef"


@dataclass
class Collector:
    events: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    status: int = 201
    url: str = ""

    def of(self, job: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["job"]["name"] == job]


@contextmanager
def collecting() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.keys.add(self.headers.get("Authorization"))
            found.events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def collector(monkeypatch) -> Iterator[Collector]:
    with collecting() as found:
        transport = {"type": "http", "url": found.url, "auth": {"type": "api_key", "apiKey": KEY}}
        transport |= {"retry": {"total": 0}, "compression": None}
        monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(transport))
        yield found


def names(entries: Sequence[dict[str, Any]]) -> list[str]:
    return [entry["name"] for entry in entries]


@pytest.mark.long
def test_each_stage_of_a_build_is_a_job_with_what_it_read_and_made(
    prefect_server, collector, tmp_path
):
    config = PipelineConfig.model_validate(DRAWN | {"name": "told"})
    dataset = run_build(config, tmp_path)
    stages = [stage.name for stage in stages_of(config)]
    assert [event["job"]["name"] for event in collector.events] == [
        "told", *(f"told.{stage}" for stage in stages for _ in range(2)), "told"
    ]  # fmt: skip
    assert all(
        [event["eventType"] for event in collector.of(f"told.{stage}")] == ["START", "COMPLETE"]
        for stage in stages
    )
    whole, _ = collector.of("told")
    parents = {
        event["run"]["facets"]["parent"]["run"]["runId"]
        for event in collector.events
        if "." in event["job"]["name"]
    }
    assert parents == {whole["run"]["runId"]}
    manifest = manifest_of(dataset)
    made = {stage: collector.of(f"told.{stage}")[1]["outputs"] for stage in stages}
    for stage, facts in manifest["stages"].items():
        (output,) = made[stage]
        assert output["name"] == f"{tmp_path}/artifacts/{stage}/{facts['recipe']}"
        assert output["facets"]["version"]["datasetVersion"] == facts["content"]
    (samples,) = made["select"]
    assert samples["outputFacets"]["outputStatistics"]["rowCount"] == manifest["num_samples"]
    assert names(made["publish"])[1:] == [str(dataset)]
    assert names(collector.of("told.select")[0]["inputs"]) == [
        output["name"]
        for stage in stages_of(config)[stages.index("select")].reads
        for output in made.get(stage, ())
    ]
    assert collector.keys == {f"Bearer {KEY}"}
    assert KEY not in json.dumps(collector.events)
    pushed = tmp_path / "to"
    push_dataset(dataset, tmp_path, str(pushed))
    (_, event) = collector.of("told.push")
    assert (names(event["inputs"]), names(event["outputs"])) == ([str(dataset)], [str(pushed)])


@pytest.mark.parametrize(
    ("raised", "kind", "told"),
    [
        (ValueError("no file\nand more"), "FAIL", "no file"),
        (RuntimeError(f"denied to {KEY}"), "FAIL", "denied to [key]"),
        (KeyboardInterrupt(), "ABORT", "KeyboardInterrupt"),
    ],
)
def test_a_job_that_does_not_end_well_says_so(collector, raised, kind, told, monkeypatch):
    monkeypatch.setenv("OPENLINEAGE_API_KEY", KEY)
    with pytest.raises(type(raised)), open_lineage().job("made.write", [Data("s3://b/k")]):
        raise raised
    _, ended = collector.events
    assert ended["eventType"] == kind
    assert ended["run"]["facets"]["errorMessage"]["message"] == told
    (read,) = ended["inputs"]
    assert (read["namespace"], read["name"]) == ("s3://b", "k")


def test_a_collector_that_refuses_ends_nothing(collector, caplog):
    collector.status = 503
    with open_lineage().job("made.write", []) as step:
        step.outputs.append(Data("there"))
    assert len(collector.events) == 1
    (line,) = [record.getMessage() for record in caplog.records if "lineage:" in record.msg]
    assert "this run sends no more" in line and KEY not in line and "\n" not in line


def test_a_collector_that_is_not_there_is_one_warning(monkeypatch, caplog):
    transport = {"type": "http", "url": "http://127.0.0.1:1", "retry": {"total": 2}}
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(transport))
    with open_lineage().job("made.write", []):
        pass
    (line,) = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert "the collector took no event of made.write" in line


@pytest.mark.parametrize(
    ("place", "namespace", "name"),
    [
        ("s3://bucket/a/b", "s3://bucket", "a/b"),
        ("gs://bucket", "gs://bucket", "/"),
        ("hub:me/name", "hub", "me/name"),
        ("/data/a:b", "file", "/data/a:b"),
        ("rows", "file", str(Path("rows").absolute())),
    ],
)
def test_places_are_named_by_the_conventions(place, namespace, name):
    assert Data(place).named == (namespace, name)


def test_artifacts_are_named_without_their_shards(drawn_dataset):
    from flows.lineage import data_of_artifact

    root = drawn_dataset.parents[2]
    paths = sorted((root / "artifacts" / "verify").glob("*-[0-9]*[0-9].parquet"))
    found = data_of_artifact(paths)
    assert found.place == str(paths[0]).rpartition("-0000000-")[0]
    assert found.version == sealed_content(paths)
    assert found.num_rows == sum(read_seal(path)["content"]["rows"] for path in paths)


def test_nothing_is_sent_unless_it_is_set_up(monkeypatch, collector):
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    with open_lineage().job("made", []) as step:
        assert step.parent is None
    monkeypatch.delenv("OPENLINEAGE_DISABLED")
    monkeypatch.delenv("OPENLINEAGE__TRANSPORT")
    assert open_lineage().client is None
    assert collector.events == []


def test_a_transport_that_is_none_is_one_line(monkeypatch):
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps({"type": "pigeon"}))
    with pytest.raises(ValueError, match=r"OPENLINEAGE_... is set to what its client does not"):
        open_lineage()
