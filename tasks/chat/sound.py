"""Sound: a good answer of a server, and the reply that is kept of it."""

import time
from typing import NamedTuple

from schemas.chat import Reply, Usage
from schemas.config.chat import ChatConfig
from schemas.redaction import without_keys
from tasks.chat.completion import Completion, read_completion, whole_body
from tasks.chat.errors import UnreadableError, UpstreamError


class Sound(NamedTuple):
    """The body of an answer, what it says, and the seconds that it took."""

    raw: bytes
    completion: Completion
    seconds: float

    def reply(self, digest: str, usage: Usage, chat: ChatConfig, *, is_batch: bool) -> Reply:
        """What is kept of the answer, paid for now: in one piece, and no key."""
        return Reply(
            digest=digest,
            model=chat.model,
            raw=without_keys(whole_body(self.raw)),
            usage=usage,
            finish_reason=self.completion.finish_reason,
            seconds=self.seconds,
            created=time.time(),
            cost=usage.cost(chat.price, is_batch=is_batch) if usage.input_tokens else None,
            is_batch=is_batch,
        )


def read_sound(raw: bytes, seconds: float = 0.0) -> Sound:
    """Raises UnreadableError where the answer is not a completion, UpstreamError where it carries
    an error."""
    try:
        return Sound(raw, read_completion(raw), seconds)
    except UpstreamError:
        raise
    except ValueError as error:
        raise UnreadableError(str(error)) from None
