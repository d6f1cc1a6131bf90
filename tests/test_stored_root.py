"""A root on an object store is one root for several machines, each with a copy of its own."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from flows.build import build_from_file, run_build
from flows.graph import stages_of
from schemas.config.build import PipelineConfig, load_config
from schemas.dataset_folder import check_dataset
from tasks import stored_root
from tasks.addresses import STORE, local_name, shared_name, store_of
from tasks.artifact import Artifact, state_of
from tasks.buckets import PlaceRefusedError, files_at, open_bucket
from tasks.root_files import SHARED, shared_files
from tasks.root_transfer import LOCK, bring, send
from tasks.stage import Build
from tasks.stored_root import in_step, open_root
from tests.builds import build, bytes_of, save_config, status_of, tree_of
from tests.commands import call, server, start
from tests.conftest import DRAWN
from tests.servers.s3 import serving_s3
from tests.stages import after

SECRET = "wJalrXUtnFEMIexampleSECRETexample"
TINY = DRAWN | {
    "name": "tiny",
    "images": "omit",
    "source": {"kind": "rendered", "render": {"num_scenes": 8, "width": 400, "height": 300}},
    "quota": {"num_samples": 8, "max_per_image": 6},
    "gates": {"min_quota_share": 0.0},
}


@pytest.fixture(scope="module")
def served() -> Iterator[None]:
    with serving_s3(SECRET):
        yield


@pytest.fixture
def address(served, request) -> str:
    """Of a root that is empty yet."""
    return f"s3://bucket/{request.node.name.translate(dict.fromkeys(map(ord, '[]/@?#: ')))}"


@pytest.fixture
def machines(address, tmp_path, monkeypatch) -> list[Path]:
    """The copies of the root on three machines, with nothing in them yet."""
    found = []
    for name in "abc":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))
        found.append(open_root(address))
    return found


@contextmanager
def at(root: Path) -> Iterator[None]:
    """Within the block commands run on the machine with this copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root.parents[2]))
        yield


def write(root: Path, **texts: str) -> None:
    """Files by their names, with _ for a slash and - for a dot."""
    for name, text in texts.items():
        place = root / name.replace("_", "/").replace("0", ".")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def shared(root: Path) -> dict[str, bytes]:
    return {name: (root / name).read_bytes() for name in shared_files(root)}


def put(address: str, name: str, text: str) -> None:
    """An object whose name the client does not correct."""
    files, prefix = open_bucket(address)
    bucket, _, key = f"{prefix}/{name}".partition("/")
    files.call_s3("put_object", Bucket=bucket, Key=key, Body=text.encode())


def fill(root: Path, drawn_dataset: Path) -> Path:
    """A copy of the root of the drawn dataset in a copy of the stored one; the dataset."""
    shutil.copytree(drawn_dataset.parents[2], root, dirs_exist_ok=True, symlinks=True)
    return root / drawn_dataset.relative_to(drawn_dataset.parents[2])


def test_what_one_machine_has_made_another_finds_complete(machines, drawn_dataset):
    first, second, _ = machines
    dataset = fill(first, drawn_dataset)
    (first / "damaged").mkdir()
    (first / "damaged" / "x").touch()
    number = send(first)
    assert bring(second) == number == len(shared(first))
    assert shared(second) == shared(first)
    assert not (second / "damaged").exists()
    config = PipelineConfig.model_validate(DRAWN)
    assert {one.state for one in status_of(config, second).values()} == {"complete"}
    there = second / dataset.relative_to(first)
    assert check_dataset(there) == check_dataset(dataset)
    assert (send(first), send(second), bring(first), bring(second)) == (0, 0, 0, 0)


def test_times_are_those_of_the_store(machines):
    first, second, _ = machines
    write(first, datasets_a_1_manifest0json="{}")
    send(first)
    bring(second)
    found = (second / "datasets" / "a" / "1" / "manifest.json").stat().st_mtime
    assert found == pytest.approx(time.time(), abs=60)
    assert found == int(found)


def test_commands_of_two_machines_see_each_other(machines, address, drawn_dataset):
    first, second, _ = machines
    dataset = fill(first, drawn_dataset)
    (dataset.parents[2] / "artifacts" / "plan" / "00.parquet").write_bytes(b"needed by nothing")
    send(first)
    with at(second):
        tagged = call("tag", "drawn", "approved", "--root", address)
    assert (tagged.returncode, tagged.stderr.splitlines()[-1]) == (0, f"{address}: 1 file sent")
    with at(first):
        assert "approved" in call("list", "--format", "json", "--root", address).stdout
        pruned = call("prune", "--delete", "--root", address)
        checked = call("check", address)
    assert pruned.returncode == 0 and "deleted" in pruned.stdout
    assert checked.returncode == 0 and "are what was written" in checked.stdout
    assert (second / "artifacts" / "plan" / "00.parquet").exists()
    with at(second):
        removed = call("tag", "drawn", "approved", "--remove", "--root", address)
    assert removed.returncode == 0
    assert not (second / "artifacts" / "plan" / "00.parquet").exists()
    with at(first):
        listed = call("list", "--format", "json", "--root", address)
    assert "approved" not in listed.stdout and "drawn" in listed.stdout


def test_what_a_machine_has_lost_is_brought_again_and_nothing_is_removed_for_it(machines):
    first, second, _ = machines
    write(first, reviews_a_ada0parquet="1", tags_a_x0json="2")
    send(first)
    (first / "reviews" / "a" / "ada.parquet").unlink()
    assert bring(first) == 1
    shutil.rmtree(first)
    assert send(first) == 0
    assert bring(second) == 2


def test_what_is_removed_here_is_removed_there_and_what_says_whole_first(machines, address):
    first, second, _ = machines
    write(first, datasets_a_1_manifest0json="{}", datasets_a_1_README0md="1", draws_a0json="1")
    send(first)
    bring(second)
    shutil.rmtree(first / "datasets" / "a" / "1")
    (first / "draws" / "a.json").unlink()
    send(first)
    (second / "datasets" / "a" / "1" / "README.md").write_text("written here since")
    (second / "draws" / "a.json").write_text("written here since")
    bring(second)
    assert set(shared(second)) == {"draws/a.json"}
    assert not (second / "datasets").exists()
    assert send(second) == 1
    assert bring(first) == 1
    assert (first / "draws" / "a.json").read_text() == "written here since"


def test_what_another_machine_makes_again_is_not_removed(machines, address):
    first, second, _ = machines
    write(first, tags_a_x0json="1")
    send(first)
    bring(second)
    (first / "tags" / "a" / "x.json").unlink()
    send(first)
    bring(second)
    write(first, tags_a_x0json="1")
    send(first)
    write(second, tags_a_y0json="1")
    send(second)
    assert files_in(address) == {"tags/a/x.json", "tags/a/y.json"}


def test_a_command_asks_the_store_when_no_other_of_this_machine_sends(machines, address):
    root = machines[0]
    with ThreadPoolExecutor(1) as thread:
        with (root / STORE / LOCK).open("w") as lock:
            flock(lock, LOCK_EX)
            brought = thread.submit(bring, root)
            time.sleep(0.3)
            put(address, "tags/a/x.json", "sent meanwhile")
        assert brought.result() == 1


def test_what_was_changed_on_both_sides_is_set_aside_here(machines):
    first, second, _ = machines
    write(first, tags_a_x0json="1")
    send(first)
    bring(second)
    write(first, tags_a_x0json="first", draws_a0json="equal")
    write(second, tags_a_x0json="second", draws_a0json="equal")
    send(first)
    bring(second)
    assert (second / "tags" / "a" / "x.json").read_text() == "first"
    assert bytes_of(second / "damaged") == {"x.json": b"second"}
    assert send(second) == 0


def test_what_is_damaged_here_is_not_sent_but_brought_again(machines, drawn_dataset):
    first, second, _ = machines
    dataset = fill(first, drawn_dataset)
    send(first)
    sound = shared(first)
    sample = next((dataset / "data").iterdir()).relative_to(first).as_posix()
    artifact = next(name for name in sound if name.endswith(".ledger.parquet"))
    seal = next(name for name in sound if name.startswith("artifacts/verify/") and "seal" in name)
    for name in (sample, artifact, seal, f"{dataset.relative_to(first)}/README.md"):
        (first / name).write_bytes(b"changed")
    assert send(first) == 1
    bring(second)
    changed = {f"{dataset.relative_to(first)}/README.md": b"changed"}
    assert shared(second) == sound | changed
    assert bring(first) == 3
    assert shared(first) == sound | changed
    assert set(bytes_of(first / "damaged").values()) == {b"changed"}


def test_what_lies_beside_a_root_in_its_bucket_is_left_there(machines, address):
    first = machines[0]
    put(address, "photographs/1.jpg", "1")
    put(address, "inner/artifacts/plan/0a.parquet", "1")
    put(address, "tags/a/x.json", "1")
    assert bring(first) == 1
    write(first, notes0txt="1")
    assert send(first) == 0
    assert files_in(address) >= {"photographs/1.jpg", "inner/artifacts/plan/0a.parquet"}


def test_the_folders_of_a_root_are_known(drawn_dataset):
    found = {path.name for path in drawn_dataset.parents[2].iterdir() if path.is_dir()}
    assert found <= set(SHARED)


def test_equal_addresses_on_other_servers_are_other_roots(machines, address, monkeypatch):
    with at(machines[0]):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        other = open_root(address)
    assert other != machines[0]
    assert store_of(other) == store_of(machines[0]) == address


def test_an_address_may_end_in_a_blank(machines, address):
    with at(machines[0]):
        assert store_of(open_root(f"{address}/a ")) == f"{address}/a "


@pytest.mark.parametrize("place", ["file", "file/below", "star*"])
def test_a_cache_that_cannot_be_used_is_named(address, place, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / place))
    done = call("list", "--root", address)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert done.stderr.endswith("name another folder with XDG_CACHE_HOME\n")
    assert f"{tmp_path / place}" in done.stderr


def test_parts_are_not_sent_and_not_brought(machines, address):
    first, second, _ = machines
    for number in (2, 4):
        write(first, **{f"runs_a_1_checkpoints_checkpoint-{number}_model0safetensors": "1"})
    write(first, **{"runs_a_1_checkpoints_checkpoint-2_trainer?state0json".replace("?", "-"): "1"})
    (first / "runs/a/1/checkpoints/checkpoint-2/trainer-state.json").rename(
        first / "runs/a/1/checkpoints/checkpoint-2/trainer_state.json"
    )
    assert send(first) == 2
    put(address, "models/a/1/config.json", "{}")
    put(address, "artifacts/plan/0a.parquet", "1")
    assert bring(second) == 3
    assert [path.name for path in (second / "runs/a/1/checkpoints").iterdir()] == ["checkpoint-2"]
    assert not (second / "models").exists()
    artifact = Artifact(second / "artifacts" / "plan" / "0a.parquet", "{}")
    assert state_of(artifact) == ("missing", "")


@pytest.mark.parametrize("name", ["../outside", "tags/../../outside", "/outside", "a//b"])
def test_a_name_that_leads_elsewhere_is_refused(machines, address, name, tmp_path):
    put(address, name, "1")
    with pytest.raises(PlaceRefusedError, match="is no name of a file below"):
        bring(machines[0])
    assert not list(tmp_path.rglob("outside"))
    with at(machines[0]):
        done = call("list", "--root", address)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_names_that_stand_for_folders_or_locks_are_left_there(machines, address):
    for name in ("tags/", "artifacts/plan/0a.parquet.lock", "replies.sqlite", ".store/address"):
        put(address, name, "")
    assert bring(machines[0]) == 0
    assert store_of(machines[0]) == address


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        (f"s3://key:{SECRET}@bucket/root", "keys are read from the environment, never from an"),
        (f"ftp://key:{SECRET}@host/root", "--root is an address of another kind than s3://"),
        (f"s3:/{SECRET}/root", "--root is an address of another kind than s3://"),
        ("hub:me/root", "--root is an address of another kind than s3://"),
        ("s3://", "s3:// is followed by something else than BUCKET/PREFIX"),
        ("s3://bucket/a/../b", "s3:// is followed by something else than BUCKET/PREFIX"),
        ("s3://..", "s3:// is followed by something else than BUCKET/PREFIX"),
        ("s3://bucket/a\nb", "s3:// is followed by something else than BUCKET/PREFIX"),
    ],
)
def test_an_address_that_is_none_is_one_line_without_keys(served, place, problem):
    done = call("list", "--root", place)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert problem in done.stderr
    assert SECRET not in done.stderr


def test_a_store_that_fails_ends_the_command_before_its_work(served, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done = call("build", "--root", "s3://elsewhere/root")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert done.stderr.startswith("error: s3://elsewhere/root failed (")
    assert SECRET not in done.stderr
    assert not list(tmp_path.rglob("artifacts"))


def test_what_a_command_could_not_send_the_next_one_sends(machines, monkeypatch):
    first, second, _ = machines
    failing = pytest.raises(RuntimeError, match=r"^s3://bucket/\S+ failed ")
    with monkeypatch.context() as patch, failing, in_step(first):
        write(first, tags_a_x0json="1")
        patch.setenv("AWS_ENDPOINT_URL", "no address")
    with in_step(first):
        pass
    assert bring(second) == 1


def test_a_command_that_fails_has_sent_what_it_made(machines):
    first, second, _ = machines
    with pytest.raises(KeyError), in_step(first):
        write(first, tags_a_x0json="1")
        raise KeyError
    assert bring(second) == 1


def test_while_a_command_works_what_it_made_is_sent_now_and_then(machines, monkeypatch):
    first, second, _ = machines
    monkeypatch.setattr(stored_root, "EVERY_SECONDS", 0.05)
    with in_step(first):
        write(first, tags_a_x0json="1")
        deadline = time.monotonic() + 10
        while not bring(second):
            assert time.monotonic() < deadline


def test_replies_of_models_are_not_kept_in_a_copy(machines, address, tmp_path):
    tree = tree_of("http://127.0.0.1:9/v1")
    config = save_config(tmp_path / "c.toml", tree)
    with at(machines[0]):
        for command in (("build",), ("plan", "--pilot", "2")):
            done = call(command[0], config, *command[1:], "--root", address)
            assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
            assert 'set replies = "postgresql://user@host/database"' in done.stderr
        models = [{"name": "one", "chat": tree["write"]["chat"]}]
        benchmarks = [{"name": "blink", "path": "miniature"}]
        asked = {"name": "e", "seed": 1, "models": models, "benchmarks": benchmarks}
        done = call("evaluate", save_config(tmp_path / "e.toml", asked), "--root", address)
        assert done.returncode == 2
        assert "what they cost would be lost with this machine" in done.stderr.splitlines()[-1]
    assert set(shared(machines[0])) == set()


def test_other_machines_know_what_is_in_the_copy_by_its_address(machines, address, tmp_path):
    first, second, _ = machines
    place = first / "datasets" / "a" / "1"
    assert shared_name(place) == f"{address}/datasets/a/1"
    assert local_name(shared_name(place), second) == str(second / "datasets" / "a" / "1")
    assert local_name("sample@approved", second) == "sample@approved"
    assert shared_name(tmp_path) == str(tmp_path)


def test_a_machine_that_is_lost_has_sent_the_jobs_that_it_finished(machines):
    first, second, _ = machines
    config = PipelineConfig.model_validate(TINY)
    stages = stages_of(config)[:5]
    made = after(Build(config, first), *stages).made
    bring(second)
    for stage in stages:
        for path in made[stage.name]:
            there = second / path.relative_to(first)
            assert state_of(Artifact(there, "{}")) == ("complete", "")


@pytest.mark.long
def test_a_build_has_the_bytes_of_one_in_a_folder_and_the_next_machine_does_nothing(
    machines, address, tmp_path, prefect_server
):
    first, second, third = machines
    here = build(PipelineConfig.model_validate(TINY | {"images": "embed"}), tmp_path / "here")
    config = save_config(tmp_path / "c.toml", TINY | {"images": "embed"})
    with at(first):
        done = call("build", config, "--root", address)
    assert done.returncode == 0, done.stderr
    dataset = Path(done.stdout.splitlines()[-1])
    assert dataset == first / here.relative_to(tmp_path / "here")
    assert bytes_of(dataset) == bytes_of(here)
    with at(second):
        again = call("build", config, "--root", address)
    assert again.stderr.count("already done") == len(stages_of(load_config(config)))
    assert again.stderr.count("s3://") == 1  # brought, and nothing was to be sent
    assert bytes_of(second / here.relative_to(tmp_path / "here")) == bytes_of(here)
    with at(third):
        assert build_from_file(str(config), root=address, announce=False) == str(
            third / here.relative_to(tmp_path / "here")
        )


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_after_a_signal_another_machine_goes_on(
    number, machines, address, tmp_path, prefect_server
):
    first, second, _ = machines
    config = save_config(tmp_path / "c.toml", TINY)
    cache = {"XDG_CACHE_HOME": str(first.parents[2])}
    with start("build", config, "--root", address, **cache) as process:
        while not list(first.glob("artifacts/select/*.seal.json")):
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
        stopped = time.monotonic()
        os.killpg(process.pid, number)
        output, errors = process.communicate()
    assert time.monotonic() - stopped < 5.5
    if number == signal.SIGTERM:
        assert (process.returncode, output) == (143, "")
        assert errors.splitlines()[-1].startswith("error: stopped: the same command goes on")
        assert shared(first).keys() <= files_in(address)
    with at(second):
        done = call("build", config, "--root", address)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("already done") >= len(stages_of(load_config(config))) - 3
    here = build(load_config(config), tmp_path / "here")
    assert bytes_of(Path(done.stdout.splitlines()[-1])) == bytes_of(here)


@pytest.mark.long
def test_jobs_in_processes_of_their_own_send_what_they_make(
    machines, address, prefect_server, monkeypatch
):
    monkeypatch.setenv("PREFECT_API_URL", server()["PREFECT_API_URL"])
    processes = {"runner": {"kind": "processes", "max_workers": 2}}
    run_build(PipelineConfig.model_validate(TINY | processes), machines[0])
    made = {name for name in shared(machines[0]) if name.startswith("artifacts/plan/")}
    assert made and made <= files_in(address)


@pytest.mark.long
def test_two_machines_that_build_at_once_both_end_well(machines, address, tmp_path, prefect_server):
    config = save_config(tmp_path / "c.toml", TINY)
    begun = [
        start("build", config, "--root", address, XDG_CACHE_HOME=str(root.parents[2]))
        for root in machines[:2]
    ]
    ended = [process.communicate() for process in begun]
    assert [process.returncode for process in begun] == [0, 0], ended
    datasets = [Path(output.splitlines()[-1]) for output, _ in ended]
    assert bytes_of(datasets[0]) == bytes_of(datasets[1])
    bring(machines[2])
    states = {one.state for one in status_of(load_config(config), machines[2]).values()}
    assert states == {"complete"}
    with at(machines[2]):
        assert call("check", address).returncode == 0


def files_in(address: str) -> set[str]:
    bucket = open_bucket(address)
    return set(files_at(bucket, bucket.prefix))
