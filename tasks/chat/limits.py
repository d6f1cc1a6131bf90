"""Limits: what holds for every server, and is not configured."""

from dataclasses import dataclass

from schemas.retry import Backoff


@dataclass(frozen=True, slots=True)
class Limits:
    """`answer_bytes` bounds an answer that is held in memory: replies have some kilobytes, and a
    server that sends without end must not fill it. `connect_seconds` is what opening a connection
    may take: Linux repeats the attempt after 1, 3, 7 and 15 seconds. `backoff` is between attempts
    at one request.
    After `silent_seconds` without a reply, a server that is asked few requests at once counts as
    gone after few of them: they take as long as many at once.

    Of batches: `batch_window` conversations run at a time, as many as a batch holds. OpenAI
    documents 50,000 requests (`batch_requests`) and 200 MB for a file; `batch_bytes` is half of
    that, for providers that take less. A batch is submitted when nobody has asked for another
    request for `batch_idle_seconds`: the conversations that will ask have asked by then. A batch
    that the provider does not list `batch_settling_seconds` after its intent was stored was never
    created: this is twice the time that all attempts to create it may take."""

    answer_bytes: int = 32 << 20
    connect_seconds: float = 20.0
    backoff: Backoff = Backoff()  # noqa: RUF009  (frozen)
    silent_seconds: float = 60.0
    batch_window: int = 50_000
    batch_requests: int = 50_000
    batch_bytes: int = 100_000_000
    batch_idle_seconds: float = 1.0
    batch_settling_seconds: float = 600.0


LIMITS = Limits()
