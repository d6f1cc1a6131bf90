"""Models that look at photographs: pipelines of `transformers`, never with code of a repository."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import transformers
from PIL.Image import Image

from schemas.config.witness import ModelConfig
from schemas.model_folder import why_not_loaded

TASKS = {"boxes": "zero-shot-object-detection", "depth": "depth-estimation"}


class Viewer:
    """A pipeline, loaded once. ValueError where it cannot be loaded."""

    def __init__(self, kind: str, config: ModelConfig) -> None:
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        device = config.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            self._pipeline: Any = transformers.pipeline(
                TASKS[kind],
                model=str(config.folder or config.name),
                revision=config.revision,
                device=device,
                trust_remote_code=False,
            )
        except MemoryError:  # of this machine: the model may be sound
            raise
        except Exception as error:  # of many kinds: damaged weights, what no package knows
            reason = why_not_loaded(error, config.name, config.revision)
            raise ValueError(f"the model {config.name} cannot be loaded: {reason}") from None
        self._batch_size = config.batch_size

    def boxes(
        self, images: Sequence[Image], classes: Sequence[str], min_score: float
    ) -> list[list[dict[str, Any]]]:
        """Per image `label`, `score`, and `box` (xmin, ymin, xmax, ymax in its pixels) of each
        thing found."""
        asked = [{"image": image, "candidate_labels": list(classes)} for image in images]
        return self._run(asked, [image.size for image in images], threshold=min_score)

    def depths(self, images: Sequence[Image]) -> list[npt.NDArray[np.float32]]:
        """Per image rows of the numbers that the model predicts."""
        found = self._run(images, [image.size for image in images])
        return [one["predicted_depth"].float().squeeze().cpu().numpy() for one in found]

    def _run(
        self, asked: Sequence[Any], sizes: Sequence[tuple[int, int]], **settings: Any
    ) -> list[Any]:
        """What the pipeline gives for each, in order. Only images of one size share a batch: many
        models keep the size, and pipelines stack what they are given."""
        found: dict[int, Any] = {}
        for size in sorted(set(sizes)):
            places = [place for place, own in enumerate(sizes) if own == size]
            batch = [asked[place] for place in places]
            with torch.inference_mode():
                seen = self._pipeline(batch, batch_size=self._batch_size, **settings)
            found |= dict(zip(places, seen, strict=True))
        return [found[place] for place in range(len(asked))]
