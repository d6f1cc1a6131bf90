"""The table of `plan`: what it says of a file can be copied."""

import io

from rich.console import Console

from tasks.status import StageStatus, print_status


def test_a_path_longer_than_its_column_is_shown_whole():
    path = f"data/artifacts/validate/{'0' * 16}/a-folder-with-a-long-name/validation.html"
    told = io.StringIO()
    entry = StageStatus("validate", "failed", f"see {path}")
    print_status([entry], Console(file=told, width=60))
    cells = [line.split("\u2502")[3].strip() for line in told.getvalue().splitlines()[3:-1]]
    assert path in "".join(cells)
