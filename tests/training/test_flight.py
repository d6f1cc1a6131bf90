"""The flight check: each failure is planted, and named in one line before the first update."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from datasets import Dataset

from schemas.completion.families import FamilyName
from schemas.config.training import Check, Method, RewardConfig, TrainConfig
from tests.trainings import tree_of
from training.families.qwen3_vl import FAMILY
from training.flight.policy import lost_share
from training.flight.samples import check_boxes, check_gold, check_texts, longest_row

pytestmark = pytest.mark.long

QWEN = FamilyName.QWEN3_VL
GOLD = (
    '<scene>{"objects":[{"id":"dog.1","bbox":%s}],"relationships":[]}</scene>\n<answer>%s</answer>'
)


def rows_of(**changes: Any) -> Dataset:
    """A sample, and one with these changes."""
    row = {
        "question_id": "fine",
        "images": [{"bytes": b"", "path": ""}],
        "question_with_options": "Where is the dog?\n(A) left\n(B) right",
        "answer_option_text": GOLD % ("[10,10,90,40]", "(A) left"),
        "width": 100,
        "height": 50,
    }
    return Dataset.from_list([row, row | {"question_id": "planted"} | changes])


def config_of(method: Method = Method.GRPO, **changes: Any) -> TrainConfig:
    return TrainConfig.model_validate(tree_of(QWEN, method) | changes)


@pytest.mark.parametrize(
    ("check", "changes", "told"),
    [
        (
            check_gold,
            # The demonstration names the thing, and so opens a tag twice.
            {"answer_option_text": GOLD.replace("dog", "<observe>") % ("[1,1,9,9]", "(A) left")},
            "gold: a completion with the gold of sample planted earns 0.000 of 1.000, in the frame "
            "1000 x 1000: build",
        ),
        (
            check_gold,
            {"answer_option_text": GOLD % ("[10,10,10,40]", "(A) left")},
            "gold: sample planted: the box of dog.1 is empty, inverted or endless",
        ),
        (
            check_boxes,
            {"answer_option_text": GOLD % ("[10,10,120,40]", "(A) left")},
            "boxes: dog.1 of sample planted is [100, 200, 1200, 800], outside the frame 1000 x ",
        ),
        (
            lambda rows, config: check_texts(rows, config, FAMILY),
            {"question_with_options": "Where is the <|image_pad|>?\n(A) left\n(B) right"},
            "texts: the question of sample planted holds <|image_pad|>, a special token",
        ),
        (
            lambda rows, config: check_texts(rows, config, FAMILY),
            {"answer_option_text": GOLD % ("[10,10,90,40]", "(A) <|im_end|>")},
            "texts: the gold of sample planted holds <|im_end|>",
        ),
    ],
)
def test_samples_that_must_not_be_trained_on_are_named(
    check: Callable[..., str], changes: dict[str, Any], told: str
) -> None:
    config = config_of()
    check(rows_of(), config)
    with pytest.raises(ValueError) as error:
        check(rows_of(**changes), config)
    assert str(error.value).startswith(told)


@pytest.mark.parametrize("kind", ["dense", "published", "sparse", "published-sparse"])
def test_gold_earns_the_whole_reward_of_every_kind(kind: str) -> None:
    reward = RewardConfig(kind=kind).model_dump(exclude_unset=True)
    assert check_gold(rows_of(), config_of(reward=reward)) == "2 samples earn their whole reward"


def test_the_longest_sample_is_found_by_text_and_picture() -> None:
    config = config_of()
    assert longest_row(rows_of(question_with_options="Where? " * 200), config) == 1
    assert longest_row(rows_of(width=80), config) == 0  # the first of equals
    assert longest_row(rows_of(question_with_options="Where?"), config) == 0


def test_a_small_step_is_lost_in_bfloat16_alone() -> None:
    """A bfloat16 has 8 bits: near 0.02 it moves in steps of 0.0001."""
    weights = [torch.full((8,), 0.02), torch.linspace(0.01, 1.0, 8)]
    assert lost_share(weights, 1e-6) == 0
    assert lost_share([weight.bfloat16() for weight in weights], 1e-6) == 1
    assert lost_share([weight.bfloat16() for weight in weights], 1e-2) == 0
    assert lost_share([], 1e-6) == 0


# With a trainer.


@pytest.fixture
def started(drawn_dataset, tmp_path):
    """Makes a trainer as the command does, but for what `spoil` changes before its first update."""
    from importlib import import_module

    from training.launch import prepare_check

    (tmp_path / "datasets").symlink_to(drawn_dataset.parents[1])

    def start(
        method: Method = Method.GRPO,
        spoil: Callable[[Any], object] = lambda trainer: None,
        family: FamilyName = QWEN,
        spoil_processor: Callable[[Any], object] = lambda processor: None,
        **changes: Any,
    ) -> Any:
        tree = tree_of(family, method)
        run = prepare_check(
            TrainConfig.model_validate(tree | changes), tmp_path, tmp_path / "check"
        )
        processor = run.load_processor()
        trainer = import_module(f"training.{method}").make_trainer(run, processor)
        spoil_processor(processor)
        spoil(trainer)
        return trainer

    return start


def failing(start: Callable[..., Any], *arguments: Any, **changes: Any) -> str:
    trainer = start(*arguments, **changes)
    with pytest.raises(ValueError) as error:
        trainer.train()
    assert trainer.state.global_step == 0
    assert "\n" not in str(error.value)
    return str(error.value)


def blind(trainer: Any) -> None:
    """As a projection that was not loaded."""
    with torch.no_grad():
        for name, weight in trainer.model.named_parameters():
            if ".merger." in name or ".deepstack_merger_list." in name:
                weight.zero_()


def cut(trainer: Any) -> None:
    trainer.data_collator.max_length = 60


def one_token_less(trainer: Any) -> None:
    """As limits that cut prompts do."""
    processor = trainer.processing_class
    kind = type(processor)
    image = processor.image_token_id

    class Cutting(kind):  # type: ignore[misc, valid-type]
        def __call__(self, *arguments: Any, **options: Any) -> Any:
            made = super().__call__(*arguments, **options)
            ids = made["input_ids"]
            if isinstance(ids, torch.Tensor) and (ids == image).any():
                place = int((ids[0] == image).nonzero()[0])
                for name in ("input_ids", "attention_mask", "mm_token_type_ids"):
                    made[name] = torch.cat([made[name][:, :place], made[name][:, place + 1 :]], 1)
            return made

    processor.__class__ = Cutting


def two_first_tokens(trainer: Any) -> None:
    """Gemma's own processor, as TRL 1.16 calls it."""
    import transformers

    trainer.processing_class.__class__ = transformers.Gemma3Processor


def sampled_otherwise(trainer: Any) -> None:
    """As an engine that expands images by another rule."""
    made = trainer._generate

    def generate(prompts: Any) -> Any:
        ids, *others = made(prompts)
        return [[*prompt[:-1], prompt[-2]] for prompt in ids], *others

    trainer._generate = generate


def resized_otherwise(processor: Any) -> None:
    processor.image_processor.size = {"shortest_edge": 16_384, "longest_edge": 16_384}


def right_padding(trainer: Any) -> None:
    trainer.processing_class.tokenizer.padding_side = "right"


def own_template(trainer: Any) -> None:
    from training.families.templates import own_template as template

    trainer.processing_class.chat_template = template("qwen3_5_nothink")


def same_reference(trainer: Any) -> None:
    trainer.ref_model = trainer.model


def no_ban(trainer: Any) -> None:
    """What TRL bans of itself."""
    trainer.generation_config.suppress_tokens = [trainer.model.config.image_token_id]


def in_bf16(trainer: Any) -> None:
    trainer.model.bfloat16()


def too_small(trainer: Any) -> None:
    """As a device without room for the longest sample."""

    def compute_loss(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("out of memory")

    trainer.compute_loss = compute_loss


EVERY = list(Method)
GRPO, SFT = [Method.GRPO], [Method.SFT]
PLANTED: list[tuple[Check, list[Method], dict[str, Any], str]] = [
    (Check.SIGHT, EVERY, {"spoil": blind}, "the policy does not see the picture"),
    (
        Check.TOKENS,
        GRPO,
        {"spoil": one_token_less},
        "has 3 image tokens, its image 4 features, and the family's rule counts 4: the",
    ),
    (
        Check.TOKENS,
        EVERY,
        {"spoil_processor": resized_otherwise},
        "image tokens, its image 16 features, and the family's rule counts 4: the processor",
    ),
    (Check.LENGTH, SFT, {"spoil": cut}, "tokens, of which a limit keeps 60: raise the limit"),
    (
        Check.ROLLOUT,
        GRPO,
        {"family": FamilyName.GEMMA_3, "spoil": two_first_tokens},
        "token_type_ids has",
    ),
    (
        Check.ROLLOUT,
        GRPO,
        {"spoil": sampled_otherwise},
        "when it is learnt from, or others: compare the processors",
    ),
    (Check.PADDING, GRPO, {"spoil": right_padding}, "prompts are padded on the right"),
    (
        Check.TEMPLATE,
        SFT,
        {"spoil": own_template},
        "the chat template changes the completion of sample",
    ),
    (
        Check.REFERENCE,
        GRPO,
        {"spoil": same_reference},
        "the reference model is the policy itself",
    ),
    (
        Check.BAN,
        GRPO,
        {"spoil": no_ban},
        "a completion may hold <|video_pad|>, <|vision_end|>, <|vision_pad|>, <|vision_start|>",
    ),
    (
        Check.PRECISION,
        EVERY,
        {"spoil": in_bf16, "optimizer": {"learning_rate": 1e-6}},
        "of the weights stay as they are at learning_rate 1e-06 in bfloat16: set model.dtype",
    ),
    (
        Check.SPREAD,
        GRPO,
        {"check": {"skip": []}},
        "completions of each of the first 4 prompts earn the same",
    ),
    (Check.MEMORY, EVERY, {"spoil": too_small}, "the longest sample does not fit: lower"),
]
CASES = [(row[0], method, *row[2:]) for row in PLANTED for method in row[1]]


@pytest.mark.long
@pytest.mark.parametrize(
    ("check", "method", "changes", "told"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES]
)
def test_what_fails_in_silence_ends_before_the_first_update(started, check, method, changes, told):
    line = failing(started, method, **changes)
    assert line.startswith(f"{check}: ") and told in line


def test_every_check_meets_its_failure_here():
    assert {case[0] for case in CASES} | {Check.GOLD, Check.BOXES, Check.TEXTS} == set(Check)


@pytest.mark.long
@pytest.mark.parametrize("family", list(FamilyName))
@pytest.mark.parametrize("method", list(Method))
def test_a_sound_training_passes(started, method, family, caplog):
    from training.flight.check import CheckedError

    caplog.set_level(logging.INFO)
    trainer = started(method, family=family)
    with pytest.raises(CheckedError):
        trainer.train()
    lines = [line for line in caplog.messages if line.startswith("flight check: ")]
    told = [line.removeprefix("flight check: ").split(":")[0] for line in lines]
    of_rollouts = {"reference", "ban", "padding", "rollout", "spread is left out"}
    expected = [name.value for name in Check if name is not Check.SPREAD]
    if method is Method.GRPO:
        expected.insert(-1, "spread is left out")
    else:
        expected = [name for name in expected if name not in of_rollouts]
    assert told == expected


@pytest.mark.long
def test_nothing_that_the_check_does_is_left_behind(started):
    import random

    import numpy as np

    from training.flight.check import perform, trainer_checks, undisturbed

    trainer = started()
    flight = trainer.callback_handler.callbacks[-1]
    trainer.model_wrapped = trainer.model
    states = [random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()]
    with undisturbed(trainer):
        perform(trainer_checks(trainer, flight.run, flight.rows), flight.run.config, aloud=False)
        random.random(), np.random.random(), torch.rand(3)
        assert trainer._metrics["train"] and trainer._logs["prompt"]
    after = [random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()]
    assert after == states
    assert not trainer._metrics["train"] and not trainer._logs["prompt"]
    assert trainer.state.num_input_tokens_seen == 0
    assert all(weight.grad is None for weight in trainer.model.parameters())
