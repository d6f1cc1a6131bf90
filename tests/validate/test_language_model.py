"""A language model among the blind readers: a tiny one that was taught where things are."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from schemas.config.gates import GatesConfig
from schemas.config.pinned_model import PinnedModel
from tasks.validate.readers import READERS
from tasks.validate.shortcuts import ALL, find_shortcuts
from tasks.validate.stage import STAGE, check_gates, readers_of, validate_samples
from tests.stages import build_of
from tests.validate.test_shortcuts import samples
from tests.validate.test_validate import QUOTA, SELECT, SOUND

pytestmark = pytest.mark.long

torch = pytest.importorskip("torch")
NUM_THINGS = 120
PLACES = ("left", "right")


def question(thing: int) -> str:
    return f"Where is the thing{thing} ?"


def place_of(thing: int) -> str:
    return PLACES[thing // 3 % 2]


def make_model(folder: Path, num_steps: int) -> Path:
    """A model that has read where every thing is, as often as there are steps, and that nothing is
    so by itself."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    things = [f"thing{number}" for number in range(NUM_THINGS)]
    words = ["[UNK]", "Question", "Answer", ":", "?", "Where", "is", "the", *PLACES, *things]
    raw = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    raw.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="[UNK]")
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
            num_attention_heads=2, max_position_embeddings=64, tie_word_embeddings=False,
        )
    )  # fmt: skip
    texts = [f"Question: {question(n)}\nAnswer: {place_of(n)}" for n in range(NUM_THINGS)]
    ids = torch.tensor([tokenizer(text)["input_ids"] for text in texts])
    alone = torch.tensor([tokenizer(f"Answer: {place}")["input_ids"] for place in PLACES])
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(num_steps):
        optimizer.zero_grad()
        for said in (ids, alone):
            logits = model(input_ids=said).logits[:, -2]
            torch.nn.functional.cross_entropy(logits, said[:, -1]).backward()
        optimizer.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "taught", 60)


@pytest.fixture(scope="module")
def untaught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "untaught", 0)


def every_thing_once() -> pl.DataFrame:
    """Questions of which no one says anything about another."""
    draw = random.Random(3)
    asked = []
    for thing in range(NUM_THINGS):
        options = draw.sample(PLACES, 2)
        asked.append((question(thing), options, options.index(place_of(thing))))
    return samples(asked)


def strongest(model: Path) -> dict[str, Any]:
    readers = readers_of(GatesConfig(blind_model=PinnedModel(name=str(model))))
    assert [*readers] == [*READERS, "language model"]
    rows = find_shortcuts(every_thing_once(), readers).rows(named=True)
    return next(row for row in rows if row["category"] != ALL)


def test_what_only_a_language_model_knows_is_a_shortcut(taught, untaught):
    learnt = find_shortcuts(every_thing_once()).row(0, named=True)
    assert not learnt["is_shortcut"]
    known = strongest(taught)
    assert (known["reader"], known["is_shortcut"]) == ("language model", True)
    assert known["accuracy"] > 0.95
    assert not strongest(untaught)["is_shortcut"]


def test_scores_are_log_probabilities_beyond_those_without_the_question(taught):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from tasks.validate.language_model import LanguageModel

    tokenizer = AutoTokenizer.from_pretrained(taught)
    model = AutoModelForCausalLM.from_pretrained(taught)

    def log_probability(prompt: str, option: str) -> float:
        asked, said = tokenizer(prompt)["input_ids"], tokenizer(option)["input_ids"]
        with torch.inference_mode():
            table = model(input_ids=torch.tensor([asked + said])).logits[0].log_softmax(-1)
        places = range(len(asked) - 1, len(asked) + len(said) - 1)
        return sum(float(table[place, word]) for place, word in zip(places, said, strict=True))

    questions = [question(5), "Where ?", f"{question(7)} {question(8)}"]
    options = [["left", "right"], ["right", "the left", "left"], ["thing3 is the left", "?"]]
    wanted = [
        log_probability(f"Question: {text}\nAnswer:", option) - log_probability("Answer:", option)
        for text, own in zip(questions, options, strict=True)
        for option in own
    ]
    for batch_size in (1, 2, 64):
        reader = LanguageModel(PinnedModel(name=str(taught), batch_size=batch_size))
        assert np.allclose(reader.scores(questions, options), wanted, atol=1e-4)


def test_a_report_names_the_model_that_the_gates_name(taught, tmp_path):
    gates = GatesConfig(blind_model=PinnedModel(name=str(taught)))
    questions = every_thing_once()
    asked = pl.concat([SOUND] * 2).head(NUM_THINGS).with_columns(
        questions.select("question_only", "options", "answer_only", "question_id", "group_id")
    )  # fmt: skip
    validate_samples(asked.lazy(), QUOTA, SELECT, tmp_path, gates=gates)
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    readers = {row["reader"] for row in results["shortcuts"]}
    assert "language model" in readers
    assert "language model" in (tmp_path / "validation.html").read_text(encoding="utf-8")


def test_other_weights_are_another_validation(taught, untaught, tmp_path):
    def digests(model: Path) -> Any:
        return STAGE.files(build_of(tmp_path, gates={"blind_model": {"name": str(model)}}))

    assert digests(taught) != digests(untaught)
    assert digests(taught) == digests(taught)
    assert STAGE.files(build_of(tmp_path)) == {}


def test_a_model_that_is_none_is_refused_in_one_line(tmp_path):
    with pytest.raises(ValueError, match="a model of the Hub needs revision"):
        GatesConfig.model_validate({"blind_model": {"name": "nobody/nothing"}})
    gates = GatesConfig(blind_model=PinnedModel(name=str(tmp_path)))
    check_gates(build_of(tmp_path, gates=gates).config)
    with pytest.raises(ValueError, match=r"^the model \S+ cannot be loaded: [^\n]+$"):
        readers_of(gates)


def test_little_memory_does_not_make_a_model_a_broken_one(tmp_path, monkeypatch):
    def without_memory(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", without_memory)
    with pytest.raises(MemoryError):
        readers_of(GatesConfig(blind_model=PinnedModel(name=str(tmp_path))))
