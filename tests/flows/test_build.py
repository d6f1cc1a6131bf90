"""The whole build, with real Prefect, real Great Expectations and drawn photographs."""

import json
import re
import shutil
import time
from pathlib import Path

import polars as pl
import pytest

from flows.build import run_build
from flows.graph import stages_of
from schemas.config.build import PipelineConfig
from schemas.config.section import config_digest
from schemas.dataset_folder import sample_files
from schemas.sample import STVQA_COLUMNS
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.kinds import Trait
from tasks.artifact import Artifact, read_seal
from tasks.stage import Build
from tasks.writing import write_artifact
from tests.builds import build, bytes_of, samples_of, status_of
from tests.commands import call, start
from tests.stages import after


def config_of(**changes) -> PipelineConfig:
    tree = {
        "name": "tiny",
        "seed": 3,
        "images": "embed",
        "source": {"kind": "rendered", "render": {"num_scenes": 14, "width": 480, "height": 360}},
        "quota": {"num_samples": 64, "max_per_image": 6},
    }
    for key, value in changes.items():
        section = tree
        *parents, leaf = key.split("__")
        for parent in parents:
            section = section.setdefault(parent, {})
        section[leaf] = value
    return PipelineConfig.model_validate(tree)


def modified(root: Path) -> dict[str, int]:
    return {
        str(path): path.stat().st_mtime_ns
        for path in root.glob("artifacts/*/*")
        if path.name != "file_digests.json"
    }


@pytest.fixture(scope="module")
def built(prefect_server, tmp_path_factory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("built")
    return run_build(config_of(), root), root


def test_the_dataset_folder_is_complete(built):
    dataset, root = built
    assert dataset.parent == root / "datasets" / "tiny"
    names = {path.name for path in dataset.iterdir()}
    assert names == {
        "README.md",
        "manifest.json",
        "croissant.json",
        "ledger.parquet",
        "report.html",
        "usage.json",
        "__validation__",
        "data",
    }
    assert {path.name for path in (dataset / "data").iterdir()} == {
        "train-00000-of-00001.parquet",
        "val-00000-of-00001.parquet",
    }
    assert {path.name for path in (dataset / "__validation__").iterdir()} == {
        "validation.html",
        "results.json",
        "failing_rows.parquet",
    }
    manifest = json.loads((dataset / "manifest.json").read_text())
    assert manifest["num_samples"] == sum(manifest["splits"].values())
    assert manifest["digest"] == dataset.name
    assert str(root) not in (dataset / "manifest.json").read_text()


def test_load_dataset_reads_columns_and_shows_images(built, tmp_path):
    from datasets import load_dataset
    from PIL import Image

    dataset, _ = built
    loaded = load_dataset(str(dataset), cache_dir=str(tmp_path))
    assert set(loaded) == {"train", "val"}
    columns = loaded["train"].column_names
    assert columns[:2] == ["image_id", "images"]
    assert columns[2 : len(STVQA_COLUMNS) + 1] == STVQA_COLUMNS.names()[1:]
    row = loaded["train"][0]
    assert isinstance(row["images"][0], Image.Image)
    assert row["images"][0].size == (row["width"], row["height"]) == (480, 360)
    assert row["rating"] in range(1, 11)
    assert loaded["train"].features["rating"].dtype == "int32"


def test_photographs_are_the_original_bytes_stored_once(built):
    dataset, root = built
    (folder,) = (path for path in (root / "artifacts" / "render").iterdir() if path.is_dir())
    frame = pl.read_parquet(dataset / "data")
    for name, images in frame.select("photograph", "images").iter_rows():
        assert images[0]["bytes"] == (folder / "VG_100K" / name).read_bytes()
    unique = sum(
        (folder / "VG_100K" / name).stat().st_size for name in frame["photograph"].unique()
    )
    stored = sum(path.stat().st_size for path in sample_files(dataset))
    assert frame.height > 2 * frame["photograph"].n_unique()
    assert stored < unique + 400_000


@pytest.mark.long
def test_other_shards_and_workers_give_the_same_bytes(built, tmp_path):
    again = run_build(config_of(runner__shard_size=5, runner__max_workers=1), tmp_path)
    assert bytes_of(again) == bytes_of(built[0])


def test_a_second_run_does_nothing(built):
    dataset, root = built
    before = modified(root)
    assert build(config_of(), root) == dataset
    assert modified(root) == before


def test_a_changed_threshold_recomputes_what_depends_on_it(built, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(built[1], root)
    changed = config_of(proof__size_ratio=1.8)
    states = status_of(changed, root)
    assert {stage for stage, entry in states.items() if entry.state == "complete"} == {
        "render",
        "index",
        "ingest",
        "photographs",
    }
    assert states["extract"].why == "proof.size_ratio is 1.8, was 1.6"
    assert (states["plan"].state, states["plan"].why) == ("waiting", "for extract")
    before = modified(root)
    build(changed, root)
    made = {path.split("/")[-2] for path in modified(root).keys() - before.keys()}
    assert made == {"extract", "plan", "write", "verify", "select", "validate", "publish"}
    assert {path: modified(root)[path] for path in before} == before


def test_a_dataset_that_fails_its_checks_is_not_published(built, tmp_path):
    from tasks.stage import BuildFailedError

    root = tmp_path / "root"
    shutil.copytree(built[1], root)
    shutil.rmtree(root / "datasets")
    shutil.rmtree(root / "artifacts" / "validate")
    (samples,) = (
        path
        for path in (root / "artifacts" / "select").glob("*.parquet")
        if "ledger" not in path.name
    )
    broken = pl.read_parquet(samples).with_columns(answer_only=pl.lit("E"))
    recipe = json.dumps(read_seal(samples)["recipe"], sort_keys=True)
    ledger = pl.read_parquet(samples.with_suffix(".ledger.parquet"))
    write_artifact(broken, Artifact(samples, recipe), ledger)
    refused = pytest.raises(
        BuildFailedError, match=r"not published: answer.* see .*validation\.html"
    )
    with refused:
        build(config_of(), root)
    assert not (root / "datasets").exists()
    (page,) = root.glob("artifacts/validate/*/validation.html")
    assert config_digest(config_of()) in page.read_text(encoding="utf-8")
    other = config_of(ingest__max_bad_share=0.9)  # which leads to the same samples
    with refused:
        build(other, root)
    assert config_digest(other) in page.read_text(encoding="utf-8")


def states_of(config: PipelineConfig, root: Path) -> dict[str, str]:
    return {stage: entry.state for stage, entry in status_of(config, root).items()}


def stages_made(config: PipelineConfig, root: Path, again: str | None = None) -> set[str]:
    """The stages that wrote something in a build."""
    before = modified(root)
    if again:
        run_build(config, root, again)
    else:
        build(config, root)
    return {
        path.split("/")[-2] for path, when in modified(root).items() if before.get(path) != when
    }


def test_equal_content_cuts_a_rebuild_short(built, tmp_path):
    """A threshold that changes no scene: its stage runs, and the dataset says by which setting."""
    root = shutil.copytree(built[1], tmp_path / "root")
    changed = config_of(ingest__max_bad_share=0.9)
    assert states_of(changed, root)["ingest"] == "stale"
    assert stages_made(changed, root) == {"ingest", "photographs", "publish"}
    assert len(list((root / "datasets" / "tiny").iterdir())) == 2


@pytest.mark.long
def test_a_stage_is_made_again_with_all_that_read_it(built, tmp_path):
    root = shutil.copytree(built[1], tmp_path / "root")
    assert stages_made(config_of(), root, "verify") == {"verify", "select", "validate", "publish"}
    (dataset,) = (root / "datasets" / "tiny").iterdir()
    assert bytes_of(dataset) == bytes_of(built[0])


def test_there_is_no_again_of_a_stage_that_is_none(built):
    with pytest.raises(ValueError, match="no stage verfy: the stages are render, index"):
        run_build(config_of(), built[1], "verfy")


def cut_off(dataset: Path) -> None:
    (dataset / "data" / "val-00000-of-00001.parquet").write_bytes(b"PAR1")


def edited(dataset: Path) -> None:
    path = dataset / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"num_samples": 9}))


def joined_by_another(dataset: Path) -> None:
    shards = dataset / "data"
    shutil.copy(shards / "val-00000-of-00001.parquet", shards / "train-00001-of-00002.parquet")


@pytest.mark.parametrize("damage", [cut_off, edited, joined_by_another])
def test_a_damaged_dataset_is_set_aside_and_published_again(damage, built, tmp_path):
    root = shutil.copytree(built[1], tmp_path / "root")
    (dataset,) = (root / "datasets" / "tiny").iterdir()
    damage(dataset)
    assert states_of(config_of(), root)["publish"] == "damaged"
    assert stages_made(config_of(), root) == {"publish"}
    assert bytes_of(dataset) == bytes_of(built[0])
    assert (root / "damaged" / dataset.name).is_dir()


def test_damaged_artifacts_are_made_again_and_nothing_else(built, tmp_path):
    root = shutil.copytree(built[1], tmp_path / "root")
    damaged = {"ingest", "plan", "select", "validate"}
    for stage in damaged:
        min((root / "artifacts" / stage).rglob("*.parquet")).write_bytes(b"PAR1")
    states = states_of(config_of(), root)
    assert {name for name, state in states.items() if state == "damaged"} == damaged
    assert stages_made(config_of(), root) == damaged
    assert set(states_of(config_of(), root).values()) == {"complete"}


def real(kind: str, folder: Path) -> PipelineConfig:
    return config_of(
        images="omit",
        source={"kind": kind, "path": str(folder)},
        quota={"num_samples": 320, "max_per_image": 8},
        gates={"min_quota_share": 0.0},
    )


def test_real_annotations_become_a_dataset(visual_genome, tmp_path):
    samples = samples_of(build(real("visual-genome", visual_genome / "v1.2"), tmp_path))
    assert samples.height >= 35
    assert "images" not in samples.columns


OWN_FOLDER = (
    "spatialthinker build --set name=mine --set source.kind=visual-genome --set source.path=FOLDER "
    "--set source.own_licence=other --set images=omit --set quota.num_samples=40 "
    "--set gates.min_quota_share=0"
)
"""Of docs/data.md."""


def test_a_folder_of_ones_own_needs_objects_only(tmp_path):
    places = {"dog": (20, 200, 200, 250), "couch": (300, 150, 500, 350)}
    things = [
        {"object_id": number, "names": [name], **dict(zip("xywh", place, strict=True))}
        for number, (name, place) in enumerate(places.items())
    ]
    rows = [{"image_id": 1, "objects": things}]
    (tmp_path / "objects.json").write_text(json.dumps(rows), encoding="utf-8")
    _, *words = OWN_FOLDER.replace("FOLDER", str(tmp_path)).split()
    done = call(*words, "--root", tmp_path / "root")
    assert done.returncode == 0, done.stderr
    dataset = Path(done.stdout.splitlines()[-1])
    assert samples_of(dataset).height >= 1
    report = (dataset / "report.html").read_text(encoding="utf-8")
    tables, _ = report.split('id="data"')
    assert "<summary>Before there are questions: ingest</summary>" in tables
    assert "photographs" not in re.sub(r"<(script|style).*?</\1>", "", tables, flags=re.DOTALL)
    card = (dataset / "README.md").read_text(encoding="utf-8")
    assert "license: other" in card
    assert "Annotations: of those who built this dataset." in card
    assert "visual-genome\n" not in card
    croissant = json.loads((dataset / "croissant.json").read_bytes())
    assert croissant["license"] == "Annotations: of those who built this dataset."


@pytest.mark.parametrize(
    ("source", "minimum"),
    [
        ("visual-genome:v1.2", 35),
        ("visual-genome:v1.0", 20),
        ("visual-genome:v1.4", 15),
        ("vg150:vg150", 30),
        ("gqa:gqa", 25),
    ],
)
def test_real_annotations_become_samples(source, minimum, visual_genome, tmp_path):
    kind, _, folder = source.partition(":")
    config = real(kind, visual_genome / folder)
    stages = [stage for stage in stages_of(config) if stage.name not in ("validate", "publish")]
    (samples,) = after(Build(config, tmp_path), *stages).made["select"]
    assert pl.read_parquet(samples).height >= minimum
    if kind == "vg150":
        check_that_only_landmarks_are_absent(tmp_path)


def check_that_only_landmarks_are_absent(root: Path) -> None:
    """VG150 calls nothing absent that its annotators did not look for: image 1 shows a parking
    meter, which is none of its names."""
    (verified,) = root.glob("artifacts/verify/*.parquet")
    claims = [json.loads(text) for text in pl.read_parquet(verified)["claim"]]
    absent = {claim["class_name"] for claim in claims if claim.get("present") is False}
    assert absent and absent <= load_vocabulary().traits[Trait.VG150]


def test_photographs_must_be_there_unless_they_are_omitted(visual_genome, tmp_path):
    config = config_of(source={"kind": "vg150", "path": str(visual_genome / "vg150")})
    with pytest.raises(FileNotFoundError, match='images = "omit"'):
        build(config, tmp_path)


SETTINGS = (
    "--set=name=tiny",
    "--set=seed=3",
    "--set=source.render={num_scenes=14, width=480, height=360}",
    "--set=quota={num_samples=64, max_per_image=6}",
)


@pytest.mark.long
def test_a_killed_build_goes_on_to_the_same_bytes(built, tmp_path):
    """kill -9 as soon as a stage has written something; the same command then ends the work."""
    with start("build", "--root", tmp_path, *SETTINGS) as process:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("artifacts/extract/*")):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.005)
        process.kill()
    done = modified(tmp_path)
    sealed = {path.removesuffix(".seal.json") for path in done if path.endswith(".seal.json")}
    finished = {path: when for path, when in done.items() if path.split(".")[0] in sealed}
    result = call("build", "--root", tmp_path, *SETTINGS)
    assert (result.returncode, result.stderr.count("Traceback")) == (0, 0), result.stderr
    after = modified(tmp_path)
    assert finished and {path: after[path] for path in finished} == finished
    assert not [path for path in after if ".partial-" in path]
    (dataset,) = (tmp_path / "datasets" / "tiny").iterdir()
    assert bytes_of(dataset) == bytes_of(built[0])
    lines = result.stdout.splitlines()
    assert lines[-1] == str(dataset)
    assert "Funnel" in result.stdout and "relation" in result.stdout
    assert "already done" in result.stderr
    assert "\x1b" not in result.stdout + result.stderr


@pytest.mark.long
def test_what_kills_before_the_seals_leave_is_made_again(built, tmp_path):
    """The files of stages without their seals, half of them under a partial name as well."""
    root = shutil.copytree(built[1], tmp_path / "root")
    killed = {"render", "ingest", "extract", "plan", "select", "validate"}
    for stage in killed:
        folder = root / "artifacts" / stage
        for seal in folder.glob("*.seal.json"):
            seal.unlink()
        for path in sorted(folder.iterdir()):
            half = path.with_name(f"{path.name}.partial-0123abcd")
            half.write_bytes(path.read_bytes()[:100]) if path.is_file() else half.mkdir()
    states = states_of(config_of(), root)
    assert states["render"] == "missing"
    assert {states[stage] for stage in killed - {"render"}} == {"waiting"}
    assert killed <= stages_made(config_of(), root)
    assert not list(root.rglob("*.partial-*"))
    (dataset,) = (root / "datasets" / "tiny").iterdir()
    assert bytes_of(dataset) == bytes_of(built[0])
