"""Faithfulness: whether the scene in a reply supports the answer in it, for items with the facts
`gold` and `program` (schemas.proof.own_scene)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from evaluation.grounding import find_scene, in_shares, read_gold
from schemas.benchmark import fact
from schemas.proof.own_scene import Faithfulness, decode_program, faithfulness, own_scene

_decoded = lru_cache(4_096)(decode_program)


def reply_faithfulness(
    item: Mapping[str, Any], text: str | None, frame: tuple[int, int], letter: str | None
) -> Faithfulness | None:
    """Of a reply whose boxes are in that frame, and in which that letter was read. None where there
    is no readable scene, no letter of an option, or nothing is known of what options stand for."""
    program, gold = fact(item["facts"], "program"), read_gold(item)
    scene, _ = find_scene(text) if text is not None else (None, None)
    if program is None or gold is None or scene is None or not letter:
        return None
    asked = _decoded(program)
    place = ord(letter[0]) - ord("A")
    if len(letter) != 1 or not 0 <= place < len(asked.claims):
        return None
    return faithfulness(asked, place, own_scene(in_shares(scene, *frame), gold.subgraph, asked))
