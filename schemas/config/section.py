"""Section: what every part of a configuration is, and the ranges that several share.

Fields that say where or how fast, not what, are `exclude=True`: they stay out of digests.
"""

from hashlib import sha256
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Seed = Annotated[int, Field(ge=0, lt=2**63)]
"""What all generators of random numbers take."""
Share = Annotated[float, Field(ge=0.0, le=1.0)]


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""A list, or the only text of one."""


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def config_digest(config: BaseModel) -> str:
    """Of all that decides what comes out: twelve digits, for Prefect's tags and for reports."""
    return sha256(config.model_dump_json().encode()).hexdigest()[:12]
