"""Locations: in which cell of the picture a thing lies."""

from collections.abc import Iterator

from schemas.claim import Cell, LocationClaim
from tasks.asking.proposal import Proposal
from tasks.asking.view import View


def propose_locations(view: View) -> Iterator[Proposal]:
    for thing in view.things:
        x, y = thing.box.center
        column, row = int(3 * x / view.scene.width), int(3 * y / view.scene.height)
        cell = list(Cell)[3 * min(row, 2) + min(column, 2)]
        claim = LocationClaim(thing.object_id, cell)
        is_edge = (row == 1) != (column == 1)
        yield Proposal("cell", claim, _other_cells(view, claim), cell, hardness=int(is_edge))


def _other_cells(view: View, claim: LocationClaim) -> Iterator[LocationClaim]:
    for cell in view.shuffled(Cell, claim.object):
        if cell is not claim.cell:
            yield LocationClaim(claim.object, cell)
