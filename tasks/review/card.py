"""The card's section on reviews. Reviews come after a dataset is published: the section stands
between two marks, and is written anew when there are more. The card is no part of what a dataset
is named by."""

from collections.abc import Sequence
from pathlib import Path

from schemas.replacing import replacing
from tasks.pages.templates import text_template
from tasks.review.precision import Agreement, Precision

BEGIN, END = "<!-- reviews -->\n", "<!-- /reviews -->\n"
TEMPLATE = text_template(
    Path(__file__).with_name("card.md.jinja"), {"percent": lambda share: f"{100 * share:.1f} %"}
)


def write_reviews(dataset: Path, found: Sequence[Precision], pairs: Sequence[Agreement]) -> None:
    """Put what reviewers found into the card of a dataset, where it has one; a card without the
    marks stays as it is."""
    place = dataset / "README.md"
    text = place.read_text(encoding="utf-8") if place.exists() else ""
    if BEGIN not in text or END not in text:
        return
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    section = TEMPLATE.render(precisions=found, agreements=pairs) if found else ""
    if (new := f"{before}{BEGIN}{section}{END}{after}") != text:
        with replacing(place) as partial:
            partial.write_text(new, encoding="utf-8")
