"""The miniature's policy in a real architecture: a tiny Qwen3-VL behind its own processor.

It sees the same pictures and writes the same tokens, so that warm-up and tests are those of the
miniature; GRPO goes through TRL.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast, Qwen3VLConfig, Qwen3VLForConditionalGeneration

from bench.miniature.policy import DEPTH, HEADS, WIDTH, curve
from bench.miniature.scenes import ANSWERS, PIXELS, SIDE, Floats, Kind, Scenes
from bench.miniature.tokens import COLORS, EDGE, KIND, PAD, VOCABULARY, questions
from training.families import qwen
from training.families.qwen3_vl import processor as make_processor

PATCH = 4
"""Pixels per side of a patch. Four patches are one token of the text model, which then shows what
a patch of the own policy shows."""
PER_SIDE = SIDE * PIXELS // PATCH
"""Patches per side of a picture."""
TEMPLATE = (
    "{% for part in messages[0].content %}{% if part.type == 'image' %}"
    f"{qwen.VISION_START}{qwen.IMAGE}{qwen.VISION_END}"
    "{% else %}{{ part.text }}{% endif %}{% endfor %}"
    "{% if messages[1:] %}{{ messages[1].content }}{% endif %}"
)
"""A picture and a question, and what is written: nothing else."""


@cache
def words() -> tuple[str, ...]:
    """Of each token of the miniature, by its number."""
    edges = [f"<{edge}>" for edge in range(SIDE + 1)]
    kinds = [f"<{kind.name.lower()}?>" for kind in Kind]
    return (*COLORS, *edges, *kinds, *ANSWERS, "<none>", "<answer>", qwen.END, qwen.PAD)


def make_tokenizer() -> PreTrainedTokenizerFast:
    """One token for each of the miniature, under its number, and behind them those of Qwen."""
    vocabulary = {word: number for number, word in enumerate(words())}
    vocabulary |= {
        word: VOCABULARY + place
        for place, word in enumerate(one for one in qwen.SPECIAL.tokens if one not in vocabulary)
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<none>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=qwen.END,
        pad_token=qwen.PAD,
        additional_special_tokens=list(qwen.SPECIAL.tokens),
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = TEMPLATE
    return wrapped


def question_text(scene: Scenes) -> str:
    """The question of one scene."""
    (asked,) = questions(scene).tolist()
    return " ".join(words()[token] for token in asked)


def images_of(pictures: Floats) -> list[Image.Image]:
    """Pictures of `paint` as a processor takes them."""
    levels = np.clip(np.rint((pictures + 0.5) * 255), 0, 255).astype(np.uint8)
    return [Image.fromarray(one) for one in levels]


class QwenPolicy(nn.Module):
    """As `Policy`: `room` is the most tokens of a completion."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.tokenizer = make_tokenizer()
        self.processor = make_processor(self.tokenizer, _image_processor())
        self.model = Qwen3VLForConditionalGeneration(_config(self.tokenizer))
        self._start()
        prompt = f"{qwen.VISION_START}{qwen.IMAGE}{qwen.VISION_END} red red red red"
        shown = images_of(np.zeros((1, SIDE * PIXELS, SIDE * PIXELS, 3), np.float32))
        known = self.processor(text=[prompt], images=shown, return_tensors="pt")
        self.prefix, self.grid = known["input_ids"], known["image_grid_thw"]
        self.types = known["mm_token_type_ids"]

    @torch.no_grad()
    def _start(self) -> None:
        """As in `Policy`, on smooth curves: edges of boxes, and places of patches."""
        edges = torch.arange(SIDE + 1) / SIDE
        self.model.get_input_embeddings().weight[EDGE:KIND] = curve(edges, WIDTH)
        self.model.lm_head.weight[EDGE:KIND] = curve(edges, WIDTH)
        places = self.model.model.visual.pos_embed.weight
        steps = (torch.arange(PER_SIDE) + 0.5) / PER_SIDE
        across, down = curve(steps, places.shape[1]), curve(steps, places.shape[1])
        places[:] = (across[None] + down[:, None]).flatten(0, 1)

    def forward(self, pictures: Tensor, questions: Tensor, completions: Tensor) -> Tensor:
        """Logits of each token of completions of shape (batch, length): (batch, length, size of the
        vocabulary), in which the miniature's tokens come first."""
        inputs = self.inputs(pictures, torch.cat([questions, completions[:, :-1]], 1))
        start = self.prefix.shape[1] - 1
        logits: Tensor = self.model(**inputs, use_cache=False).logits
        return logits[:, start:]

    @torch.no_grad()
    def write(
        self, pictures: Tensor, questions: Tensor, *, is_greedy: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Completions at temperature 1, or greedy, of shape (batch, length); their probabilities
        are not told."""
        inputs = self.inputs(pictures, questions)
        del inputs["position_ids"]
        found = self.model.generate(
            **inputs,
            mm_token_type_ids=self.types.expand(len(pictures), -1),
            max_new_tokens=self.room,
            do_sample=not is_greedy,
            **({} if is_greedy else {"temperature": 1.0, "top_p": 1.0, "top_k": 0}),
            suppress_tokens=self.never_written(),
        )[:, self.prefix.shape[1] :]
        return found, torch.zeros(found.shape)

    def never_written(self) -> list[int]:
        """Tokens that no completion holds: what fills a batch, and what stands for a picture."""
        return [PAD, *range(VOCABULARY, len(self.tokenizer))]

    def inputs(self, pictures: Tensor, tokens: Tensor) -> dict[str, Tensor]:
        """What the model is given for questions of shape (batch, 4) and what follows them."""
        size = len(tokens)
        images = self.processor.image_processor(images_of(pictures.numpy()), return_tensors="pt")
        start = self.prefix[:, :-4].expand(size, -1)
        ids = torch.cat([start, tokens], 1)
        types = torch.zeros_like(ids[:1])
        types[:, : self.prefix.shape[1]] = self.types
        places, _ = self.model.model.get_rope_index(ids[:1], types, self.grid)
        return {
            "input_ids": ids,
            "attention_mask": (ids != PAD).long().cummin(1).values,
            "position_ids": places.expand(3, size, -1),
            "pixel_values": images["pixel_values"],
            "image_grid_thw": images["image_grid_thw"],
        }

    def save(self, folder: Path) -> None:
        """For TRL, which loads the model from there."""
        self.model.save_pretrained(folder)
        self.processor.save_pretrained(folder)


def _image_processor() -> Any:
    images = qwen.new_image_processor(PATCH)
    area = (PER_SIDE * PATCH) ** 2
    images.size = {"shortest_edge": area, "longest_edge": area}
    return images


def _config(tokenizer: PreTrainedTokenizerFast) -> Qwen3VLConfig:
    return Qwen3VLConfig(
        text_config={
            **qwen.TINY_TEXT,
            "hidden_size": WIDTH,
            "intermediate_size": 3 * WIDTH,
            "num_hidden_layers": DEPTH,
            "num_attention_heads": HEADS,
            "num_key_value_heads": HEADS,
            "head_dim": WIDTH // HEADS,
            "rope_parameters": {
                **qwen.TINY_ROPE,
                "mrope_section": [4, 4, 4],
                "mrope_interleaved": True,
            },
            **qwen.text_ids(tokenizer),
        },
        vision_config={
            **qwen.TINY_VISION,
            "out_hidden_size": WIDTH,
            "patch_size": PATCH,
            "num_position_embeddings": PER_SIDE**2,
            "deepstack_visual_indexes": [0],
        },
        tie_word_embeddings=False,
        **qwen.special_ids(tokenizer),
    )
