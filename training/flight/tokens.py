"""What is wrong with the tokens of a training: what a processor makes of its samples.

Each check takes the trainer and some of its samples and raises a ValueError that says what is
wrong.
"""

from typing import Any, NamedTuple

from PIL.Image import Image


class Sample(NamedTuple):
    """`num_tokens`: how many stand for the image, by the family's rule."""

    name: str
    text: str
    demonstration: str
    image: Image
    num_tokens: int

    def talk(self, *, answered: bool = False) -> list[dict[str, Any]]:
        content = [{"type": "image", "image": self.image}, {"type": "text", "text": self.text}]
        asked = [{"role": "user", "content": content}]
        if not answered:
            return asked
        reply = [{"type": "text", "text": self.demonstration}]
        return [*asked, {"role": "assistant", "content": reply}]


def prompt_of(processor: Any, sample: Sample) -> str:
    text: str = processor.apply_chat_template(
        sample.talk(), add_generation_prompt=True, tokenize=False
    )
    return text


def check_template(trainer: Any, samples: list[Sample]) -> str:
    processor = trainer.processing_class
    for sample in samples:
        prompt = prompt_of(processor, sample)
        whole = processor.apply_chat_template(sample.talk(answered=True), tokenize=False)
        if not whole.startswith(prompt + sample.demonstration):
            raise ValueError(
                f"template: the chat template changes the completion of sample {sample.name}: it "
                f"becomes {whole[len(prompt) :][:60]!r}, not {sample.demonstration[:60]!r}: give "
                "the family a template of its own (docs/extending.md)"
            )
    return "completions are taught as they are written"


def check_tokens(trainer: Any, samples: list[Sample]) -> str:
    """Tokens that stand for an image, its features, and what the family's rule counts are equal."""
    processor, model = trainer.processing_class, trainer.accelerator.unwrap_model(trainer.model)
    image_id = model.config.image_token_id
    for sample in samples:
        made = processor(
            text=[prompt_of(processor, sample)], images=[[sample.image]], return_tensors="pt"
        )
        tokens = made["input_ids"][0].tolist().count(image_id)
        features = num_features(processor, made)
        if not tokens == features == sample.num_tokens:
            raise ValueError(
                f"tokens: the prompt of sample {sample.name} has {tokens} image tokens, its image "
                f"{features} features, and the family's rule counts {sample.num_tokens}: the "
                "processor resizes otherwise than data.family, data.min_pixels and data.max_pixels"
            )
    return f"up to {max(sample.num_tokens for sample in samples)} tokens per picture"


def num_features(processor: Any, made: Any) -> int:
    """Of all images of a batch."""
    if "image_grid_thw" in made:
        patches = int(made["image_grid_thw"].prod(dim=-1).sum())
        return patches // int(processor.image_processor.merge_size) ** 2
    return len(made["pixel_values"]) * int(processor.image_seq_length)


def check_padding(trainer: Any, samples: list[Sample]) -> str:
    """Rollouts begin where prompts end, so that these must be padded on the left."""
    processor = trainer.processing_class
    made = processor.tokenizer(["a", "a b c d e f"], padding=True)
    shorter = made["attention_mask"][0]
    if processor.tokenizer.padding_side != "left" or not shorter[-1]:
        raise ValueError(
            "padding: prompts are padded on the right, and completions would follow the padding: "
            'set padding_side = "left" in the tokenizer'
        )
    return "on the left"


def check_length(trainer: Any, samples: list[Sample]) -> str:
    """No limit of the trainer cuts a sample, as long as it may be."""
    collate = getattr(trainer, "data_collator", None)
    arguments = trainer.args
    longest = 0
    for sample in samples:
        processor = trainer.processing_class
        prompt = prompt_of(processor, sample)
        made = processor(text=[prompt], images=[[sample.image]], return_tensors="pt")
        length = made["input_ids"].shape[1]
        if hasattr(arguments, "num_generations"):  # GRPO
            length += arguments.max_completion_length
            limit = arguments.vllm_max_model_length if arguments.use_vllm else None
            kept = length if limit is None else min(length, limit)
        else:
            made = processor.tokenizer(sample.demonstration, add_special_tokens=False)
            length += len(made["input_ids"])
            row = {
                "prompt": [{"role": "user", "content": sample.text}],
                "completion": [{"role": "assistant", "content": sample.demonstration}],
                "image": sample.image,
            }
            assert collate
            kept = collate([row])["input_ids"].shape[1]
        if kept < length:
            raise ValueError(
                f"length: sample {sample.name} has {length} tokens, of which a limit keeps {kept}: "
                "raise the limit, or lower data.max_pixels"
            )
        longest = max(longest, length)
    config = trainer.accelerator.unwrap_model(trainer.model).config.get_text_config()
    if longest > config.max_position_embeddings:
        raise ValueError(
            f"length: a sample has up to {longest} tokens, and the model takes "
            f"{config.max_position_embeddings}: lower data.max_pixels or the completions' length"
        )
    return f"up to {longest} tokens"
