"""Room: how many requests a provider takes in one batch."""

from schemas.retry import MAX_ASKED


class Room:
    """`most` requests go into a batch: all that a file holds, fewer where the provider had no room
    for them. While it `is_crowded`, one batch is sent at a time."""

    def __init__(self, most: int) -> None:
        self.most = self._limit = most
        self.is_crowded = False
        self._num_halved = 0

    def halve(self, num_requests: int) -> None:
        """So many found no room though no other batch was under way."""
        self._num_halved += 1
        self.most = max(num_requests // 2, 1)

    def double(self) -> None:
        """A batch found room."""
        self.most = min(2 * self.most, self._limit)
        self.is_crowded, self._num_halved = self.most < self._limit, 0

    def seconds(self, poll: float) -> float:
        """How long to wait before another batch is sent, with `poll` seconds between two polls."""
        return min(poll * 2.0**self._num_halved, MAX_ASKED)
