"""Payment: what replies of models may cost and where they are kept, whichever command asks for
them."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from schemas.config.chat import ChatConfig


def without_password(address: str) -> str:
    """The address of a reply store. ValueError where it is not PostgreSQL's or holds a password,
    which would stand in a file that people share."""
    parts = urlsplit(address)
    if parts.scheme != "postgresql":
        raise ValueError("write it as postgresql://user@host/database")
    if parts.password or "password" in parts.query:
        raise ValueError("no password here: put it into PGPASSWORD or ~/.pgpass")
    return address


Budget = Annotated[float, Field(ge=0.0)]
"""US dollars that all runs of one configuration together may spend on replies."""
StoreAddress = Annotated[str, AfterValidator(without_password)]


def check_prices(budget: float | None, chats: Mapping[str, ChatConfig]) -> None:
    """ValueError where there is a budget and a model without a price: what it costs would not be
    counted. `chats` are by the section that names them."""
    unknown = [section for section, chat in chats.items() if not chat.price]
    if budget is not None and unknown:
        raise ValueError(
            f"budget needs to know what is spent: set {unknown[0]}.price.input and .output "
            "(US dollars per million tokens; 0 for a model of your own)"
        )
