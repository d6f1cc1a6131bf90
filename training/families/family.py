"""Family: what training and local models must know of models that share an architecture.

How they see images and state boxes is in schemas.completion.families. Functions import transformers
when they are called: plans and estimates need none of it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.completion.families import FamilyName


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a model: `layers` of `width`; `hours` are the paper's for its training, None where the
    paper did not train it."""

    num_weights: float
    layers: int
    width: int
    vocabulary: int
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class Special:
    """Special tokens of a family's tokenizers: all of them in order, those that end a turn and fill
    a batch, and those for which its processor asks the tokenizer by a name of its own."""

    tokens: tuple[str, ...]
    end: str
    pad: str
    bos: str | None = None
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tiny:
    """The tiny model of a family: its configuration, for a tokenizer; its image processor; its chat
    template. `start` changes weights that are not random in the architecture's own start."""

    config: Callable[[Any], Any]
    images: Callable[[], Any]
    template: Callable[[], str]
    start: Callable[[Any], None] | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """`model_type`: as in a model's config.json. `size_in`: finds in a Hub id the size, by which
    `shapes` are known. `placeholders`: tokens that stand for pictures and videos in a prompt, which
    a model must never write. `lora_targets`: the modules that get adapters, as one pattern.
    `vision`: the modules that `model.freeze_vision` leaves as they are.

    `images`: the image processor of a folder or Hub id, for a range of pixels. `processor`: of a
    tokenizer and an image processor, without a video half. `reads_videos`: whether the family's
    own processor has one. `template`: a chat template in place of
    the model's own; None where that one writes completions as they are.
    """

    name: FamilyName
    title: str
    model_type: str
    size_in: re.Pattern[str]
    shapes: Mapping[str, Shape]
    special: Special
    placeholders: tuple[str, ...]
    lora_targets: str
    vision: tuple[str, ...]
    images: Callable[..., Any]
    processor: Callable[[Any, Any], Any]
    tiny: Tiny
    reads_videos: bool = False
    template: Callable[[], str] | None = None

    def shape_of(self, model: str) -> Shape | None:
        """The shape of a Hub id; None where it names no model of the family, or no known size."""
        found = self.size_in.search(model)
        return self.shapes.get(found[1].lower()) if found else None
