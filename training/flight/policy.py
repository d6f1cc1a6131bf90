"""What is wrong with the model of a training, before its first update.

Each check takes the trainer and some of its samples and raises a ValueError that says what is
wrong. Models may be in shards: every process calls each check alike.
"""

from collections.abc import Iterable
from typing import Any

import torch
from PIL import ImageOps

from schemas.config.training import TrainConfig
from training.families.family import Family
from training.flight.tokens import Sample, prompt_of
from training.processor import placeholder_ids

MOST_LOST = 0.5
"""Share of the weights that one step may leave as they are. AdamW's first step moves each weight by
the learning rate; in bfloat16, at 1e-6, it moves hardly any."""
NUM_WEIGHTS = 1 << 16
"""Of each tensor, whose steps are tried."""
LEAST_CHANGE = 1e-5
"""Of log-probabilities for another picture: rounding changes less, and sight far more."""


def check_precision(trainer: Any, config: TrainConfig) -> str:
    if trainer.is_deepspeed_enabled:
        return "DeepSpeed keeps weights in float32"
    rate = config.optimizer.learning_rate
    trained = [weight for weight in trainer.model.parameters() if weight.requires_grad]
    share = lost_share(trained, rate)
    if share > MOST_LOST:
        kind = str(trained[0].dtype).removeprefix("torch.")
        raise ValueError(
            f"precision: {share:.0%} of the weights stay as they are at learning_rate {rate:g} in "
            f'{kind}: set model.dtype = "float32" (hardware.bf16 computes in bfloat16 all the '
            "same), or use a strategy that keeps float32 copies (zero3)"
        )
    return f"a step of {rate:g} changes {1 - share:.0%} of the weights"


def lost_share(weights: Iterable[torch.Tensor], step: float) -> float:
    """Share of the weights that are not changed by a step of that size, in their own precision."""
    num_lost = num_tried = 0
    for weight in weights:
        local = weight.detach()
        some = (local.to_local() if hasattr(local, "to_local") else local).flatten()[:NUM_WEIGHTS]
        num_lost += int(((some - step) == some).sum())
        num_tried += some.numel()
    return num_lost / max(num_tried, 1)


def check_reference(trainer: Any) -> str:
    if not trainer.beta:
        return "no KL term"
    model = trainer.accelerator.unwrap_model(trainer.model)
    if hasattr(model, "peft_config"):
        return "the model without its adapters"
    reference = trainer.ref_model and trainer.accelerator.unwrap_model(trainer.ref_model)
    own = {weight.data_ptr() for weight in model.parameters() if weight.numel()}
    others = reference.parameters() if reference else ()
    if not reference or any(weight.data_ptr() in own for weight in others if weight.numel()):
        raise ValueError(
            "reference: the reference model is the policy itself, so that the KL term is always 0: "
            "load it a second time, or set grpo.beta = 0"
        )
    return "another copy of the weights"


def check_ban(trainer: Any, family: Family) -> str:
    """By the arguments of generation, which sampling never goes around."""
    banned = trainer.args.generation_kwargs or {}
    if trainer.use_vllm:
        missing = set(family.placeholders) - set(banned.get("bad_words", ()))
    else:
        known = set(trainer.generation_config.suppress_tokens or ())
        ids = placeholder_ids(trainer.processing_class, family)
        tokens = trainer.processing_class.tokenizer.convert_ids_to_tokens(ids)
        missing = {token for token, one in zip(tokens, ids, strict=True) if one not in known}
    if missing:
        raise ValueError(
            f"ban: a completion may hold {', '.join(sorted(missing))}, which stands for a picture "
            "that is not there: add it to the family's placeholders"
        )
    return f"{len(family.placeholders)} tokens are never sampled"


def check_sight(trainer: Any, samples: list[Sample]) -> str:
    """Another picture changes what the model expects of the same completion. The other one has the
    same size and inverted colours."""
    change = 0.0
    for sample in samples:
        other = sample._replace(image=ImageOps.invert(sample.image))
        one, two = (log_probabilities(trainer, each) for each in (sample, other))
        change = max(change, float((one - two).abs().max()))
    if change < LEAST_CHANGE:
        raise ValueError(
            "sight: the policy does not see the picture: the log-probabilities of a completion are "
            "the same for a picture in other colours: check the weights of the vision tower and of "
            "its projection"
        )
    return f"log-probabilities change by up to {change:.2g} with the picture"


@torch.no_grad()
def log_probabilities(trainer: Any, sample: Sample) -> torch.Tensor:
    """Of each token of the sample's demonstration, after its prompt and picture."""
    processor, model = trainer.processing_class, trainer.model_wrapped
    prompt = prompt_of(processor, sample)
    made = processor(
        text=[prompt + sample.demonstration], images=[[sample.image]], return_tensors="pt"
    ).to(trainer.accelerator.device)
    was_training = model.training
    model.eval()
    with trainer.accelerator.autocast():
        logits = model(**made).logits[0].float()
    model.train(was_training)
    ids = made["input_ids"][0]
    known: torch.Tensor = logits[:-1].log_softmax(dim=-1).gather(1, ids[1:, None])[:, 0]
    num_written = len(
        processor.tokenizer(sample.demonstration, add_special_tokens=False)["input_ids"]
    )
    return known[-num_written:]
