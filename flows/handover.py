"""The handover: a published dataset in, the same files in a store out.

The same call after a crash sends what is missing.
"""

from pathlib import Path

from prefect import flow

from flows.announcing import announce_pushed
from flows.lineage import Data, open_lineage
from flows.naming import called_after_build
from flows.telling import telling
from schemas.dataset_folder import read_manifest
from tasks.push.dataset import Pushed, push
from tasks.push.store import open_store
from tasks.turns import using_root


def push_dataset(
    folder: Path, root: Path, to: str, announce: bool = False, is_public: bool = False
) -> Pushed:
    """What was sent. With `announce` the event is emitted that says where the dataset is."""
    with called_after_build(_push, read_manifest(folder)) as named:
        return named(folder, root, to, announce, is_public)


@flow(name="push")
@telling
def _push(folder: Path, root: Path, to: str, announce: bool, is_public: bool) -> Pushed:
    name = read_manifest(folder)["name"]
    dataset = Data(str(folder), folder.name)
    with (
        using_root(root),
        open_lineage().job(f"{name}.push", [dataset]) as step,
    ):
        pushed = push(folder, root, open_store(to, is_public=is_public), to)
        step.outputs.append(Data(to, folder.name))
    announce_pushed(folder, root, to, event=announce)
    return pushed
