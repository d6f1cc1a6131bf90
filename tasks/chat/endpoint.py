"""Endpoint: HTTP to an OpenAI-compatible server, and what its answers mean for a request.

Bodies go out and come back as bytes: client libraries that build objects of every request and
reply take three times as long as all the rest of a call.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from ssl import SSLCertVerificationError
from typing import IO, Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from schemas.config.chat import ChatConfig
from schemas.proxies import proxy_of
from schemas.redaction import redacted, remember_key
from schemas.retry import asked_seconds
from tasks.chat.dialects import OPENAI_HOSTS, fields_of
from tasks.chat.errors import (
    ChatRefusedError,
    LateError,
    PassingError,
    RejectedError,
    UnreachableError,
    UntrustedError,
    error_of,
    error_words,
    in_one_line,
    is_unpaid,
)
from tasks.chat.keys import key_of
from tasks.chat.limits import LIMITS, Limits
from tasks.chat.named import names_request
from tasks.chat.packing import PLAIN, PackedError, too_large, unpacked

PIECE = 1 << 20
"""Bytes for which a server has `timeout_seconds` each: what comes without end, a byte now and then,
is given up, and files of batches are not."""
KEEP_ALIVE_SECONDS = 60.0
"""How long an unused connection is kept: shorter than nginx does (75), so that a request is rarely
sent on a connection that its server is closing."""
MAX_SEEN = 10_000
"""Ids of answers that are remembered. A repeated answer is that of a request that was sent over the
same connection shortly before; more than 4,096 are never in flight."""
OWNERS = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}
"""Headers by the environment variable that OpenAI's own client reads for them."""
OF_PROXY = (401, 403, 407)
"""Statuses of a proxy that lets nothing pass as it is asked."""
JSON = {"Content-Type": "application/json"}
"""Header of a request whose body is JSON."""
HEADER_BYTES = 1 << 16
"""A line of headers at most. The policies of some proxies are longer than aiohttp's 8 KiB, and a
reply that is paid for would be lost with them."""
REDIRECTS = (301, 302, 303, 307, 308)
"""Statuses whose `location` a client would follow."""


class _MissingError(ChatRefusedError):
    """The server has no such model, batch or file."""


class Endpoint:
    """The server of one model, over one pool of connections. Belongs to one event loop.

    The calls raise PassingError or RejectedError for this request, ChatRefusedError where no
    request can succeed. No message holds the key.
    """

    def __init__(self, chat: ChatConfig, limits: Limits = LIMITS) -> None:
        self._chat = chat
        self._key = key_of(chat)
        remember_key(self._key)
        self._url = chat.base_url.rstrip("/")
        self._proxy = proxy_of(self._url)
        if self._proxy and self._proxy.login:
            remember_key(self._proxy.login[1])
        self._max_bytes = limits.answer_bytes
        self._connect_seconds = limits.connect_seconds
        self._session: aiohttp.ClientSession | None = None
        self._left: list[aiohttp.ClientSession] = []
        self._seen: dict[str, None] = {}

    async def complete(self, body: bytes) -> bytes:
        """The body of the answer to a chat request."""
        return await self._post("/chat/completions", body)

    async def upload(self, file: IO[bytes]) -> bytes:
        # aiohttp closes the file it has sent; another attempt needs it.
        with open(os.dup(file.fileno()), "rb") as own:  # noqa: PTH123  (a number has no path)
            own.seek(0)
            form = aiohttp.FormData({"purpose": "batch"})
            form.add_field("file", own, filename="requests.jsonl", content_type="application/jsonl")
            num_bytes = os.fstat(own.fileno()).st_size
            try:
                return await self._content("POST", "/files", form, num_bytes=num_bytes)
            except _MissingError:
                raise ChatRefusedError(
                    f"{self._chat.base_url} has no Batch API: leave batch out"
                ) from None

    async def create_batch(self, wanted: dict[str, Any]) -> bytes:
        return await self._post("/batches", msgspec.json.encode(wanted))

    async def batch(self, batch_id: str) -> bytes | None:
        try:
            return await self._content("GET", f"/batches/{batch_id}")
        except _MissingError:
            return None

    async def batches(self, after: str | None) -> bytes:
        return await self._content("GET", f"/batches?limit=100{f'&after={after}' if after else ''}")

    async def download(self, file_id: str, to: IO[bytes]) -> None:
        """A file may be on another host and has no size limit: it goes to disk."""
        to.seek(0)
        to.truncate()
        with suppress(_MissingError):
            await self._content("GET", f"/files/{file_id}/content", to=to)

    async def close(self) -> None:
        for session in filter(None, (self._session, *self._left)):
            await session.close()

    async def _post(self, path: str, body: bytes) -> bytes:
        return await self._content("POST", path, body, JSON)

    async def _content(
        self,
        method: str,
        path: str,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        to: IO[bytes] | None = None,
        num_bytes: int = 0,
    ) -> bytes:
        """The body of a good answer, empty where it is written to `to`; `num_bytes` are sent. Any
        other answer raises the error that it means."""
        if self._session is None:
            self._session = self._open()
        seconds = self._chat.timeout_seconds
        clock = asyncio.get_running_loop()
        limit = asyncio.timeout(seconds * (1 + num_bytes / PIECE))
        try:
            async with (
                limit,
                self._session.request(
                    method,
                    self._url + path,
                    data=data,
                    headers=headers,
                    allow_redirects=to is not None,
                ) as response,
            ):
                self._refuse_redirect(response)
                encoding = response.headers.get("content-encoding", "").strip().lower()
                if not 200 <= response.status < 300:
                    said = await self._read(response)
                    with suppress(PackedError):  # without its words, the status counts
                        said = unpacked(said, encoding, self._max_bytes)
                    code, words = error_words(said)
                    wait = asked_seconds(response.headers)
                    raise self.meaning(response.status, code, words, wait)
                content = b""
                if to is None:
                    content = unpacked(await self._read(response), encoding, self._max_bytes)
                elif encoding not in PLAIN:
                    raise PackedError(encoding)
                num_written = 0
                while to and (piece := await response.content.readany()):
                    num_written += to.write(piece)
                    if num_written >= PIECE:
                        num_written = 0
                        limit.reschedule(clock.time() + seconds)
        except aiohttp.InvalidURL:
            raise ChatRefusedError(
                f"{_one_line(self._chat.base_url)} is not an address: correct base_url"
            ) from None
        except aiohttp.ClientHttpProxyError as error:
            raise self._proxy_error(error.status, error.message) from None
        except aiohttp.ConnectionTimeoutError:
            self._seen.clear()
            told = f"no connection in {self._connect_seconds:g} seconds"
            raise UnreachableError(told) from None
        except aiohttp.ClientError as error:
            # The last cause holds the words of the operating system.
            *_, cause = _causes(error)
            message = _one_line(str(cause) or type(cause).__name__)
            if isinstance(cause, SSLCertVerificationError):
                raise UntrustedError(message) from None
            if isinstance(error, aiohttp.ClientConnectorError):
                self._seen.clear()  # one that starts anew may count its replies from 1 again
                raise UnreachableError(message) from None
            raise PassingError(message) from None
        except TimeoutError:
            raise LateError(f"no reply in {seconds:g} seconds", is_congestion=True) from None
        self._refuse_repeated(response.headers.get("x-request-id"))
        return content

    def _proxy_error(self, status: int, words: str) -> Exception:
        """What an answer means that is the proxy's own."""
        about = f"the proxy {self._proxy.address}" if self._proxy else self._chat.base_url
        told = f"{about} answers {status}: {_one_line(words)}"
        if status not in OF_PROXY:
            return PassingError(told)
        return ChatRefusedError(
            f"{told}; correct https_proxy, http_proxy or all_proxy in the environment, or name "
            f"{urlsplit(self._url).hostname} in no_proxy"
        )

    def _refuse_redirect(self, response: aiohttp.ClientResponse) -> None:
        """Prompts go to the configured server only."""
        if response.status in REDIRECTS and "location" in response.headers:
            host = urlsplit(self._chat.base_url).hostname
            raise ChatRefusedError(f"{host} sends requests elsewhere: correct base_url")

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """A whole body; RejectedError where it does not end within the limit."""
        pieces: list[bytes] = []
        num_bytes = 0
        while piece := await response.content.readany():
            num_bytes += len(piece)
            if num_bytes > self._max_bytes:
                raise too_large(self._max_bytes)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _open(self) -> aiohttp.ClientSession:
        address = urlsplit(self._url)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                # A repeated request must not wait for the answers of others.
                limit=2 * self._chat.max_concurrent,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
            ),
            timeout=aiohttp.ClientTimeout(
                total=None,
                sock_connect=self._connect_seconds,
                sock_read=self._chat.timeout_seconds,
            ),
            headers={
                "Authorization": f"Bearer {self._key}",
                "Accept-Encoding": "identity",
                "User-Agent": "spatialthinker",
                **self._owners(address.hostname or ""),
            },
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            auto_decompress=False,
            proxy=self._proxy.with_login if self._proxy else None,
        )

    def _owners(self, host: str) -> dict[str, str]:
        """Whom OpenAI charges, where one key is for several organisations or projects."""
        if not host.endswith(OPENAI_HOSTS):
            return {}
        return {header: os.environ[name] for name, header in OWNERS.items() if os.environ.get(name)}

    def _refuse_repeated(self, request_id: str | None) -> None:
        """A reply that is delivered twice is taken for that to the next request on its connection:
        no connection of this pool is used again."""
        if request_id is None:
            return
        if request_id in self._seen:
            if self._session is not None:
                self._left.append(self._session)
            self._session = None
            raise PassingError("a reply to another request was delivered again")
        self._seen[request_id] = None
        if len(self._seen) > MAX_SEEN:
            del self._seen[next(iter(self._seen))]

    def meaning(
        self, status: int, code: str, words: str, retry_after: float | None = None
    ) -> Exception:
        """What an error means that has this status: of an answer, or within a good one."""
        words = redacted(words)  # and cut: some searches take time by the square of a text
        message = in_one_line(words)
        where = f"{self._chat.base_url} ({self._chat.model})"
        fields = fields_of(self._chat)
        error = error_of(status, code, message, retry_after, words, fields)
        if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return self._proxy_error(status, words)
        if is_unpaid(status, code, message):
            return ChatRefusedError(f"{where} wants to be paid first: {message}")
        if status == 403 and isinstance(error, RejectedError) and error.code:
            return error
        if status in (401, 403):
            env = self._chat.api_key_env
            told = (
                f"does not accept the key in {env}" if env else "wants a key (name it: api_key_env)"
            )
            return ChatRefusedError(f"{where} {told}: {message}")
        # Routers say so, too, of a model that has no provider for what is asked.
        if status == 404 and not names_request(words.replace(self._chat.model, ""), fields):
            mostly = "" if urlsplit(self._url).path else ", which mostly ends with /v1"
            return _MissingError(
                f"{where} is not there: {message}; correct model or base_url{mostly}"
            )
        return error


def _one_line(message: str) -> str:
    """Redacted before it is cut: half a key would not be found."""
    return in_one_line(redacted(message))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__
