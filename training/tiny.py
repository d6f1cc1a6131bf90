"""Tiny: models of the real architectures with random weights, made without any download.

They know nothing, but all code that trains or asks the real models runs with them on a CPU in
seconds. Tags such as `<scene>` are ordinary text to their tokenizers: special tokens would be
missing from decoded completions.
"""

from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import AutoModelForImageTextToText, PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

from schemas.completion.families import FamilyName
from schemas.completion.publish import TEMPLATE
from schemas.replacing import replacing_folder
from training.families.family import Family
from training.families.table import FAMILIES

VERSION = 2
VOCABULARY = 600
"""Tokens: 256 bytes, the special ones, and a few hundred pieces of words; the models stay tiny."""
# Qwen's: words with their space, single digits, runs of punctuation, line breaks.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Words of the texts that the tokenizer is trained on; others are spelt in smaller pieces.
COLORS = ("red", "green", "blue", "yellow", "white", "black")
THINGS = ("man", "woman", "dog", "car", "tree", "chair", "table", "cup", "bench", "horse")
PREDICATES = ("left of", "right of", "above", "below", "on", "under", "next to", "behind")
QUESTIONS = (
    "Where is the {0} with respect to the {1}?",
    "Which of these is larger: the {0} or the {1}?",
    "How many {0}s are there in the picture?",
    "Is there a {0} in the picture?",
    "In which part of the picture is the {0}?",
)


def tiny_folder(root: Path, family: FamilyName) -> Path:
    """The tiny model of a family below a root, made where it is missing."""
    folder = root / "artifacts" / "tiny-model" / f"{family}-{VERSION:04d}"
    return folder if folder.exists() else make_tiny(folder, family)


def make_tiny(folder: Path, family: FamilyName, seed: int = 0) -> Path:
    """Write the model, its tokenizer and its processor; the folder appears when it is complete.
    One seed gives the same bytes."""
    kind = FAMILIES[family]
    tokenizer = make_tokenizer(kind)
    model = make_model(kind, tokenizer, seed)
    disable_progress_bar()  # it would stand among our lines
    with replacing_folder(folder) as partial:  # one that is there is taken for whole
        model.save_pretrained(partial)
        kind.processor(tokenizer, kind.tiny.images()).save_pretrained(partial)
    return folder


def make_model(family: Family, tokenizer: PreTrainedTokenizerFast, seed: int) -> Any:
    """Random weights of the real architecture."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModelForImageTextToText.from_config(family.tiny.config(tokenizer))
        if family.tiny.start:
            family.tiny.start(model)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


def make_tokenizer(family: Family) -> PreTrainedTokenizerFast:
    """Byte-level BPE with the family's special tokens, so that any text can be written; trained on
    texts of our own."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(family.special.tokens),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(), trainer)
    special = family.special
    if special.bos:  # such tokenizers put it before every text
        known = [(special.bos, tokenizer.token_to_id(special.bos))]
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{special.bos} $A", special_tokens=known
        )
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=special.end,
        pad_token=special.pad,
        **({"bos_token": special.bos} if special.bos else {}),
        extra_special_tokens=dict(special.named),
        padding_side="left",
        model_max_length=32_768,
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = family.tiny.template()
    return wrapped


def _texts() -> list[str]:
    """What prompts and completions look like."""
    texts = [TEMPLATE] * 8
    for number, thing in enumerate(THINGS):
        other = THINGS[(number + 3) % len(THINGS)]
        for place, predicate in enumerate(PREDICATES):
            question = QUESTIONS[place % len(QUESTIONS)].format(thing, other)
            box = [28 * place, 14 * number, 28 * place + 84, 14 * number + 98]
            color = COLORS[(number + place) % len(COLORS)]
            texts.append(
                f"{question}\n(A) {predicate}\n(B) {PREDICATES[place - 1]}\n"
                f"<observe>The picture shows a {color} {thing} and a {other}.</observe>\n"
                f'<scene>{{"objects":[{{"id":"{thing}.1","bbox":{box}}}],"relationships":'
                f'[{{"subject":"{thing}.1","predicate":"{predicate}","object":"{other}.1"}}]}}'
                f"</scene>\n<think>The {thing} is {predicate} the {other}.</think>\n"
                f"<answer> (A) {predicate} </answer>"
            )
    return texts
