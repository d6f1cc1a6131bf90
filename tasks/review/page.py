"""The page of a review: one file; questions come from the server as they are asked for."""

from functools import cache
from pathlib import Path
from typing import Any

from tasks.pages.templates import page_template

TEMPLATE = Path(__file__).with_name("page.html.jinja")


@cache
def _template() -> Any:
    return page_template(TEMPLATE)


def render_page(dataset: str, reviewer: str, num_items: int) -> str:
    page: str = _template().render(dataset=dataset, reviewer=reviewer, num_items=num_items)
    return page
