"""Screen: where commands print their tables."""

from rich.console import Console

WIDTH = 200
"""Characters of a line where output goes to a file or another program: names stay whole."""


def wide_console() -> Console:
    """Standard output, as wide as the terminal that it is."""
    console = Console(emoji=False)
    return console if console.is_terminal else Console(width=WIDTH, emoji=False)
