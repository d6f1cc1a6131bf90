"""Errors of a chat: what ends one attempt, one request, or the whole run."""

from math import isfinite

from schemas.chat import Failure

MAX_RETRY_AFTER = 900.0
"""Seconds: no server is left alone for longer, whatever it asks."""
FILTERED = ("content_filter", "content_policy", "responsibleaipolicy", "moderation", "flagged")
UNPAID = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
UNPAID_WORDS = ("credit balance is too low", "insufficient balance")


class PassingError(Exception):
    """One attempt failed in a way that may pass: it is made again. `retry_after` is for how many
    seconds the server asks to be left alone, None where it does not say, or says nonsense;
    `is_congestion` says that it has too much to do."""

    def __init__(
        self, message: str, retry_after: float | None = None, is_congestion: bool = False
    ) -> None:
        super().__init__(message)
        is_sane = retry_after is not None and isfinite(retry_after) and retry_after >= 0.0
        self.retry_after = min(retry_after or 0.0, MAX_RETRY_AFTER) if is_sane else None
        self.is_congestion = is_congestion


class UnreachableError(PassingError):
    """Nobody listens there."""


class RejectedError(Exception):
    """The server will not answer this request, whoever asks again."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NoReplyError(Exception):
    """Every attempt at a request failed in passing; the next run asks again."""


class ChatStoppedError(RuntimeError):
    """The run cannot go on, for example for want of money or of a server; replies are kept."""


class ChatRefusedError(ValueError):
    """The run cannot go on as it is configured: the key, the model or the address is wrong."""


def is_unpaid(status: int, code: str, message: str) -> bool:
    """Whether a server wants to be paid first. Not all of them say so by status 402."""
    told = message.lower()
    return status == 402 or code in UNPAID or any(words in told for words in UNPAID_WORDS)


def error_of(
    status: int, code: str, message: str, retry_after: float | None = None
) -> PassingError | RejectedError:
    """What becomes of one request that was answered with an error."""
    told = f"{status}: {message}"
    # Groq's word for a reply that the model failed to write in the form that was asked for.
    if status in (408, 409, 425, 429) or not 400 <= status < 500 or code == "json_validate_failed":
        return PassingError(told, retry_after, is_congestion=status in (408, 429, 503, 529))
    is_filtered = any(word in f"{code} {message}".lower() for word in FILTERED)
    return RejectedError(told, Failure.FILTERED if is_filtered else "")
