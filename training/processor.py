"""Processor: how text and images become what Qwen2.5-VL reads.

transformers always loads the video half of the processor, which needs torchvision. Videos are not
read here: where torchvision is missing, the processor is built without that half.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import transformers
from transformers import AutoTokenizer, PreTrainedTokenizerBase
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.processing_utils import ProcessorMixin

from schemas.completion.frames import MAX_PIXELS, MIN_PIXELS
from schemas.printable import first_line

IMAGE, VIDEO = "<|image_pad|>", "<|video_pad|>"  # Qwen2.5-VL's tokens that stand for them


class Qwen2_5_VLProcessor(transformers.Qwen2_5_VLProcessor):  # noqa: N801
    """Without videos. It has its parent's name: a saved folder names the class for others."""

    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        chat_template: str | None = None,
        **_: Any,
    ) -> None:
        self.image_token, self.video_token = IMAGE, VIDEO
        self.image_token_id = tokenizer.convert_tokens_to_ids(IMAGE)
        self.video_token_id = tokenizer.convert_tokens_to_ids(VIDEO)
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)


def load_processor(
    path: str | Path,
    *,
    min_pixels: int = MIN_PIXELS,
    max_pixels: int = MAX_PIXELS,
    revision: str | None = None,
) -> Any:
    """The processor of a folder or Hub id, which enlarges and shrinks images into that range of
    pixels, and pads on the left. ValueError, in one line, where it cannot be loaded."""
    size = {"shortest_edge": min_pixels, "longest_edge": max_pixels}
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, revision=revision, padding_side="left")
        if find_spec("torchvision"):
            processor = transformers.Qwen2_5_VLProcessor.from_pretrained(path, revision=revision)
            processor.tokenizer = tokenizer
            processor.image_processor.size = size
            return processor
        images = Qwen2VLImageProcessorPil.from_pretrained(path, revision=revision, size=size)
    except (OSError, ValueError, KeyError) as error:
        reason = first_line(error)
        raise ValueError(f"no processor at {path}: {reason}") from None
    return processor_of(tokenizer, images)


def processor_of(tokenizer: PreTrainedTokenizerBase, images: Qwen2VLImageProcessorPil) -> Any:
    return Qwen2_5_VLProcessor(images, tokenizer, chat_template=tokenizer.chat_template)


def num_text_tokens(processor: Any) -> Callable[[str], int]:
    """Counts the tokens of a conversation that has only this text, special tokens included."""
    empty = [{"role": "user", "content": ""}]
    frame = processor.apply_chat_template(empty, add_generation_prompt=True, tokenize=False)
    num_marks = len(processor.tokenizer(frame)["input_ids"]) + 2  # around the image

    def count(text: str) -> int:
        return len(processor.tokenizer(text)["input_ids"]) + num_marks

    return count
