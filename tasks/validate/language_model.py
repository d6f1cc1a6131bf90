"""A language model of `transformers` as a blind reader: it has seen no photograph, but knows from
its training what usually stands on what, and how large things are.

An option scores by how much likelier the question makes it, in nats: log p(option | question) minus
log p(option) (domain-conditional PMI, Holtzman et al. 2021, arXiv 2104.08315), so that a word that
is common anyway gains nothing. Nothing is learned from the other questions.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
import torch
import transformers

from schemas.config.pinned_model import PinnedModel
from schemas.model_folder import why_not_loaded
from tasks.validate.features import Pairs
from tasks.validate.readers import Mask, Vector

PROMPT = "Question: {}\nAnswer:"
EMPTY_PROMPT = "Answer:"
MAX_TOKENS = 1024  # of prompt and option; questions have 20 to 200, and the last ones matter most
Ids = list[int]


class LanguageModel:
    """Loaded once, in 32 bits, never with code of a repository. ValueError where it cannot be."""

    def __init__(self, config: PinnedModel) -> None:
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        device = config.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        given: dict[str, Any] = {"revision": config.revision, "trust_remote_code": False}
        place = str(config.folder or config.name)
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(place, **given)
            model: Any = transformers.AutoModelForCausalLM.from_pretrained(
                place, dtype=torch.float32, **given
            )
        except MemoryError:  # of this machine: the model may be sound
            raise
        except Exception as error:  # of many kinds: damaged weights, what no package knows
            reason = why_not_loaded(error, config.name, config.revision)
            raise ValueError(f"the model {config.name} cannot be loaded: {reason}") from None
        self._model = model.to(device).eval()
        self._batch_size = config.batch_size

    def read(self, questions: pl.DataFrame, pairs: Pairs, taught: Mask, tested: Mask) -> Vector:
        """A reader (tasks.validate.readers): scores of the options of the tested questions."""
        asked = questions.filter(pl.Series(tested))
        return self.scores(asked["question_only"].to_list(), asked["options"].to_list())

    def scores(self, questions: Sequence[str], options: Sequence[Sequence[str]]) -> Vector:
        """The score of every option of every question, one after another."""
        texts = sorted({*chain.from_iterable(options)})
        prior = dict(
            zip(texts, self._log_probabilities((EMPTY_PROMPT, t) for t in texts), strict=True)
        )
        asked = [
            (PROMPT.format(question), option)
            for question, own in zip(questions, options, strict=True)
            for option in own
        ]
        told = self._log_probabilities(asked)
        return np.array([p - prior[option] for p, (_, option) in zip(told, asked, strict=True)])

    def _log_probabilities(self, asked: Iterable[tuple[str, str]]) -> list[float]:
        """Per (prompt, option) that of the option's tokens behind the prompt. Sequences of a length
        share a batch, so that little is padding."""
        encoded = [self._encoded(prompt, option) for prompt, option in asked]
        found = [0.0] * len(encoded)
        order = sorted(range(len(encoded)), key=lambda place: len(encoded[place][0]))
        for start in range(0, len(order), self._batch_size):
            places = order[start : start + self._batch_size]
            batch = [encoded[place] for place in places]
            for place, value in zip(places, self._of_batch(batch), strict=True):
                found[place] = value
        return found

    def _encoded(self, prompt: str, option: str) -> tuple[Ids, int]:
        """The tokens, and how many of them, the last, are the option's."""
        asked: Ids = self._tokenizer(prompt)["input_ids"]
        if asked and asked[-1] == self._tokenizer.eos_token_id:
            asked = asked[:-1]
        said: Ids = self._tokenizer(f" {option}", add_special_tokens=False)["input_ids"]
        return (asked + said)[-MAX_TOKENS:], len(said)

    def _of_batch(self, batch: Sequence[tuple[Ids, int]]) -> list[float]:
        longest = max(len(ids) for ids, _ in batch)
        ids = torch.zeros((len(batch), longest), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, (own, _) in enumerate(batch):
            ids[row, : len(own)] = torch.tensor(own)
            mask[row, : len(own)] = 1
        device = self._model.device
        with torch.inference_mode():
            logits = self._model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
        sums = []
        for row, (own, number) in enumerate(batch):
            before = logits[row, len(own) - number - 1 : len(own) - 1].float().log_softmax(-1).cpu()
            said = torch.tensor(own[len(own) - number :])
            sums.append(float(before.gather(1, said[:, None]).sum()))
        return sums
