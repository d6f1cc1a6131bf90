"""The command line: `spatialthinker COMMAND`, and how it ends.

Errors are one line on standard error: exit code 2 for a bad call, configuration or input, 1 for a
run that failed, 130, 143 and 129 for a signal. So is a signal that comes while the program is still
being imported: this file imports nothing that takes time.
"""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from flows.streams import close_streams, open_streams


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, of these arguments or the process's own; SystemExit has its exit
    code."""
    is_own = arguments is None
    if is_own:
        _end_at_signals()
        open_streams()
    from rich.console import Console
    from rich.markup import escape

    from flows.commands.app import app
    from flows.outcomes import outcome_of
    from flows.stopping import end_when_stored, exit_code, ignore_signals, watch_signals
    from schemas.printable import printable
    from tasks.addresses import with_addresses

    if is_own:
        watch_signals()
    try:
        code = app(arguments, prog_name="spatialthinker", standalone_mode=False)
    except BaseException as error:
        if exit_code():
            end_when_stored()  # whatever the error is, a signal is why
        if not isinstance(error, Exception):
            raise
        told, code = outcome_of(error)
        if told:
            Console(stderr=True, highlight=False, soft_wrap=True, emoji=False).print(
                f"[red]error:[/red] {escape(printable(with_addresses(told)))}"
            )
        if is_own:
            # Threads of libraries would write below the line that says how the command ended.
            ignore_signals()
            close_streams()
        sys.exit(code)
    if exit_code():
        end_when_stored()
    if is_own:
        ignore_signals()
    sys.exit(code or 0)


def _end_at_signals() -> None:
    """Until the program is imported, there is nothing to see to: a signal ends it at once."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"error: stopped: the same command goes on where this one was\n")
    os._exit(128 + number)


if __name__ == "__main__":
    main()
