"""The card of a trained model: how it is to be asked."""

from typing import Any

import pytest

from schemas.config.frame import FrameConfig
from tasks.train.card import frame_told, use_told

BOUNDS = {"min_pixels": 3136, "max_pixels": 12544}


@pytest.mark.parametrize(
    ("settings", "frame", "use"),
    [
        (
            {"family": "qwen2.5-vl", **BOUNDS},
            "the model's own resized picture",
            "Resize pictures to multiples of 28 within 3,136 to 12,544 pixels. State the size that "
            "they then have: boxes are in these pixels.",
        ),
        (
            {"family": "qwen3-vl", **BOUNDS},
            "1000 by 1000 parts of the picture",
            "Resize pictures to multiples of 32 within 3,136 to 12,544 pixels. State 1000 x 1000, "
            "of whatever size the picture is: boxes are in these parts of its sides.",
        ),
        (
            {"family": "gemma-3"},
            "1000 by 1000 parts of the picture",
            "The processor resizes pictures to 896 x 896. State 1000 x 1000, of whatever size the "
            "picture is: boxes are in these parts of its sides.",
        ),
        (
            {"family": "qwen3-vl", "frame": "paper_compatible"},
            "the pixels of the file (as published)",
            "State the size of the file: boxes are in its pixels.",
        ),
    ],
)
def test_it_says_how_a_picture_is_shown_to_its_family(
    settings: dict[str, Any], frame: str, use: str
) -> None:
    config = FrameConfig.model_validate(settings)
    assert (frame_told(config), use_told(config)) == (frame, use)
