"""Attending: where a model of transformers looks while it writes an answer.

The whole text goes through the model once more. Attention is computed as always, and besides, for
the tokens of the answer alone, as weights: those of all tokens would not fit into memory.
"""

from collections.abc import Callable, Sequence
from math import isqrt
from typing import Any

import torch
from torch import Tensor
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from evaluation.attention import Looked

WATCHING = "sdpa_watching_an_answer"
"""The name of the attention, in the registry of transformers."""


def look(model: Any, processor: Any, before: str, answer: str, image: Any) -> list[Looked]:
    """One entry per layer that has attention. `before` is the prompt, with one image, and the reply
    up to the answer. ValueError where the image's tokens are not as many as its cells."""
    whole = processor(text=[before + answer], images=[[image]], return_tensors="pt")
    ids = whole["input_ids"][0]
    begin = num_shared(
        ids.tolist(), list(processor(text=[before], images=[[image]])["input_ids"][0])
    )
    on_image = (ids == model.config.image_token_id).nonzero()[:, 0]
    shape = cells_of(whole, processor, len(on_image))
    # A token is written from the place before it.
    weights = _watched(model, whole.to(model.device), torch.arange(begin - 1, len(ids) - 1))
    looked = []
    for layer, over_tokens in sorted(weights.items()):
        seen = over_tokens[on_image].double()
        if not seen.sum() > 0:  # the image is outside the layer's window, or numbers overflowed
            continue
        spread = (seen / seen.sum()).reshape(shape).numpy()
        looked.append(Looked(layer, len(ids) - begin, float(seen.sum()), spread))
    return looked


def num_shared(one: Sequence[int], two: Sequence[int]) -> int:
    """How many tokens are the same from the first on: the last of a text may be another one where
    the text goes on."""
    pairs = zip(one, two, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(two)))


def cells_of(inputs: Any, processor: Any, num_tokens: int) -> tuple[int, int]:
    """Rows and columns of the tokens of one image, which are in order of rows."""
    if "image_grid_thw" in inputs:
        merged = int(processor.image_processor.merge_size)
        _, rows, columns = (int(side) for side in inputs["image_grid_thw"][0])
        shape = rows // merged, columns // merged
    else:
        shape = isqrt(num_tokens), isqrt(num_tokens)
    if shape[0] * shape[1] != num_tokens:
        raise ValueError(f"an image has {num_tokens} tokens for {shape[0]} x {shape[1]} cells")
    return shape


@torch.inference_mode()
def _watched(model: Any, inputs: Any, rows: Tensor) -> dict[int, Tensor]:
    """By layer, how the attention of these rows is spread over all tokens, as a mean over rows and
    heads, on the CPU."""
    found: dict[int, Tensor] = {}
    usual = model.config._attn_implementation
    ALL_ATTENTION_FUNCTIONS.register(WATCHING, _watching(rows.to(model.device), found))
    ALL_MASK_ATTENTION_FUNCTIONS.register(WATCHING, ALL_MASK_ATTENTION_FUNCTIONS["sdpa"])
    model.set_attn_implementation({"": usual, "text_config": WATCHING})
    try:
        model(**inputs, use_cache=False, logits_to_keep=1)
    finally:
        model.set_attn_implementation(usual)
    return found


def _watching(rows: Tensor, found: dict[int, Tensor]) -> Callable[..., tuple[Tensor, None]]:
    def attention(
        module: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None,
        **known: Any,
    ) -> tuple[Tensor, None]:
        weights = row_weights(module, query, key, attention_mask, known.get("scaling"), rows)
        found[module.layer_idx] = weights.mean(dim=(0, 1, 2)).cpu()
        usual: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, **known
        )
        return usual

    return attention


def row_weights(
    module: Any,
    query: Tensor,
    key: Tensor,
    mask: Tensor | None,
    scaling: float | None,
    rows: Tensor,
) -> Tensor:
    """Attention weights of some rows, of shape (batch, heads, rows, tokens). Without a mask, a
    token sees those up to itself."""
    keys: Tensor = repeat_kv(key, getattr(module, "num_key_value_groups", 1)).float()
    scores = query[:, :, rows].float() @ keys.transpose(2, 3)
    scores = scores * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    if mask is None:
        mask = torch.arange(key.shape[2], device=rows.device) <= rows[:, None]
    else:
        mask = mask[:, :, rows]
    is_kept = mask.dtype == torch.bool  # else it is added
    scores = scores.masked_fill(~mask, float("-inf")) if is_kept else scores + mask
    return scores.softmax(dim=-1)
