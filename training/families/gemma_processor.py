"""The processor of Gemma 3, which adds no first token of its own.

The chat template writes that token already. TRL 1.16 calls the processor on a rendered prompt
without saying so, and the tokenizer would put a second one before it: kinds of tokens would then
lie one place beside the tokens, and images would be attended to in the wrong places, without an
error.
"""

from typing import Any

import transformers


# It has its parent's name: a saved folder names the class for others.
class Gemma3Processor(transformers.Gemma3Processor):
    def __call__(self, images: Any = None, text: Any = None, **kwargs: Any) -> Any:
        kwargs.setdefault("add_special_tokens", False)
        return super().__call__(images=images, text=text, **kwargs)
