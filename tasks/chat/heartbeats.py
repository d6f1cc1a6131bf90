"""Heartbeats: lines that tell now and then which models are asked."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tasks.beating import HEARTBEAT_SECONDS, beating
from tasks.chat.run import Run


@contextmanager
def heartbeats(
    tell: Callable[[str], None], runs: Mapping[str, Run], seconds: float = HEARTBEAT_SECONDS
) -> Iterator[None]:
    """Within the block, a line every so many seconds for each of the runs that asks a model."""

    def beat(took: float) -> None:
        for name, run in runs.items():
            if run.num_under_way:
                tell(f"{name}: still running, {took:.0f} s: {run.meter}")

    with beating(beat, seconds):
        yield
