"""Keys of Prefect artifacts."""

import re


def artifact_key(*parts: str) -> str:
    """The parts in lower case, joined by dashes: Prefect takes letters, digits and dashes only."""
    return re.sub(r"[^a-z0-9-]", "-", "-".join(parts).lower())
