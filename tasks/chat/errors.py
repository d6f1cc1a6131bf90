"""Errors of a chat: what ends one attempt, one request, or the whole run. Their messages hold no
key, even where a server repeats it.
"""

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from schemas.chat import Failure
from schemas.printable import encodable
from schemas.redaction import redacted
from schemas.retry import TransientError, may_pass
from tasks.chat.named import (
    OF_IMAGES,
    OF_TOKENS,
    is_page,
    names_any,
    names_behind,
    names_request,
    says_for_now,
    says_never,
)

CONGESTED = (408, 429, 503, 529)
"""Statuses of a server that is too busy; 529 is Anthropic's."""
OF_POLICY = ("content policy", "content management policy", "responsibleaipolicy")
"""Words of servers that reject a request for what it says, in small letters and with spaces."""
FILTERED = (*OF_POLICY, "content filter", "moderation", "flagged")
"""The same where the status is of the request: who crashes may speak of a filter that crashed."""
LARGER = r"(?:larger|bigger|greater|more|higher) than"
SMALLER = r"(?:smaller|less|lower|fewer) than"
"""How a server compares a photograph with what it takes."""
TOO_LARGE = re.compile(
    rf"exceed|too (?:large|big)|over the limit|\bat most (?!\d+ image)|(?<!\bbe ){LARGER}|"
    rf"(?:\bnot|n't|cannot) be {LARGER}|(?<!not )(?<!n't )\bbe {SMALLER}",
    re.I,
)
"""Words of a rejection whose cause is that a photograph is larger than the server takes."""
TOO_SMALL = re.compile(rf"too small|{LARGER}|{SMALLER}|at least \d", re.I)
"""Of one that is smaller, where they do not say that it is larger."""
OF_LENGTH = (
    "context length", "context size", "context window", "maximum length", "prompt is too long",
    "maximum number of tokens",
)  # fmt: skip
"""Words of a rejection whose cause is the length of prompt and reply."""
OF_REPLY = (*OF_TOKENS, "output tokens", "completion tokens", "output length", "maximum tokens")
"""The same of the reply alone, whether they name the field or not."""
LEAST = re.compile(
    r"\bat least -?\d|\bbe (?:greater|more|larger) than|\bbelow\b[^.\n]{0,20}\bminimum|>= ?-?\d|"
    r"\btoo (?:small|low)\b",
    re.I,
)
"""Words of a rejection whose cause is that the limit of the reply is too low."""
NEGATIVE = re.compile(r"(?<![\w.])-\d")
"""A limit that nobody asks for: what the prompt leaves of what the server takes."""
GATEWAY = (502, 503, 504, 529)
"""Statuses of who stands before the server, or of one that is too busy: whatever their text names,
they may pass, unless it says that this is not supported."""
NO_MEMORY = re.compile(r"out of memory|not enough memory|\ballocate\b[^.\n]{0,20}\bmemory\b", re.I)
"""Words of a server that had no room left, whatever fields its text lists."""
MAX_WORDS = 300
"""Characters of a server's message that are shown: three lines of a terminal."""
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.I | re.S)
"""What a page for people says, as the proxies before a server send it."""
MESSAGES = ("message", "status_msg", "error_msg", "msg")
"""Names of what a server says of an error; the second is MiniMax's, the third Baidu's."""
STATUS = re.compile(r"[45]\d\d")
"""An error's HTTP status."""
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
        super().__init__(redacted(message), retry_after)
        self.is_congestion = is_congestion


class UnreachableError(PassingError):
    """No server listens at the address."""

    advice = "start the server or correct base_url"


class UntrustedError(UnreachableError):
    """The server's certificate is of an authority that is not known here, or of another host."""

    advice = (
        "name a file with the certificates of those who vouch for it in SSL_CERT_FILE, or correct "
        "base_url"
    )


class LateError(PassingError):
    """The server has taken a request and not answered in time."""


class UnreadableError(PassingError):
    """The server has answered, and nobody can tell what: no chat completion, for example."""


class RejectedError(Exception):
    """The server does not answer this request, and would not if it were sent again. `words` is all
    that it says, of which the message may be a part."""

    def __init__(self, message: str, code: str = "", words: str = "", status: int = 0) -> None:
        super().__init__(redacted(message))
        self.code = code
        self.words = redacted(words or message)
        self.status = status

    @property
    def advice(self) -> str:
        """What helps where every request is rejected so, empty where nobody knows."""
        is_large = self.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        if names_any(self.words, OF_LENGTH) or (is_large and names_any(self.words, ("tokens",))):
            return "lower max_tokens, or let the server take longer prompts"
        if is_large:
            return "lower max_image_side, or let the server, or who stands before it, take more"
        if names_any(self.words, OF_REPLY):
            return self._advice_on_reply
        if not names_any(self.words, OF_IMAGES):
            return ""
        if TOO_LARGE.search(self.words):
            return "lower max_image_side"
        if TOO_SMALL.search(self.words):
            return "raise max_image_side, or choose a model that takes small images"
        return "choose a model that takes images"

    @property
    def _advice_on_reply(self) -> str:
        if not LEAST.search(self.words):
            return "lower max_tokens"
        is_of_prompt = NEGATIVE.search(self.words) is not None
        return "let the server take longer prompts" if is_of_prompt else "raise max_tokens"

    @property
    def says_nothing(self) -> bool:
        """Whether it may be any part of the request that the server does not take, as where Google
        answers "Request contains an invalid argument" to a schema."""
        is_of_request = self.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
        is_named = names_request(self.words) or names_any(self.words, (*OF_LENGTH, *OF_REPLY))
        return is_of_request and not self.code and not is_named


class UpstreamError(ValueError):
    """A good answer whose body carries the error of a provider behind the server, with the status
    that the error names, else 502."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.code, message = body_words(body)
        super().__init__(message)
        about = _about(body)
        stated = about if isinstance(about, dict) else body
        found = (str(stated.get(name)) for name in ("code", "status", "status_code"))
        self.status = next((int(text) for text in found if STATUS.fullmatch(text)), 502)


class _RedactedError(Exception):
    """Its message holds no key."""

    def __init__(self, message: str) -> None:
        super().__init__(redacted(message))


class NoReplyError(_RedactedError):
    """Every attempt at a request failed in passing; the next run asks again."""


class ChatStoppedError(_RedactedError, RuntimeError):
    """The run cannot go on, for example without money or a server; replies are kept."""


class ChatRefusedError(_RedactedError, ValueError):
    """The run cannot go on as it is configured: the key, the model or the address is wrong."""


def error_words(raw: bytes) -> tuple[str, str]:
    """The code and the message in the body of an error, each empty where it is missing."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return "", raw.decode("utf-8", "replace").strip()
    return body_words(body)


def body_words(body: Any) -> tuple[str, str]:
    """As `error_words`, of a body that is read already."""
    if isinstance(body, list) and body:  # Google's form
        body = body[0]
    about = _about(body) if isinstance(body, dict) else body
    if not isinstance(about, dict):
        return "", encodable(str(about))
    inner = about.get("innererror")  # Azure's form
    code_behind, message_behind = _words_behind(about)
    codes = [about.get("code"), inner.get("code") if isinstance(inner, dict) else None, code_behind]
    message = str(next(filter(None, map(about.get, MESSAGES)), about))
    param = about.get("param")
    if isinstance(param, str) and param not in message:
        message = f"{message} ({param})"
    if message_behind not in message:
        message = f"{message}: {message_behind}"
    return encodable(" ".join(str(code) for code in codes if code)), encodable(message)


def _words_behind(about: dict[str, Any]) -> tuple[str, str]:
    """As `error_words`, of the error of a provider that a gateway hands on within its own, as
    OpenRouter does; of a page its title."""
    metadata = about.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if isinstance(raw, dict | list):
        return body_words(raw)
    if not isinstance(raw, str):
        return "", ""
    code, message = error_words(encodable(raw).encode())
    return code, in_one_line(message) if message.startswith("<") else message


def _about(body: dict[str, Any]) -> Any:
    """The part of a body that is about its error; of several in a list, as Cloudflare sends them,
    the first, where it says nothing but its code and its words."""
    about = body.get("error") or body.get("base_resp")
    listed = about or body.get("errors")
    first = listed[0] if isinstance(listed, list) and listed else None
    if isinstance(first, dict) and {"message"} <= first.keys() <= {"code", "message"}:
        return first
    return about or body


def is_error(body: dict[str, Any]) -> bool:
    """Whether a body with a good status carries an error."""
    if body.get("object") == "error":
        return True
    if body.get("choices"):
        return is_said(body.get("error"))
    about = _about(body)
    return about is not body or any(isinstance(about.get(name), str) for name in MESSAGES)


def is_said(error: Any) -> bool:
    """Whether an error beside a reply is one. One API puts an empty one beside every reply, and
    others a code that is 0."""
    if isinstance(error, dict):
        return str(error.get("code")) != "0" and any(error.values())
    return bool(error)


def in_one_line(words: str) -> str:
    """What is shown of a server's words; of a page its title."""
    found = TITLE.search(words) if is_page(words) else None
    return " ".join((found[1] if found else words).split())[:MAX_WORDS]


def is_unpaid(status: int, code: str, message: str) -> bool:
    """Whether a server refuses because it was not paid. Not all of them use status 402."""
    told = message.lower()
    is_told = any(words in told for words in UNPAID_WORDS)
    return status == 402 or is_told or any(part in UNPAID for part in code.split())


def error_of(
    status: int,
    code: str,
    message: str,
    retry_after: float | None = None,
    words: str = "",
    fields: Iterable[str] = (),
) -> PassingError | RejectedError:
    """The error that decides what happens to a request that was answered with this status. `words`
    is all that the server says, where the message is a part; `fields` are those of the request that
    others do not have."""
    told, words = f"{status}: {message}", words or message
    is_named, is_crash = names_request(words, fields), may_pass(status)
    is_filtered = names_any(f"{code} {words}", OF_POLICY if is_crash else FILTERED)
    if is_crash:
        is_passing = not (_is_lasting(status, words) and (is_named or is_filtered))
    else:
        is_passing = status < 400 or (names_behind(words) and not (is_named or is_filtered))
    if is_passing:
        return PassingError(told, retry_after, is_congestion=status in CONGESTED)
    return RejectedError(told, Failure.FILTERED if is_filtered else "", words, status)


def _is_lasting(status: int, words: str) -> bool:
    """Whether a server that names what this request asks of it has failed at that, and would again:
    some answer 500 where they do not know a form or take no images. The page of a proxy says
    nothing of that."""
    if is_page(words) or NO_MEMORY.search(words):
        return False
    return says_never(words) if status in GATEWAY else status >= 500 and not says_for_now(words)
