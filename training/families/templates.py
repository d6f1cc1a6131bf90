"""Chat templates: how a conversation becomes the text that a model reads."""

from pathlib import Path

OURS = Path(__file__).parent


def own_template(name: str) -> str:
    """The one that models of the Hub carry, of which TRL holds a copy."""
    import trl

    return _read(Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja")


def our_template(name: str) -> str:
    return _read(OURS / f"{name}.jinja")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
