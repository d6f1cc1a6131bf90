"""Golden files: texts that reviewers should see change."""

import os
from pathlib import Path


def assert_golden(path: Path, text: str) -> None:
    """Compare with the file, or write it where the environment says GOLDEN=write."""
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    known = path.read_text(encoding="utf-8") if path.exists() else None
    assert text == known, (
        f"{path.name} is not what is rendered now: write it anew with GOLDEN=write "
        f".venv/bin/pytest {path.parent.parent.relative_to(Path(__file__).parents[1])}, and read "
        "what git shows as changed"
    )
