"""How near things are to each other in the picture plane."""

from schemas.box import Box, center_distance, gap


class Distances:
    """The distances in one picture; those that differ by less than `least` pixels count as one."""

    def __init__(self, least: float) -> None:
        self.least = least
        self._known: dict[tuple[Box, Box], tuple[float, float]] = {}

    def nearness(self, reference: Box, one: Box, other: Box) -> float:
        """How many times nearer `one` is than `other`, by edges and by centres alike; 1 where the
        two measures disagree or hardly differ."""
        ratios = []
        for mine, theirs in zip(
            self._apart(reference, one), self._apart(reference, other), strict=True
        ):
            if abs(theirs - mine) < self.least:
                return 1.0
            ratios.append((theirs + 1.0) / (mine + 1.0))
        if min(ratios) > 1.0:
            return min(ratios)
        return max(ratios) if max(ratios) < 1.0 else 1.0

    def _apart(self, one: Box, other: Box) -> tuple[float, float]:
        """Pixels between the edges of two boxes and between their centres."""
        key = one, other
        if key not in self._known:
            self._known[key] = gap(one, other), center_distance(one, other)
        return self._known[key]
