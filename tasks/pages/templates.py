"""Templates: one environment for every page, card and Markdown file, and the parts of pages.

Parts are styles and scripts that a page holds as they are. Those of this folder are shared: the
style, the browser of items, and boxes over pictures.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from schemas.printable import visible

PARTS = Path(__file__).parent
Filter = Callable[[Any], Any]


def page_template(path: Path) -> Template:
    """Of an HTML page: what is put into it is escaped. It knows `part(name)`, a file of its folder
    or a shared one, and `policy(style, script)`, the Content-Security-Policy under which only these
    two work. Its filter `visible` is for what becomes an address."""
    environment = _environment(path.parent, is_page=True)
    environment.filters["visible"] = visible
    environment.globals |= {"part": partial(part, path.parent), "policy": policy}
    return environment.get_template(path.name)


def text_template(path: Path, filters: Mapping[str, Filter] | None = None) -> Template:
    """Of Markdown: nothing is escaped but by its filters."""
    environment = _environment(path.parent, is_page=False)
    environment.filters |= filters or {}
    return environment.get_template(path.name)


def _environment(folder: Path, *, is_page: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        finalize=_seen,
        autoescape=is_page,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _seen(value: Any) -> Any:
    """What a template is given, hidden characters seen; parts, and what macros made, are as they
    are."""
    return visible(value) if type(value) is str else value


@cache
def part(folder: Path, name: str) -> Markup:
    """A style or script of ours, which is not escaped."""
    place = next(place for place in (folder / name, PARTS / name) if place.exists())
    return Markup(place.read_text(encoding="utf-8"))


def policy(style: str, script: str = "", *, is_served: bool = False) -> str:
    """Nothing is loaded but pictures in the page itself, and no style and no script works but
    these two. A page that is served may load pictures and data from its own server."""
    sources = {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": f"'{_digest(style)}'",
        "script-src": f"'{_digest(script)}'" if script else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    if is_served:
        sources |= {"img-src": "'self'", "connect-src": "'self'"}
    return "; ".join(f"{name} {source}" for name, source in sources.items())


def _digest(text: str) -> str:
    """How a policy names the one text that may work."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
