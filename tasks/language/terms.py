"""Terms: claims as models read and write them, with published ids in place of numbers, and without
their category, which a document states once."""

from collections.abc import Mapping
from typing import Any

import msgspec

from schemas.claim import OBJECT_FIELDS, Category, Claim


def terms_of(claim: Claim, ids: Mapping[int, str]) -> dict[str, Any]:
    """The claim as JSON, with published ids in place of numbers."""

    def told(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [ids[key] for key in value]
        return None if value is None else ids[value]

    fields: dict[str, Any] = msgspec.to_builtins(claim)
    del fields["category"]
    return {name: told(value) if name in OBJECT_FIELDS else value for name, value in fields.items()}


def claim_of(category: Category, terms: Mapping[str, Any], keys: Mapping[str, int]) -> Claim:
    """The claim in published terms, `keys` giving the number of each id.

    ValueError, in words for the model that wrote it, where an id or a value is unknown.
    """

    def number(text: str) -> int:
        if text not in keys:
            raise ValueError(f"there is no thing with the id {text!r}")
        return keys[text]

    fields = {**terms, "category": category.value}
    for name in OBJECT_FIELDS & fields.keys():
        value = fields[name]
        if isinstance(value, list):
            fields[name] = [number(text) for text in value]
        elif value is not None:
            fields[name] = number(value)
    try:
        claim: Claim = msgspec.convert(fields, Claim)
        return claim
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
