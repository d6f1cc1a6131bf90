"""Locations: in which cell of the picture a thing lies."""

from collections.abc import Iterator

from schemas.claim import Cell, LocationClaim
from tasks.extract.proposal import Proposal
from tasks.extract.view import View


def propose_locations(view: View, num_options: int) -> Iterator[Proposal]:
    for thing in view.things:
        x, y = thing.box.center
        column, row = int(3 * x / view.scene.width), int(3 * y / view.scene.height)
        cell = list(Cell)[3 * min(row, 2) + min(column, 2)]
        claim = LocationClaim(thing.object_id, cell)
        yield Proposal("cell", claim, _other_cells(view, claim), cell)


def _other_cells(view: View, claim: LocationClaim) -> Iterator[LocationClaim]:
    """First a set of two rows and two columns, in which each cell may be the right one; then the
    rest."""
    cells = list(Cell)
    row, column = divmod(cells.index(claim.cell), 3)
    other_row, *_ = view.shuffled({0, 1, 2} - {row}, claim.object, "row")
    other_column, *_ = view.shuffled({0, 1, 2} - {column}, claim.object, "column")
    corners = {3 * y + x for y in (row, other_row) for x in (column, other_column)}
    drawn = view.shuffled(range(9), claim.object)
    for place in sorted(drawn, key=lambda place: place not in corners):
        if cells[place] is not claim.cell:
            yield LocationClaim(claim.object, cells[place])
