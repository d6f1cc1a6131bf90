"""Announcing: a dataset or a model is reported to Prefect, at least once.

A record below the root says what has been told. It is written afterwards: a command that was killed
in between reports it again when it is run again. Artifacts have the same key for every build of a
name, so that Prefect shows their history.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import polars as pl
from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import get_client
from prefect.events import Event, Resource
from prefect.events.clients import get_events_client
from prefect.events.related import related_resources_from_run_context
from prefect.utilities.asyncutils import run_coro_as_sync

from flows.keys import artifact_key
from flows.naming import called_after_build
from schemas.dataset_folder import VALIDATION, check_dataset, read_manifest
from schemas.model_folder import read_training
from schemas.replacing import replacing
from tasks.addresses import shared_name
from tasks.publish.card import cost_rows
from tasks.publish.funnel import FUNNEL, by_reason
from tasks.turns import in_turn
from tasks.validate.results import counted, is_blocking, results_of

PUBLISHED = "spatialthinker.dataset.published"
REJECTED = "spatialthinker.dataset.rejected"
PUSHED = "spatialthinker.dataset.pushed"
TRAINED = "spatialthinker.model.trained"
AGAIN = {PUBLISHED: "run spatialthinker announce"}
"""What sends an event once more, where it is not the command that failed to."""
ATTEMPTS = 3
"""Of sending an event: a connection that breaks is opened anew at once."""
MAX_SHOWN = 20
"""Failing checks in an artifact: Prefect's page shows so many at once."""
FOR_THE_HUB = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
PICTURES = re.compile(r"^!\[.*\]\(.*\)\n+", re.MULTILINE)
Kind = Literal["dataset", "model", "pushed"]


def announce_dataset(folder: Path, root: Path, *, event: bool, again: bool = False) -> None:
    """Tell Prefect of a published dataset by artifacts and, with `event`, by the event that
    training awaits; what was told before only with `again`. ValueError where the folder is not as
    it was published."""
    with _untold("dataset", folder, root, _wanted(event), again=again) as told:
        if told is None:
            return
        manifest = check_dataset(folder)
        # Again with the event: what a command told before, it may have told a server of its own.
        _dataset_artifacts(manifest, folder)
        _tell("dataset", folder, root, told := told | {"artifacts"})
        if event:
            payload = {"path": shared_name(folder), "samples": manifest["num_samples"]}
            _emit(PUBLISHED, f"spatialthinker.dataset.{manifest['name']}", payload)
            _tell("dataset", folder, root, told | {"event"})


def announce_again(folder: Path, root: Path) -> None:
    """Report to Prefect once more all that the publication of a dataset reported, in a flow run of
    its own that is called after the build's."""
    with called_after_build(_announce, read_manifest(folder)) as named:
        named(folder, root)


@flow(name="announce")
def _announce(folder: Path, root: Path) -> None:
    announce_dataset(folder, root, event=True, again=True)


def announce_pushed(folder: Path, root: Path, to: str, *, event: bool) -> None:
    """Tell Prefect, with `event`, that a dataset has arrived at an address; once for each."""
    with _untold("pushed", folder, root, {to} if event else set()) as told:
        if told is None:
            return
        manifest = read_manifest(folder)
        payload = {"path": shared_name(folder), "to": to, "digest": manifest["digest"]}
        _emit(PUSHED, f"spatialthinker.dataset.{manifest['name']}", payload)
        _tell("pushed", folder, root, told | {to})


def announce_model(folder: Path, root: Path, *, event: bool, again: bool = False) -> None:
    """As `announce_dataset`, of a trained model and the event that evaluation awaits. ValueError
    where it does not say how it was trained."""
    with _untold("model", folder, root, _wanted(event), again=again) as told:
        if told is None:
            return
        name = read_training(folder)["name"]
        create_markdown_artifact(
            key=artifact_key("model", name),
            markdown=_shown((folder / "README.md").read_text(encoding="utf-8")),
            description=_about("Model", name, folder.name, folder),
        )
        _tell("model", folder, root, told := told | {"artifacts"})
        if event:
            payload = {"path": shared_name(folder), "name": name}
            _emit(TRAINED, f"spatialthinker.model.{name}", payload)
            _tell("model", folder, root, told | {"event"})


def _shown(card: str) -> str:
    """A card without what Prefect's page cannot show: what stands above it for the Hub, and the
    pictures beside it."""
    return PICTURES.sub("", FOR_THE_HUB.sub("", card))


def announce_rejection(name: str, validation: Path, *, event: bool) -> None:
    """Tell Prefect which checks of a dataset failed, with an example of each."""
    failing = [entry for entry in results_of(validation)["expectations"] if is_blocking(entry)]
    rows = [
        {
            "check": entry["name"],
            "example": entry["error"] or next((e["value"] for e in entry["examples"]), ""),
            "sample": next((e["question_id"] for e in entry["examples"]), ""),
            "failing": counted(entry),
            "what": entry["description"],  # last: Prefect's page is not wide enough for all
        }
        for entry in failing
    ]
    report = validation / "validation.html"
    create_table_artifact(
        key=artifact_key("failed-checks", name),
        table=rows[:MAX_SHOWN],
        description=f"**{name} is not published:** {_failing(len(rows))}. All of them and their "
        f"rows: `{shared_name(report)}`",
    )
    if event:
        payload = {"report": shared_name(report), "checks": [entry["name"] for entry in failing]}
        _emit(REJECTED, f"spatialthinker.dataset.{name}", payload)


def _failing(number: int) -> str:
    return "1 check fails" if number == 1 else f"{number} checks fail"


def announce_scores(name: str, scores: Iterable[Mapping[str, Any]], folder: Path) -> None:
    create_table_artifact(
        key=artifact_key("scores", name),
        table=[dict(row) for row in scores],
        description=_about("Scores", name, folder.name, folder),
    )


def _dataset_artifacts(manifest: Mapping[str, Any], folder: Path) -> None:
    name, digest = manifest["name"], manifest["digest"]
    funnel = by_reason(pl.DataFrame(manifest["funnel"], schema=FUNNEL)).to_dicts()
    tables = {
        "Funnel": funnel,
        "Quotas": manifest["quotas"],
        "Costs": cost_rows(manifest) if manifest["costs"] else [],
        "Verdicts": manifest["judging"]["verdicts"] if manifest["judging"] else [],
    }
    for title, table in tables.items():
        if table:
            create_table_artifact(
                key=artifact_key(title, name),
                table=table,
                description=_about(title, name, digest, folder),
            )
    results = results_of(folder / VALIDATION)
    failed = [entry for entry in results["expectations"] if entry["status"] != "passed"]
    lines = [
        f"- {entry['severity']}: {entry['description']} ({counted(entry)})" for entry in failed
    ]
    summary = f"{results['num_expectations']} checks on {results['num_rows']:,} samples.\n\n"
    create_markdown_artifact(
        key=artifact_key("checks", name),
        markdown=summary + ("\n".join(lines) or "All of them passed."),
        description=_about("Validation", name, digest, folder),
    )


def _about(title: str, name: str, digest: str, folder: Path) -> str:
    """Which build an artifact is about, in Markdown."""
    return f"**{title}** of {name} `{digest}`, in `{shared_name(folder)}`"


def _emit(event: str, resource: str, payload: dict[str, Any]) -> None:
    """Returns when Prefect has the event. RuntimeError where it does not take it: Prefect's own
    worker would only log that, and what awaits the event would never start."""
    try:
        run_coro_as_sync(_send(event, resource, payload))
    except Exception as error:  # Prefect's client raises Exception itself, too
        raise RuntimeError(
            f"Prefect did not take the event {event} of {resource} ({error}): it comes through a "
            "websocket, which a proxy in front of the server has to let through; then "
            + AGAIN.get(event, "run the same command")
        ) from None


async def _send(event: str, resource: str, payload: dict[str, Any]) -> None:
    async with get_client() as api:
        related = await related_resources_from_run_context(api)
    about = Resource({"prefect.resource.id": resource})
    async with get_events_client(ATTEMPTS - 1, checkpoint_every=1) as events:
        await events.emit(Event(event=event, resource=about, related=related, payload=payload))


def _record(kind: Kind, folder: Path, root: Path) -> Path:
    return root / "artifacts" / "announced" / f"{kind}-{folder.parent.name}-{folder.name}.json"


def _wanted(event: bool) -> set[str]:
    return {"artifacts", "event"} if event else {"artifacts"}


@contextmanager
def _untold(
    kind: Kind, folder: Path, root: Path, wanted: set[str], *, again: bool = False
) -> Iterator[set[str] | None]:
    """What has been told already, while no other command tells; None where all that is wanted has
    been."""
    if not again and _told(kind, folder, root) >= wanted:
        yield None  # also where nothing can be written
        return
    with in_turn(_record(kind, folder, root)):
        told = set() if again else _told(kind, folder, root)
        yield None if told >= wanted else told


def _told(kind: Kind, folder: Path, root: Path) -> set[str]:
    try:
        return set(json.loads(_record(kind, folder, root).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return set()


def _tell(kind: Kind, folder: Path, root: Path, told: set[str]) -> None:
    path = _record(kind, folder, root)
    with replacing(path) as partial:
        partial.write_text(json.dumps(sorted(told)) + "\n", encoding="utf-8")
