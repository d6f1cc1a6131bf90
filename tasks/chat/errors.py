"""Errors of a chat: what ends one attempt, one request, or the whole run. Their messages hold no
key, even where a server repeats it.
"""

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from schemas.chat import Failure
from schemas.redaction import redacted
from schemas.retry import TransientError, may_pass

CONGESTED = (408, 429, 503, 529)
"""Statuses of a server that is too busy; 529 is Anthropic's."""
FILTERED = (
    "content filter",
    "content policy",
    "content management policy",
    "responsibleaipolicy",
    "moderation",
    "flagged",
)
"""Words of servers that reject a request for what it says, in small letters and with spaces."""
OF_FORM = (
    "response format",
    "schema",
    "json object",
    "structured output",
    "guided",
    "grammar",
    "additionalproperties",
    "additional properties",
    "requested parameters",
    "generate json",
    "required for format",
)
"""Words of a rejection whose cause is the required form of the reply. The last are OpenRouter's,
which names no parameter, Groq's, whose model wrote something else, and Ollama's."""
OF_IMAGES = (
    "image", "multimodal", "multi modal", "mmproj", " vision ", "expected a string",
    "must be a string", "valid string", "of type string", "only text content", "text inputs",
)  # fmt: skip
"""Words of a rejection whose cause are the photographs."""
OF_SIZE = ("exceed", "too large", "too big")
"""Words of a rejection whose cause is that a photograph is larger than the server takes."""
OF_LENGTH = (
    "context length", "context size", "context window", "maximum length", "prompt is too long",
    "maximum number of tokens",
)  # fmt: skip
"""Words of a rejection whose cause is the length of prompt and reply."""
OF_TOKENS = ("max tokens", "max completion tokens")
"""Words of a rejection whose cause is the limit of a reply."""
OF_PARAMETERS = ("temperature", "top p", *OF_TOKENS)
"""Parameters that some servers refuse with the status of a crash."""
REFUSED = (
    r"(?:unsupported|not (?:supported|allowed|permitted|accepted)|unknown|unexpected|"
    r"unrecogni[sz]ed|invalid|deprecated)"
)
"""What a server says of a field that it does not take. A name of one word may be another thing than
the field, as in "unexpected provider error"."""
REFUSES = re.compile(rf"\b{REFUSED}\b", re.I)
OF_FIELD = r"(?:parameter|param|argument|field|name|key|property|option|value|input)s?"
OF_STREAMS = re.compile(
    r"\bnon[- _]?stream|\bstream *= *false|"
    r"\bstream\b[^.\n]{0,40}\b(?:true|mode|parameter|enabled|required)\b|"
    r"\b(?:only|needs?|requires?|must|use(?! of)|enable|set|without)\b[^.\n]{0,40}"
    r"\bstream(?:ing|s)?\b|"
    r"\bstreaming\b[^.\n]{0,40}\b(?:only|requests?|required|must|needed|true|enabled)\b",
    re.I,
)
"""Words of a server that sends a reply piece by piece or not at all; that a stream has failed is no
demand for one."""
OF_TURNS = re.compile(
    r"must alternate|['\"`](?:system|developer)['\"`]|"
    r"\b(?:system|developer)[ _-](?:role|message|prompt|instruction)|"
    r"\b(?:system|developer|assistant)\b[^.\n]*\broles?\b|"
    r"\broles?\b[^.\n]*\b(?:system|developer|assistant)\b",
    re.I,
)
"""Words of a chat template that knows no instructions, or no two messages of one side: they name
the roles of a request."""
GATEWAY = (502, 503, 504, 529)
"""Statuses of who stands before the server, or of one that is too busy: whatever their text names,
they may pass."""
MAX_WORDS = 300
"""Characters of a server's message that are shown: three lines of a terminal."""
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.I | re.S)
"""What a page for people says, as the proxies before a server send it."""
MESSAGES = ("message", "status_msg", "error_msg", "msg")
"""Names of what a server says of an error; the second is MiniMax's, the third Baidu's."""
STATUS = re.compile(r"[45]\d\d")
"""An error's HTTP status."""
CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where the next word begins in a name such as reasoningEffort."""
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
        if names_any(self.words, OF_TOKENS):
            return "lower max_tokens"
        if not names_any(self.words, OF_IMAGES):
            return ""
        is_size = names_any(self.words, OF_SIZE)
        return "lower max_image_side" if is_size else "choose a model that takes images"

    @property
    def says_nothing(self) -> bool:
        """Whether it may be any part of the request that the server does not take, as where Google
        answers "Request contains an invalid argument" to a schema."""
        is_of_request = self.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
        is_named = names_request(self.words) or names_any(self.words, OF_LENGTH)
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
        return "", str(about)
    inner = about.get("innererror")  # Azure's form
    codes = [about.get("code"), inner.get("code") if isinstance(inner, dict) else None]
    message = str(next(filter(None, map(about.get, MESSAGES)), about))
    param = about.get("param")
    if isinstance(param, str) and param not in message:
        message = f"{message} ({param})"
    return " ".join(str(code) for code in codes if code), message


def _about(body: dict[str, Any]) -> Any:
    """The part of a body that is about its error."""
    return body.get("error") or body.get("base_resp") or body


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
    found = TITLE.search(words) if words.lstrip().startswith("<") else None
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
    if (may_pass(status) and not _is_crash(status, words, fields)) or status < 400:
        return PassingError(told, retry_after, is_congestion=status in CONGESTED)
    is_filtered = names_any(f"{code} {words}", FILTERED)
    return RejectedError(told, Failure.FILTERED if is_filtered else "", words, status)


def _is_crash(status: int, words: str, fields: Iterable[str]) -> bool:
    """Whether a server failed at what this request asks of it, and would again: some answer 500
    where they do not know a form or take no images. The page of a proxy says nothing of that."""
    return status >= 500 and status not in GATEWAY and names_request(words, fields)


def names_request(words: str, fields: Iterable[str] = ()) -> bool:
    """Whether a server speaks of what a request asks for, or of one of its own fields. A page for
    people does not."""
    if words.lstrip().startswith("<"):
        return False
    named = (*OF_FORM, *OF_IMAGES, *OF_PARAMETERS)
    is_field = any(_refuses(words, name) for name in fields)
    return is_field or names_any(words, named) or names_turns(words) or names_streams(words)


def _refuses(words: str, name: str) -> bool:
    """Whether a server does not take a field. A name of one word stands in quotes, beside what says
    so, or behind a word such as "parameter"."""
    if "_" in in_snake_case(name):
        return REFUSES.search(words) is not None and names_field(words, name)
    field = _pattern(name)
    first = rf"\b{REFUSED}\b[^.\n]{{0,40}}?(?:\b{OF_FIELD}\b(?: supplied| for| of)?:? ?|[\"'`(\[])"
    behind = rf" (?:{OF_FIELD} )?(?:(?:is|are) )?(?:currently )?{REFUSED}\b"
    quoted = rf"[\"'`][^.\n]{{0,40}}?\b{REFUSED}\b"
    pattern = f"{first}{field}|{field}(?:{behind}|{quoted})"
    return re.search(pattern, in_snake_case(words)) is not None


def names_field(words: str, name: str) -> bool:
    """Whether a server speaks of a field of a request, in whatever way it writes the name."""
    return re.search(_pattern(name), in_snake_case(words)) is not None


def _pattern(name: str) -> str:
    pattern = re.escape(in_snake_case(name)).replace("_", "[_ -]")
    return rf"(?<![a-z_]){pattern}(?![a-z_])"


def names_turns(words: str) -> bool:
    """Whether a server speaks of who says what in a conversation."""
    return OF_TURNS.search(words) is not None


def names_streams(words: str) -> bool:
    """Whether a server wants to be asked for a stream."""
    return OF_STREAMS.search(words) is not None


def names_any(words: str, names: tuple[str, ...]) -> bool:
    """Whether one of the names (small letters and spaces) is in what a server says."""
    told = f" {words.lower()} {in_snake_case(words)} ".replace("_", " ").replace("-", " ")
    return any(name in told for name in names)


def in_snake_case(words: str) -> str:
    """In small letters, with topP as top_p: some servers name a field as their own code does."""
    return CAPITAL.sub("_", words).lower()
