"""Meter: what is going on, for whoever watches."""

from dataclasses import dataclass


@dataclass(slots=True)
class Meter:
    """Counts of one stage in this process. `cost` is what was paid now, in US dollars; None where
    a price is not known."""

    asked: int = 0
    served: int = 0
    paid: int = 0
    again: int = 0
    cost: float | None = 0.0

    def pay(self, cost: float | None) -> None:
        self.paid += 1
        self.cost = None if cost is None or self.cost is None else self.cost + cost

    def __str__(self) -> str:
        parts = [f"{self.paid:,} replies"]
        if self.served:
            parts.append(f"{self.served:,} stored")
        if self.again:
            parts.append(f"{self.again:,} asked again")
        if self.cost:
            parts.append(f"${self.cost:,.2f}")
        return ", ".join(parts)


METERS: dict[str, Meter] = {}
"""By the name of the stage."""


def meter_of(stage: str) -> Meter:
    return METERS.setdefault(stage, Meter())
