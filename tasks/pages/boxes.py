"""Boxes over pictures as pages draw them: in thousandths of the picture's width and height.

`drawing.js` draws them; so does the style, by their `kind`.
"""

from collections.abc import Sequence
from typing import Any

from schemas.box import Corners
from schemas.printable import visible

UNIT = 1000
"""Parts of a side in which boxes are given: fine enough for a drawing, and short in the page."""
MAX_LABEL = 40
"""Characters: longer labels leave the drawing."""
MARGIN = 0.02
"""Share of a side by which a box may leave the picture, so that its edge is seen to be cut."""


def place_of_box(box: Corners, width: float = 1.0, height: float = 1.0) -> list[int]:
    """Left, top, width and height of a box (xyxy) in thousandths of a picture of that width and
    height; cut off at its edges."""
    x1, y1, x2, y2 = (
        round(min(max(edge / side, -MARGIN), 1 + MARGIN) * UNIT)
        for edge, side in zip(box, (width, height, width, height), strict=True)
    )
    return [x1, y1, x2 - x1, y2 - y1]


def drawn_box(label: str, kind: str, place: Sequence[int]) -> dict[str, Any]:
    return {"label": shown_label(label), "kind": kind, "place": list(place)}


def shown_label(name: str) -> str:
    """Without unpaired surrogates, which models may write and files cannot hold; hidden characters
    are seen."""
    return visible(name.encode("utf-8", "replace").decode())[:MAX_LABEL]
