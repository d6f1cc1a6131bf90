"""Tokens of the miniature: what is asked, what is written, and the text for which it is rewarded.

A completion is `(class x1 y1 x2 y2)* ANS answer EOS`, and PAD behind it.
"""

import json
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.miniature.scenes import ANSWERS, NUM_CLASSES, SIDE, Ints, Kind, Scenes, answers_of

EDGE = NUM_CLASSES
"""The first of SIDE + 1 tokens for edges of boxes; before them are the classes."""
KIND = EDGE + SIDE + 1
SAID = KIND + len(Kind)
"""The first token of the answers; before them are the kinds of questions."""
NONE, ANS, EOS, PAD = range(SAID + len(ANSWERS), SAID + len(ANSWERS) + 4)
VOCABULARY = PAD + 1
THING = 5
"""Tokens of a thing: its class and four edges."""
ENDING = 3
"""Tokens of ANS, answer, EOS."""
COLORS = ("red", "orange", "lime", "green", "cyan", "blue", "violet", "pink")
"""Names of the classes."""


class Written(NamedTuple):
    """What N completions say: `boxes` (N, 3, 4) and `has_box` (N, 3) of the things that are asked
    about, the box of their class that counts; `answers` (N,) are places in ANSWERS, -1 for none;
    `things` (N,) counts the things written; `is_formed` (N,)."""

    boxes: Ints
    has_box: NDArray[np.bool_]
    answers: Ints
    things: Ints
    is_formed: NDArray[np.bool_]


def questions(scenes: Scenes) -> Ints:
    """Of shape (N, 4): the kind and the classes of what is asked about."""
    names = scenes.asked_classes()
    return np.concatenate([KIND + scenes.kinds[:, None], np.where(names < 0, NONE, names)], axis=1)


def things_of(classes: Ints, boxes: Ints) -> Ints:
    """Of shape (N, K * THING) for classes (N, K), PAD for one of -1."""
    tokens = np.concatenate([classes[..., None], EDGE + boxes], axis=2)
    return np.where(classes[..., None] < 0, PAD, tokens).reshape(len(classes), -1)


def completions(things: Ints, answers: Ints) -> Ints:
    """Things as of `things_of`, the answer behind the last of them, PAD at the end."""
    ends = np.tile([ANS, 0, EOS], (len(answers), 1))
    ends[:, 1] = SAID + answers
    whole = np.concatenate([things, ends], axis=1)
    order = np.argsort(whole == PAD, axis=1, kind="stable")
    return np.take_along_axis(whole, order, axis=1)


def gold_of(scenes: Scenes) -> list[str]:
    """What the rewards take: the asked things and the answer."""
    found = []
    for names, boxes, answer in zip(
        scenes.asked_classes(), scenes.asked_boxes(), scenes.answers, strict=True
    ):
        things = [(int(name), box.tolist()) for name, box in zip(names, boxes, strict=True)]
        scene = _scene([thing for thing in things if thing[0] >= 0])
        found.append(f"<scene>{scene}</scene><answer>{ANSWERS[answer]}</answer>")
    return found


def text_of(completion: list[int]) -> str:
    """The completion as text with the tags that the rewards read; what does not follow the format
    stays as it is, so that they refuse it."""
    body, _, ending = _parted(completion)
    things = [body[start : start + THING] for start in range(0, len(body), THING)]
    if all(map(_is_thing, things)):
        scene = _scene([(thing[0], [edge - EDGE for edge in thing[1:]]) for thing in things])
    else:
        scene = " ".join(map(str, body))
    said = f"<answer>{ANSWERS[ending[0] - SAID]}</answer>" if _is_ending(ending) else ""
    return f"<observe></observe><scene>{scene}</scene><think></think>{said}"


def read(found: list[list[int]], scenes: Scenes, *, is_last: bool = False) -> Written:
    """What completions say; of several boxes of a class the first counts, or the last."""
    boxes = np.zeros((len(found), 3, 4), np.int64)
    has_box = np.zeros((len(found), 3), bool)
    answers = np.full(len(found), -1)
    many = np.zeros(len(found), np.int64)
    is_formed = np.zeros(len(found), bool)
    for row, (completion, names) in enumerate(zip(found, scenes.asked_classes(), strict=True)):
        body, has_answer, ending = _parted(completion)
        things = [body[start : start + THING] for start in range(0, len(body), THING)]
        sound = [thing for thing in things if _is_thing(thing)]
        many[row] = len(sound)
        is_formed[row] = len(sound) == len(things) and _is_ending(ending)
        if has_answer and ending and SAID <= ending[0] < NONE:
            answers[row] = ending[0] - SAID
        for thing in sound if is_last else reversed(sound):
            for place in np.flatnonzero(names == thing[0]):
                boxes[row, place] = np.array(thing[1:]) - EDGE
                has_box[row, place] = True
    return Written(boxes, has_box, answers, many, is_formed)


def follows(written: Written, scenes: Scenes) -> tuple[Ints, NDArray[np.bool_]]:
    """The answer that the written boxes give, and whether they give one: all that are asked about
    have a box, and something speaks for one side."""
    found, _ = answers_of(scenes.kinds, written.boxes)
    mirrored, _ = answers_of(scenes.kinds, written.boxes[:, [1, 0, 2]])
    swapped, _ = answers_of(scenes.kinds, written.boxes[:, [0, 2, 1]])
    other = np.where(scenes.kinds == Kind.NEARER, swapped, mirrored)
    has_all = (written.has_box | (scenes.asked < 0)).all(axis=1)
    return found, has_all & (found != other)


def _parted(completion: list[int]) -> tuple[list[int], bool, list[int]]:
    """The tokens before the first ANS, whether there is one, and those behind it, up to PAD."""
    tokens = completion[: completion.index(PAD)] if PAD in completion else completion
    place = tokens.index(ANS) if ANS in tokens else len(tokens)
    return tokens[:place], ANS in tokens, tokens[place + 1 :]


def _is_thing(tokens: list[int]) -> bool:
    return (
        len(tokens) == THING
        and tokens[0] < EDGE
        and all(EDGE <= token < KIND for token in tokens[1:])
    )


def _is_ending(tokens: list[int]) -> bool:
    return len(tokens) == 2 and SAID <= tokens[0] < NONE and tokens[1] == EOS


def _scene(things: list[tuple[int, list[int]]]) -> str:
    """Things of one class are numbered."""
    seen: Counter[int] = Counter()
    objects = []
    for name, box in things:
        seen[name] += 1
        objects.append({"id": f"{COLORS[name]}.{seen[name]}", "bbox": box})
    return json.dumps({"objects": objects})
