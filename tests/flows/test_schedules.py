"""Schedules: the server of the installed packages plans their runs."""

import time

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

from flows.build import build_from_file


@pytest.mark.usefixtures("prefect_server")
def test_a_server_plans_the_runs_of_a_schedule():
    nightly = build_from_file.to_deployment(
        name="nightly", parameters={"config": "configs/sample.toml"}, cron="0 2 * * *"
    )
    deployment = nightly.apply()
    chosen = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
    with get_client(sync_client=True) as client:
        try:
            deadline = time.monotonic() + 30  # the server looks every five seconds
            while not (planned := client.read_flow_runs(deployment_filter=chosen)):
                assert time.monotonic() < deadline, "the server plans no run"
                time.sleep(0.2)
        finally:
            client.delete_deployment(deployment)
    assert all(run.auto_scheduled for run in planned)
