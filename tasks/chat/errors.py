"""Errors of a chat: what ends one attempt, one request, or the whole run."""

import json

from schemas.chat import Failure
from schemas.retry import TransientError, may_pass

CONGESTED = (408, 429, 503, 529)
"""Statuses of a server that is too busy; 529 is Anthropic's."""
FILTERED = ("content_filter", "content_policy", "responsibleaipolicy", "moderation", "flagged")
"""Words of servers that reject a request for what it says."""
MAX_WORDS = 300
"""Characters of a server's message that are shown: three lines of a terminal."""
UNPAID = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
"""OpenAI's codes for an account that has to be paid up."""
UNPAID_WORDS = ("credit balance is too low", "insufficient balance")
"""Anthropic's and DeepSeek's words for it."""


class PassingError(TransientError):
    """One attempt at a request failed in a way that may pass: it is made again. `is_congestion`:
    the server is too busy."""

    def __init__(
        self, message: str, retry_after: float | None = None, is_congestion: bool = False
    ) -> None:
        super().__init__(message, retry_after)
        self.is_congestion = is_congestion


class UnreachableError(PassingError):
    """No server listens at the address."""


class RejectedError(Exception):
    """The server does not answer this request, and would not if it were sent again."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NoReplyError(Exception):
    """Every attempt at a request failed in passing; the next run asks again."""


class ChatStoppedError(RuntimeError):
    """The run cannot go on, for example without money or a server; replies are kept."""


class ChatRefusedError(ValueError):
    """The run cannot go on as it is configured: the key, the model or the address is wrong."""


def error_words(raw: bytes) -> tuple[str, str]:
    """The code and the message in the body of an error, each empty where it is missing."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return "", raw.decode("utf-8", "replace").strip()
    if isinstance(body, list) and body:  # Google's form
        body = body[0]
    about = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(about, dict):
        return "", str(about)
    return str(about.get("code") or ""), str(about.get("message") or about)


def is_unpaid(status: int, code: str, message: str) -> bool:
    """Whether a server refuses because it was not paid. Not all of them use status 402."""
    told = message.lower()
    return status == 402 or code in UNPAID or any(words in told for words in UNPAID_WORDS)


def error_of(
    status: int, code: str, message: str, retry_after: float | None = None
) -> PassingError | RejectedError:
    """The error that decides what happens to a request that was answered with this status."""
    told = f"{status}: {message}"
    # Groq's code for a reply that the model did not write in the required form.
    if may_pass(status) or status < 400 or code == "json_validate_failed":
        return PassingError(told, retry_after, is_congestion=status in CONGESTED)
    is_filtered = any(word in f"{code} {message}".lower() for word in FILTERED)
    return RejectedError(told, Failure.FILTERED if is_filtered else "")
