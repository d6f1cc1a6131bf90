"""Report: the ledger rows of one witness."""

from dataclasses import dataclass, field

from schemas.ledger import doubted


@dataclass
class Report:
    """Each row names the witness that doubts."""

    witness: str
    rows: list[dict[str, str]] = field(default_factory=list)

    def note(self, image_id: str, item: str, reason: str, detail: str) -> None:
        self.rows.append(doubted(image_id, item, reason, f"{self.witness}: {detail}"))
