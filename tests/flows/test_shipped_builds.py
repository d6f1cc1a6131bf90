"""The shipped configurations, on a few drawn scenes: what is built is what `plan` foretold."""

from pathlib import Path

import pytest

from schemas.config.build import load_config
from tests.builds import build, manifest_of, status_of
from tests.commands import REPOSITORY
from tests.servers.endpoint import serve
from tests.servers.models import Models

CONFIGS = sorted((REPOSITORY / "configs").glob("*.toml"))
SMALL = (
    "source.kind=rendered",
    "source.render={num_scenes=12, width=400, height=300}",
    "quota.num_samples=16",
    "quota.max_per_image=6",
)


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
