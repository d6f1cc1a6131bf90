"""Errors of a chat: what ends one attempt, one request, or the whole run."""


class PassingError(Exception):
    """One attempt failed in a way that may pass: it is made again. `retry_after` is how many
    seconds the server asks to be left alone; `is_congestion` says that it has too much to do."""

    def __init__(
        self, message: str, retry_after: float | None = None, is_congestion: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
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
