"""Tiny: a Qwen2.5-VL of the real architecture with random weights, made without any download.

It knows nothing, but all code that trains or asks the real model runs with it on a CPU in seconds.
Tags such as `<scene>` are ordinary text to its tokenizer: special tokens would be missing from
decoded completions.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
import trl
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from schemas.completion.publish import TEMPLATE
from schemas.replacing import replacing_folder
from training.processor import processor_of

VERSION = 1
END, PAD, START = "<|im_end|>", "<|endoftext|>", "<|im_start|>"
SPECIAL = (
    PAD,
    START,
    END,
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
"""Qwen's special tokens, which its chat template and processor need."""
VOCABULARY = 600
"""Tokens: 256 bytes, the special ones, and a few hundred pieces of words; the model stays tiny."""
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


def tiny_folder(root: Path) -> Path:
    """The tiny model below a root, made where it is missing."""
    folder = root / "artifacts" / "tiny-model" / f"{VERSION:04d}"
    return folder if folder.exists() else make_tiny(folder)


def make_tiny(folder: Path, seed: int = 0) -> Path:
    """Write the model, its tokenizer and its processor; the folder appears when it is complete.
    One seed gives the same bytes."""
    tokenizer = make_tokenizer()
    model = make_model(tokenizer, seed)
    images = Qwen2VLImageProcessorPil(patch_size=14, merge_size=2)
    with replacing_folder(folder) as partial:  # one that is there is taken for whole
        model.save_pretrained(partial)
        processor_of(tokenizer, images).save_pretrained(partial)
    return folder


def make_model(
    tokenizer: PreTrainedTokenizerFast,
    seed: int,
    *,
    width: int = 64,
    depth: int = 2,
    vision_width: int = 64,
    vision_depth: int = 2,
    patch_size: int = 14,
) -> Qwen2_5_VLForConditionalGeneration:
    """Random weights of the real architecture: `depth` layers of `width`, four heads each."""
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL}
    num_heads = 4
    half = width // num_heads // 2
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": width,
            "intermediate_size": 2 * width,
            "num_hidden_layers": depth,
            "num_attention_heads": num_heads,
            "num_key_value_heads": num_heads // 2,
            "max_position_embeddings": 32_768,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10_000.0,
                # Time, height and width share the half of a head between them.
                "mrope_section": [half - 2 * (half // 3), half // 3, half // 3],
            },
            "bos_token_id": ids[PAD],
            "eos_token_id": ids[END],
            "pad_token_id": ids[PAD],
        },
        vision_config={
            "depth": vision_depth,
            "hidden_size": vision_width,
            "intermediate_size": 2 * vision_width,
            "num_heads": 4,
            "patch_size": patch_size,
            "window_size": 8 * patch_size,
            "out_hidden_size": width,
            "fullatt_block_indexes": [vision_depth - 1],
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        bos_token_id=ids[PAD],
        eos_token_id=ids[END],
        pad_token_id=ids[PAD],
        tie_word_embeddings=False,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen2_5_VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = ids[END]
    model.generation_config.pad_token_id = ids[PAD]
    return model


def make_tokenizer(texts: Sequence[str] = ()) -> PreTrainedTokenizerFast:
    """Byte-level BPE, so that any text can be written; trained on texts of our own, or on these."""
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
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts or _texts(), trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        padding_side="left",
        model_max_length=32_768,
        clean_up_tokenization_spaces=False,
    )
    template = Path(trl.__file__).parent / "chat_templates" / "qwen2_5_vl.jinja"
    wrapped.chat_template = template.read_text(encoding="utf-8")
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
