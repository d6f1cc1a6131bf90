"""Local: a vision-language model of transformers on this machine, greedy, in batches."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
import transformers
from PIL.Image import Image
from transformers import AutoModelForImageTextToText

from evaluation.attending import look
from evaluation.attention import Looked
from schemas.model_folder import why_not_loaded
from schemas.refusal import what_helps

logger = logging.getLogger(__name__)


class Asked(NamedTuple):
    """`prompt` without its images, which come first."""

    prompt: str
    images: Sequence[Image]


class Written(NamedTuple):
    """`finish_reason` is `stop`, or `length` where the limit cut it off."""

    text: str
    finish_reason: str
    input_tokens: int
    output_tokens: int


class LocalModel:
    """A model, loaded once, with its processor (which pads on the left). It never writes the tokens
    of the ids `banned`."""

    def __init__(
        self,
        path: str | Path,
        processor: Any,
        *,
        revision: str | None,
        dtype: str,
        device: str,
        max_new_tokens: int,
        banned: Sequence[int] = (),
    ) -> None:
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self._processor = processor
        self._max_new_tokens = max_new_tokens
        self._banned = list(banned) or None
        try:
            model = AutoModelForImageTextToText.from_pretrained(
                path, revision=revision, dtype=dtype if device != "cpu" else "float32"
            )
        except Exception as error:  # of many kinds: damaged weights, what no package knows
            reason = why_not_loaded(error, path, revision)
            helps = what_helps(error, "get it again, or train it again")
            raise ValueError(f"the model {path} cannot be loaded ({reason}): {helps}") from None
        self._model = model.to(device).eval()

    def write(self, batch: Sequence[Asked]) -> list[Written]:
        """What the model writes, in order. Batches shrink where memory is too small; RuntimeError
        where it is too small for one item."""
        try:
            return self._write(batch)
        except torch.OutOfMemoryError:
            if len(batch) == 1:
                raise RuntimeError(
                    "the device has not enough memory for one item: lower max_pixels or "
                    "max_new_tokens, or choose a smaller model"
                ) from None
            logger.warning("out of memory with %d items at once: half as many", len(batch))
        torch.cuda.empty_cache()
        middle = len(batch) // 2
        return self.write(batch[:middle]) + self.write(batch[middle:])

    def look(self, asked: Asked, before: str, answer: str) -> list[Looked]:
        """Where it looks while it writes the answer, after what it wrote `before` that; of one
        image, by layer."""
        (image,) = asked.images
        return look(self._model, self._processor, self._chat(asked) + before, answer, image)

    def _write(self, batch: Sequence[Asked]) -> list[Written]:
        images = [list(asked.images) for asked in batch]
        inputs = self._processor(
            text=[self._chat(asked) for asked in batch],
            images=images if any(images) else None,
            padding=True,
            return_tensors="pt",
        ).to(self._model.device)
        with torch.inference_mode():
            whole = self._model.generate(
                **inputs,
                max_new_tokens=self._max_new_tokens,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                suppress_tokens=self._banned,
            )
        width = inputs["input_ids"].shape[1]
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        return [
            self._written(row[width:].tolist(), length)
            for row, length in zip(whole, lengths, strict=True)
        ]

    def _chat(self, asked: Asked) -> str:
        content = [{"type": "image"} for _ in asked.images]
        talk = [{"role": "user", "content": [*content, {"type": "text", "text": asked.prompt}]}]
        text: str = self._processor.apply_chat_template(
            talk, add_generation_prompt=True, tokenize=False
        )
        return text

    def _written(self, tokens: list[int], input_tokens: int) -> Written:
        ends = self._model.generation_config.eos_token_id
        stops = set(ends if isinstance(ends, list) else [ends])
        place = next((k for k, token in enumerate(tokens) if token in stops), None)
        text = self._processor.tokenizer.decode(
            tokens if place is None else tokens[:place], skip_special_tokens=True
        )
        number = len(tokens) if place is None else place + 1
        return Written(text, "length" if place is None else "stop", input_tokens, number)
