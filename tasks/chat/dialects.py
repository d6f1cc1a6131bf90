"""Dialects: about what servers disagree in a request, and what one server takes for one model.

A dialect is the form in which the reply's schema is stated, the name of the token limit, whether
messages are merged, whether the reply is streamed, and the parameters that are left out. It is
found out by what the server rejects, which costs nothing, and by its first reply: a server that
ignores the form answers in prose.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from schemas.chat import Failure, Request
from schemas.config.chat import ANTHROPIC_HOST, ChatConfig
from tasks.chat.completion import Completion
from tasks.chat.errors import RejectedError
from tasks.chat.model_text import begins_as_prose, lacks_form
from tasks.chat.named import (
    in_snake_case,
    names_field,
    names_form,
    names_streams,
    names_turns,
    of_named_kinds,
)


class Form(StrEnum):
    """How a server learns which form a reply must have: by a schema that it enforces; as JSON, with
    the schema in the prompt; or by the prompt alone."""

    JSON_SCHEMA = "json-schema"
    JSON_OBJECT = "json-object"
    PROMPT = "prompt"


TOKENS, COMPLETION_TOKENS = "max_tokens", "max_completion_tokens"
"""The two names of the field that limits a reply."""
LIMIT = re.compile(rf"(?<![a-z_])(?:{TOKENS}|{COMPLETION_TOKENS})(?![a-z_])")
"""Either of them, and no words about a limit: a server that does not know the other name may ignore
it."""
STRICT = "strict"
"""The field of a schema that asks a server to enforce it."""
STREAM_OPTIONS = "stream_options"
"""The field that asks for the tokens of a streamed reply."""
OPENAI_HOSTS = ("api.openai.com", ".openai.azure.com", ".services.ai.azure.com")
"""Their reasoning models take no max_tokens, and all of their models the other name."""
MAX_PROBES = 3
"""Replies that may say nothing about the form (refused or cut off, for example) before no more are
waited for one by one."""
MAX_TRIED = 24
"""Dialects that are tried: a server may repeat a whole request in every rejection."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dialect:
    """`is_merged`: the instructions stand in the first message of the user, and messages of one
    side that follow each other are one. `is_streamed`: the reply is asked for piece by piece.
    `without` names the parameters that are left out. The limit of tokens never is: a reply without
    it could cost any amount."""

    form: Form
    tokens_field: str = TOKENS
    is_merged: bool = False
    is_streamed: bool = False
    without: frozenset[str] = frozenset()

    def after(self, error: RejectedError, request: Request) -> "Iterator[Dialect]":
        """The dialects to try after a rejection, the best first; none where the words do not name
        anything in which dialects differ."""
        told = in_snake_case(error.words)
        if LIMIT.search(told):
            other = TOKENS if self.tokens_field == COMPLETION_TOKENS else COMPLETION_TOKENS
            yield replace(self, tokens_field=other)
        for name in self._left_out_first(request):
            if name not in self.without and names_field(error.words, name):
                yield replace(self, without=self.without | {name})
        for kind in of_named_kinds(error.words, parameters_of(request.chat)):
            if kind - self.without:
                yield replace(self, without=self.without | kind)
        if not self.is_merged and names_turns(error.words):
            yield replace(self, is_merged=True)
        if not (self.is_streamed or request.chat.batch) and names_streams(error.words):
            yield replace(self, is_streamed=True)
        if names_form(error.words):
            yield from self.in_other_forms(request)

    def in_other_forms(self, request: Request) -> "Iterator[Dialect]":
        """Those that ask less of a server."""
        if request.schema and request.chat.structured == "detect":
            forms = list(Form)
            yield from (replace(self, form=form) for form in forms[forms.index(self.form) + 1 :])

    def _left_out_first(self, request: Request) -> list[str]:
        """What a request may do without; temperature last, which changes most."""
        strict = [STRICT] if request.schema and self.form is Form.JSON_SCHEMA else []
        options = [STREAM_OPTIONS] if self.is_streamed else []
        return [*strict, *options, *reversed(parameters_of(request.chat))]

    def __str__(self) -> str:
        less = "".join(f", without {name}" for name in sorted(self.without))
        merged = ", messages merged" if self.is_merged else ""
        streamed = ", streamed" if self.is_streamed else ""
        return f"{self.form} and {self.tokens_field}{merged}{streamed}{less}"


def parameters_of(chat: ChatConfig) -> dict[str, Any]:
    """What a configuration asks for beyond what every request has."""
    sampling = {"temperature": chat.temperature, "top_p": chat.top_p}
    return {name: value for name, value in sampling.items() if value is not None} | chat.extra_body


def fields_of(chat: ChatConfig) -> list[str]:
    """The names of all that a server may refuse of a request and that not every one has."""
    return [*parameters_of(chat), STRICT, STREAM_OPTIONS]


def dialect_of(chat: ChatConfig) -> Dialect:
    """What to try first. Known servers that ignore a wrong dialect, instead of rejecting it, get
    their own: Anthropic's ignores response_format, so that the form has to be in the prompt."""
    host = urlsplit(chat.base_url).hostname or ""
    first = Form.PROMPT if host == ANTHROPIC_HOST else Form.JSON_SCHEMA
    form = first if chat.structured == "detect" else Form(chat.structured)
    return Dialect(form, COMPLETION_TOKENS if host.endswith(OPENAI_HOSTS) else TOKENS)


class Negotiation:
    """What one server takes for one model. Each dialect is tried once, whoever's request it is that
    is rejected; one in which nothing was answered is left again."""

    def __init__(self, chat: ChatConfig) -> None:
        self._chat = chat
        self.dialect = self._answered = dialect_of(chat)
        self._tried = {self.dialect}
        self._num_probes = 0
        self._is_heeded = self._has_answered = False

    @property
    def is_open(self) -> bool:
        """Whether it is not known yet if the server heeds the schema of a request."""
        is_stated = self._chat.structured == "detect" and self.dialect.form is Form.JSON_SCHEMA
        return is_stated and not self._is_heeded and self._num_probes < MAX_PROBES

    @property
    def evidence(self) -> str:
        """The digest under which the reply is kept that shows that the server ignores the form."""
        text = f"{self._chat.base_url} {self._chat.model} ignores {Form.JSON_SCHEMA}"
        return sha256(text.encode()).hexdigest()[:32]

    def after_rejection(self, request: Request, rejected: Mapping[Dialect, RejectedError]) -> bool:
        """Whether to ask again: in a dialect that this or another request found. `rejected` are
        those in which this request was, in that order. A change is kept where other words follow
        it, else another one is tried in its place. Where the words name nothing, and nothing was
        answered before, it may be the form."""
        if self.dialect in rejected:
            *earlier, last = rejected.items()
            is_progress = last[1].words not in {error.words for _, error in earlier}
            ordered = [last, *earlier] if is_progress else [*earlier, last]
            following = chain(*(used.after(error, request) for used, error in ordered))
            if last[1].says_nothing and not self._has_answered:
                following = chain(following, last[0].in_other_forms(request))
            untried = (dialect for dialect in following if dialect not in self._tried)
            is_over = len(self._tried) >= MAX_TRIED
            self._use(self._answered if is_over else next(untried, self._answered))
        return self.dialect not in rejected

    def after_reply(self, used: Dialect, request: Request, completion: Completion) -> bool:
        """Whether this reply shows that the server ignores the form: one that enforces a schema
        lets no other text pass."""
        self._has_answered = True
        if used == self.dialect:
            self._answered = used
        if not (self.is_open and request.schema and used.form is Form.JSON_SCHEMA):
            return False
        if completion.failure is Failure.TRUNCATED and begins_as_prose(completion.text):
            return True
        if completion.failure:
            self._num_probes += 1
            return False
        self._is_heeded = not lacks_form(completion.text, request.schema)
        return not self._is_heeded

    def ignore_form(self) -> None:
        """From now on, the schema is in the prompt."""
        self._use(replace(self.dialect, form=Form.JSON_OBJECT))
        self._answered = replace(self._answered, form=Form.PROMPT)

    def _use(self, dialect: Dialect) -> None:
        self._tried.add(dialect)
        if dialect != self.dialect:
            self.dialect = dialect
            where = f"{self._chat.model} at {self._chat.base_url}"
            level = logging.WARNING if dialect.without else logging.INFO
            logger.log(level, "%s is asked with %s", where, dialect)
