"""A build whose questions a real language model writes and judges, behind a real server. What
it says is drawn anew each time: tested is what holds whatever it says."""

import json
import shutil
from pathlib import Path

import pytest

from schemas.claim import Category
from schemas.config.build import PipelineConfig
from tasks.chat.completion import read_completion
from tasks.chat.errors import ChatRefusedError
from tasks.chat.replies import open_replies
from tests.builds import build, bytes_of, config_of
from tests.flows.test_build_with_models import outcomes, planned_of
from tests.servers.llama import missing_packages, serve_llama

pytestmark = [
    pytest.mark.long,
    pytest.mark.real_model,
    pytest.mark.skipif(
        bool(missing_packages()),
        reason=f"not installed: {', '.join(missing_packages())} (make test-real-model)",
    ),
]
NUM_QUESTIONS = 10
"""Half a minute each for so small a model on one busy core, and as long to judge it."""
CHAT = {
    "model": "smollm2-135m",
    "price": None,
    "temperature": 0.7,
    "max_tokens": 160,
    "max_concurrent": 1,
    "timeout_seconds": 900.0,
}
"""One request at once, and time for each, so that a busy machine is no fault."""


OPTIONS = {"num_options": {category.value: 2 for category in Category}}
"""So small a model cannot keep four apart."""
WRITERS = {
    "model": {"max_image_side": 64, **OPTIONS},
    "template": {"writer": "template", "chat": None, **OPTIONS},
}


def config(url: str, writer: str) -> PipelineConfig:
    return config_of(
        url,
        chat=CHAT,
        write=WRITERS[writer],
        judge={"rule": "paper", "blind": "off", "max_image_side": 64},
        source={"kind": "rendered", "render": {"num_scenes": 6, "width": 400, "height": 300}},
        quota={
            "num_samples": NUM_QUESTIONS,
            "max_per_image": 2,
            "relation_share": 0.0,
            "oversample": 1.0,
        },
    )


def outcome(url: str, writer: str, root: Path) -> tuple[Path | None, str]:
    """The dataset, or why none is left of so small a model's questions."""
    try:
        return build(config(url, writer), root), ""
    except (ChatRefusedError, ValueError) as error:
        return None, str(error)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_real_model_writes_and_judges_questions(writer: str, tmp_path: Path) -> None:
    """What the model writes it judges, where it can be read; what templates write in any case."""
    root = tmp_path / "root"
    root.mkdir()
    with serve_llama(tmp_path) as url:
        dataset, why_none = outcome(url, writer, root)
    assert len(planned_of(root)) == NUM_QUESTIONS
    # It is told in one line, with the commonest reason and an example, where nothing is left.
    assert dataset or "no question is left" in why_none or "cannot be used" in why_none, why_none
    assert "\n" not in why_none

    with open_replies(f"sqlite:///{root / 'replies.sqlite'}").sql.engine.begin() as connection:
        bodies = connection.exec_driver_sql("SELECT raw FROM replies").scalars().all()
    assert len(bodies) >= NUM_QUESTIONS
    for raw in bodies:
        told, read = json.loads(raw)["usage"], read_completion(raw)
        assert read.usage.input_tokens == told["prompt_tokens"] > 100
        assert read.usage.output_tokens == told["completion_tokens"] > 0
        assert read.text.strip().startswith("{")  # the server enforces the form

    if dataset:
        assert sorted(outcomes(dataset)) == sorted(planned_of(root))
        # The server has gone: its replies suffice, and give the same bytes.
        known = bytes_of(dataset)
        for stage in ("write", "verify", "judge", "select", "validate"):
            shutil.rmtree(root / "artifacts" / stage)
        shutil.rmtree(root / "datasets")
        again, _ = outcome(url, writer, root)
        assert again and bytes_of(again) == known
