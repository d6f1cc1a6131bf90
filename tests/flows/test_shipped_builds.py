"""The shipped configurations, on a few drawn scenes: what is built is what `plan` foretold."""

import re
from pathlib import Path

import pytest
import yaml

from schemas.config.build import load_config
from tasks.buckets import KEYS
from tests.builds import build, manifest_of, status_of
from tests.commands import REPOSITORY, call
from tests.servers.endpoint import serve
from tests.servers.models import Models

CONFIGS = sorted((REPOSITORY / "configs").glob("*.toml"))
SMALL = (
    "source.kind=rendered",
    "source.render={num_scenes=12, width=400, height=300}",
    "quota.num_samples=16",
    "quota.max_per_image=6",
)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_worker_of_compose_is_given_the_keys_that_a_configuration_asks_for(path: Path):
    worker = yaml.safe_load((REPOSITORY / "compose.yaml").read_text("utf-8"))["services"]["worker"]
    asked = {chat.api_key_env for chat in load_config(path).chats.values() if chat.api_key_env}
    assert asked | {*KEYS} <= worker["environment"].keys()


@pytest.mark.long
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_what_is_built_is_what_was_foretold(path: Path, prefect_server: None, tmp_path: Path):
    with serve(Models()) as endpoint:
        asked = load_config(path, SMALL).chats
        servers = [f"{section}.base_url={endpoint.url}" for section in asked]
        keys = [f"{section}.api_key_env=" for section in asked]
        config = load_config(path, (*SMALL, *servers, *keys))
        foretold = status_of(config, tmp_path)
        assert {entry.state for entry in foretold.values()} == {"missing", "waiting"}
        dataset = build(config, tmp_path)
    assert [*manifest_of(dataset)["stages"], "publish"] == list(foretold)
    built = status_of(config, tmp_path)
    assert {entry.state for entry in built.values()} == {"complete"}
    assert built["publish"].why == str(dataset)
    made = {path.name for path in (tmp_path / "artifacts").iterdir() if path.is_dir()}
    assert made >= set(foretold)


@pytest.mark.long
def test_the_question_of_the_readme_is_one_of_the_sample_dataset(tmp_path: Path):
    page = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (item,) = re.findall(r"`spatialthinker why (\S+) --dataset sample`", page)
    built = call("build", "configs/sample.toml", "--root", tmp_path)
    assert f"{re.findall('writes ([0-9]+) samples', page)[0]} samples (" in built.stdout
    told = call("why", item, "--dataset", "sample", "--root", tmp_path).stdout.splitlines()
    start = next(number for number, line in enumerate(told) if line.startswith(item))
    claim, evidence, question, *options = (line.split("  ")[-1] for line in told[start + 1 :][:5])
    for said in (claim, evidence.removesuffix(")"), question, *(o.strip("* ") for o in options)):
        assert said.strip() in page.replace("*", ""), said
