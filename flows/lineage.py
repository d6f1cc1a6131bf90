"""Lineage: OpenLineage events of builds, trainings, evaluations and pushes (openlineage.io).

Nothing is sent unless OpenLineage is set up as its own client reads it: OPENLINEAGE_URL,
OPENLINEAGE_CONFIG, or OPENLINEAGE__TRANSPORT__... in the environment. A stage is a job, NAME.STAGE,
its artifact a dataset of the namespace `file`, named by its path and without the shard; its version
is its content digest. A collector that does not answer ends no build: one warning, and no more
events of this run.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from schemas.printable import first_line, printable
from schemas.redaction import redacted, remember_key
from tasks.artifact import digest_of, read_seal, sealed_content

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import InputDataset, OutputDataset, Run, RunState

NAMESPACE = "spatialthinker"
"""Of jobs, unless OPENLINEAGE_NAMESPACE names another."""
PRODUCER = "https://pypi.org/project/spatialthinker"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Data:
    """`place` is a path or an address; `version` and `num_rows` are what is known of it."""

    place: str
    version: str = ""
    num_rows: int | None = None

    @property
    def named(self) -> tuple[str, str]:
        """Namespace and name: a bucket is a namespace, a local path is in `file`."""
        parts = urlsplit(self.place)
        if parts.scheme and parts.netloc:
            namespace = f"{parts.scheme}://{parts.netloc}"
            return namespace, parts.path.strip("/") or "/"
        if self.place.startswith("hub:"):
            return "hub", self.place.removeprefix("hub:")
        return "file", str(Path(self.place).expanduser().absolute())


def data_of_artifact(paths: Sequence[Path]) -> Data:
    """The shards of one stage."""
    rows = [read_seal(path)["content"]["rows"] for path in paths]
    place = paths[0].with_name(digest_of(paths[0]))
    return Data(str(place), sealed_content(paths), sum(rows))


@dataclass(frozen=True, slots=True)
class Parent:
    run_id: str
    namespace: str
    name: str


@dataclass(slots=True)
class Step:
    """A job that is under way: what it has made so far, and how jobs within it name it."""

    outputs: list[Data] = field(default_factory=list)
    parent: Parent | None = None


@dataclass(slots=True)
class Lineage:
    """Events of one run of the program; `client` is None where nothing is sent, or no more."""

    client: "OpenLineageClient | None" = None
    namespace: str = NAMESPACE

    @contextmanager
    def job(
        self, name: str, inputs: Sequence[Data], parent: Parent | None = None
    ) -> Iterator[Step]:
        """START at once, then COMPLETE, FAIL or ABORT. What the job makes is added to the step."""
        step = Step()
        if self.client is None:
            yield step
            return
        from openlineage.client.event_v2 import Run, RunState
        from openlineage.client.generated.error_message_run import ErrorMessageRunFacet
        from openlineage.client.uuid import generate_new_uuid

        run = Run(str(generate_new_uuid()), _run_facets(parent))
        step.parent = Parent(run.runId, self.namespace, name)
        self._emit(RunState.START, run, name, inputs, step)
        try:
            yield step
        except BaseException as error:
            told = redacted(printable(first_line(error)))
            run.facets = {
                **(run.facets or {}),
                "errorMessage": ErrorMessageRunFacet(told, "python"),
            }
            is_failure = isinstance(error, Exception)
            self._emit(RunState.FAIL if is_failure else RunState.ABORT, run, name, inputs, step)
            raise
        self._emit(RunState.COMPLETE, run, name, inputs, step)

    def _emit(
        self, state: "RunState", run: "Run", name: str, inputs: Sequence[Data], step: Step
    ) -> None:
        if self.client is None:
            return
        from openlineage.client.event_v2 import Job, RunEvent
        from openlineage.client.generated.job_type_job import JobTypeJobFacet

        kind = JobTypeJobFacet("BATCH", "SPATIALTHINKER", "TASK" if "." in name else "DAG")
        event = RunEvent(
            eventTime=datetime.now(UTC).isoformat(),
            producer=f"{PRODUCER}/{version('spatialthinker')}",
            eventType=state,
            run=run,
            job=Job(self.namespace, name, {"jobType": kind}),
            inputs=[_input(one) for one in inputs],
            outputs=[_output(one) for one in step.outputs],
        )
        try:
            self.client.emit(event)
        except Exception as error:  # a transport is anybody's class: HTTP, Kafka, one of a plugin
            self.client = None
            logger.warning(
                "lineage: the collector took no event of %s (%s: %s): this run sends no more; "
                "correct OPENLINEAGE_... or leave it out",
                name,
                type(error).__name__,
                redacted(printable(first_line(error))),
            )


def open_lineage() -> Lineage:
    """ValueError where OpenLineage is set up and its package is missing, or does not take what is
    set."""
    is_set = any(name.startswith("OPENLINEAGE") for name in os.environ)
    if not is_set or os.environ.get("OPENLINEAGE_DISABLED", "").lower() == "true":
        return Lineage()
    remember_key(os.environ.get("OPENLINEAGE_API_KEY", ""))
    # Each attempt at a collector that does not answer is a warning there; ours is the one that
    # says what to do.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    try:
        from openlineage.client import OpenLineageClient
    except ImportError:
        raise ValueError(
            "OPENLINEAGE_... is set, and its package is missing: pip install openlineage-python, "
            "or leave the variable out"
        ) from None
    try:
        client = OpenLineageClient()
    except Exception as error:  # the transport's own class reads its settings
        raise ValueError(
            f"OPENLINEAGE_... is set to what its client does not take "
            f"({redacted(printable(first_line(error)))}): correct it"
        ) from None
    return Lineage(client, os.environ.get("OPENLINEAGE_NAMESPACE", NAMESPACE))


def _run_facets(parent: Parent | None) -> dict[str, Any]:
    from openlineage.client.generated import parent_run

    if parent is None:
        return {}
    run, job = parent_run.Run(parent.run_id), parent_run.Job(parent.namespace, parent.name)
    return {"parent": parent_run.ParentRunFacet(run, job)}


def _facets(data: Data) -> dict[str, Any]:
    from openlineage.client.generated.dataset_version_dataset import DatasetVersionDatasetFacet

    return {"version": DatasetVersionDatasetFacet(data.version)} if data.version else {}


def _input(data: Data) -> "InputDataset":
    from openlineage.client.event_v2 import InputDataset

    return InputDataset(*data.named, facets=_facets(data))


def _output(data: Data) -> "OutputDataset":
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.generated.output_statistics_output_dataset import (
        OutputStatisticsOutputDatasetFacet,
    )

    counted = data.num_rows is not None
    statistics = {"outputStatistics": OutputStatisticsOutputDatasetFacet(data.num_rows)}
    found: dict[str, Any] = {**statistics} if counted else {}
    return OutputDataset(*data.named, facets=_facets(data), outputFacets=found)
