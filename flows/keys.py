"""Keys of Prefect artifacts."""

import re
from hashlib import blake2b


def artifact_key(*parts: str) -> str:
    """The parts joined by dashes. Prefect takes small letters, digits and dashes only: where others
    were replaced, a digest of the parts keeps apart what would else share one history."""
    whole = "-".join(parts)
    plain = re.sub(r"[^a-z0-9-]", "-", whole.lower())
    if plain == f"{parts[0].lower()}{whole[len(parts[0]) :]}":
        return plain
    return f"{plain}-{blake2b(whole.encode(), digest_size=3).hexdigest()}"
