"""Tasks that are tried again, by real Prefect."""

from concurrent.futures.process import BrokenProcessPool

import pytest
from prefect import flow, task
from prefect.states import Failed

from flows import retrying
from flows.retrying import may_pass, retried
from flows.telling import telling
from schemas.config.build import PipelineConfig
from tasks.buckets import StoreFailedError
from tasks.stage import Build
from tests.conftest import DRAWN

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def deployed(monkeypatch):
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "00000000-0000-0000-0000-000000000001")
    monkeypatch.setattr(retrying, "RETRY_SECONDS", [0.01, 0.01])


def attempts(errors):
    """How often a task runs that raises these errors one after the other, and how it ends."""
    left, made = list(errors), []

    @task
    @telling
    def work():
        made.append(1)
        if left:
            raise left.pop(0)
        return "made"

    @flow
    def whole():
        return retried(work)(return_state=True).result(raise_on_failure=False)

    return whole(), len(made)


GONE = StoreFailedError("s3://data failed")


@pytest.mark.parametrize(
    ("errors", "end", "number"),
    [
        ([], "made", 1),
        ([GONE], "made", 2),
        ([GONE, BrokenProcessPool("killed")], "made", 3),
        ([GONE, GONE, GONE], GONE, 3),
        ([TimeoutError("slow")], "made", 2),
        ([error := ValueError("correct the file")], error, 1),
        ([GONE, error], error, 2),
        ([missing := FileNotFoundError("no file")], missing, 1),
    ],
)
def test_a_task_of_a_deployment_is_tried_again_after_what_may_pass(errors, end, number, deployed):
    assert attempts(errors) == (end, number)


def test_a_command_tells_its_error_at_once():
    assert attempts([GONE]) == (GONE, 1)


def test_stages_of_a_deployed_build_are_tried_again(deployed):
    from flows.build import _task
    from flows.graph import STAGES

    for stage in STAGES:
        work = _task(stage)
        assert (work.name, work.retries, work.retry_condition_fn) == (stage.name, 2, may_pass)
    assert may_pass(work, None, Failed(data=GONE))


@pytest.mark.parametrize(("errors", "end"), [([GONE], "read"), ([GONE, GONE, GONE], str(GONE))])
def test_the_files_of_a_deployments_build_are_fetched_again(
    errors, end, deployed, monkeypatch, tmp_path
):
    from flows import build

    source = {"kind": "gqa", "path": "s3://bucket/files"}
    config = PipelineConfig.model_validate(DRAWN | {"source": source})

    def with_local_files(given, root):
        assert given == config
        if errors:
            raise errors.pop()
        return given.model_copy(update={"name": "read"})

    monkeypatch.setattr(build, "with_local_files", with_local_files)

    @flow
    def whole():
        try:
            return build._run((), Build(config, tmp_path)).config.name
        except StoreFailedError as error:
            return str(error)

    assert whole() == end
