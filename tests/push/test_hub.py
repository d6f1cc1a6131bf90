"""A dataset arrives at the Hub through its real client: private, whole, and goes on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from schemas.dataset_folder import check_dataset
from tasks.push.dataset import MANIFEST, Pushed, push
from tasks.push.hub import Hub
from tasks.push.store import open_store
from tests.commands import call
from tests.push.test_push import contents
from tests.servers.hub_store import USER, HubStore, serving_hub

TOKEN = "hf_exampleEXAMPLEexampleEXAMPLE1234"


@pytest.fixture
def dataset(drawn_dataset, tmp_path) -> Path:
    root = shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)
    return root / drawn_dataset.relative_to(drawn_dataset.parents[2])


@pytest.fixture
def hub(monkeypatch) -> Iterator[HubStore]:
    with serving_hub(TOKEN) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # read when it is imported
        yield served


def sent(
    dataset: Path, to: str = "hub:drawn", *, batch: int = 50, is_public: bool = False
) -> Pushed:
    store = open_store(to, is_public=is_public)
    assert isinstance(store, Hub)
    return push(dataset, dataset.parents[2], Hub(store.given, is_public, batch), to)


def test_a_repository_is_private_and_holds_the_same_bytes(dataset, hub, tmp_path):
    whole = contents(dataset)
    assert sent(dataset) == Pushed(len(whole), 0)
    repository = hub.repositories[f"{USER}/drawn"]
    assert repository.is_private
    arrived = tmp_path / "arrived"
    for name, data in repository.files.items():
        (arrived / name).parent.mkdir(parents=True, exist_ok=True)
        (arrived / name).write_bytes(data)
    (arrived / ".gitattributes").unlink()
    assert contents(arrived) == whole
    assert check_dataset(arrived) == check_dataset(dataset)
    assert [len(commit) for commit in repository.commits] == [len(whole) - 1, 1]
    assert repository.commits[-1] == [MANIFEST]
    assert hub.cards == [(dataset / "README.md").read_text(encoding="utf-8")]
    assert sent(dataset) == Pushed(0, len(whole))
    assert len(repository.commits) == 2


def test_what_was_committed_or_uploaded_is_not_sent_again(dataset, hub):
    whole = contents(dataset)
    hub.room = 2
    with pytest.raises(
        RuntimeError, match=r"^hub:drawn failed .*429.* goes on from here"
    ) as failed:
        sent(dataset, batch=3)
    assert TOKEN not in str(failed.value)
    repository = hub.repositories[f"{USER}/drawn"]
    assert len(repository.files) == 1 + 2 * 3 and MANIFEST not in repository.files
    hub.room = 100
    assert sent(dataset, batch=3) == Pushed(len(whole) - 6, 6)
    assert len(hub.uploads) == len(set(hub.uploads)) > 2
    assert repository.files.keys() - {".gitattributes"} == whole.keys()


def test_what_does_not_arrive_whole_is_reported(dataset, hub):
    hub.spoils = "ledger.parquet"
    with pytest.raises(RuntimeError, match=r"^ledger.parquet did not arrive at hub:drawn"):
        sent(dataset)
    assert MANIFEST not in hub.repositories[f"{USER}/drawn"].files


def test_a_public_repository_is_asked_for(dataset, hub):
    sent(dataset, "hub:team/open", is_public=True)
    assert not hub.repositories["team/open"].is_private
    with pytest.raises(ValueError, match="hub:team/open is public: add --public"):
        sent(dataset, "hub:team/open")


@pytest.mark.long
def test_the_command_prints_the_address_and_no_token(dataset, hub):
    for told in (f"{len(contents(dataset))} files sent, 0 were there", "0 files sent"):
        done = call("push", dataset, "--to", "hub:drawn", "--root", dataset.parents[2])
        assert (done.returncode, done.stdout) == (0, "hub:drawn\n")
        assert told in done.stderr and TOKEN not in done.stderr


def test_without_a_right_token_it_is_one_line(dataset, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_another0000000000000000000000")
    with pytest.raises(RuntimeError, match=r"^hub:tilo/drawn failed \(\w+: .*401") as failed:
        sent(dataset, "hub:tilo/drawn")
    assert "hf_another" not in str(failed.value) and "\n" not in str(failed.value)
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(dataset / "none"))
    with pytest.raises(ValueError, match="hub: needs a token that may write: set HF_TOKEN"):
        open_store("hub:drawn")


def test_public_is_for_the_hub_alone(tmp_path):
    with pytest.raises(ValueError, match="--public is for hub: alone"):
        open_store(str(tmp_path), is_public=True)
