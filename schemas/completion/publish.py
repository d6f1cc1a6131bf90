"""The completion format: `<scene>{json}</scene>` and `<answer>(B) behind</answer>`, and the ids of
objects in a published scene.

The inference template in `prompts/spatial_thinker.txt` is a constant of the released SpatialThinker
models, quoted from the model card of SpatialThinker-7B (arXiv 2511.07403).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypedDict

import msgspec

from schemas.scene_graph import Scene

TEMPLATE = (Path(__file__).parent / "prompts" / "spatial_thinker.txt").read_text(encoding="utf-8")
IMAGE_MARK = "<image>"  # where the photograph stands in a prompt, in most trainers
LETTERS = "ABCD"  # of options: WriteConfig.num_options allows at most four
COMPLETION = re.compile(r"<scene>(.*?)</scene>\n<answer>(.*?)</answer>", re.DOTALL)
OBJECT_ID = re.compile(r"[a-zA-Z_]+\.[0-9]+")


class PublishedObject(TypedDict):
    id: str
    bbox: tuple[int, ...]


class PublishedRelationship(TypedDict):
    subject: str
    predicate: str
    object: str


class PublishedScene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scene graph as models read and write it; boxes are xyxy in pixels."""

    objects: list[PublishedObject]
    relationships: list[PublishedRelationship]


def published_label(name: str) -> str:
    """`name` in lower-case ASCII letters, `_` for everything else: `T-shirt 2` is `t_shirt`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]+", "_", plain).strip("_") or "object"


def published_ids(scene: Scene) -> dict[int, str]:
    """Object id to `label.number`; numbers count from 1 per label in the order of object ids."""
    numbers: Counter[str] = Counter()
    ids = {}
    for object_id in sorted(scene.objects):
        label = published_label(scene.objects[object_id].name)
        numbers[label] += 1
        ids[object_id] = f"{label}.{numbers[label]}"
    return ids


def publish_scene(
    scene: Scene,
    ids: Mapping[int, str],
    objects: Iterable[int],
    triplets: Iterable[tuple[int, str, int]],
) -> PublishedScene:
    """The part of a scene made of `objects` and of (subject, predicate, object) `triplets`."""
    return PublishedScene(
        objects=[{"id": ids[key], "bbox": tuple(scene.objects[key].box)} for key in objects],
        relationships=[
            {"subject": ids[subject], "predicate": predicate, "object": ids[target]}
            for subject, predicate, target in triplets
        ],
    )


def render_completion(scene: PublishedScene, answer: str) -> str:
    """What a perfect model would write, without its observation and its thoughts."""
    text = msgspec.json.encode(scene).decode()
    return f"<scene>{text}</scene>\n<answer>{answer}</answer>"


def parse_completion(text: str) -> tuple[PublishedScene, str]:
    """Scene and answer of a rendered completion; ValueError for any other text."""
    match = COMPLETION.fullmatch(text)
    if not match:
        raise ValueError(f"no <scene> and <answer> in {text[:80]!r}")
    return msgspec.json.decode(match[1], type=PublishedScene), match[2]


def option_text(index: int, text: str) -> str:
    """`(B) behind` for the second option."""
    return f"({LETTERS[index]}) {text}"


def render_prompt(question: str, width: int, height: int) -> str:
    """What our trainers and evaluator ask: the inference template with the image's size, then the
    question."""
    template = TEMPLATE.replace("{Width}", str(width)).replace("{Height}", str(height))
    return f"{template}\n{question}"


def render_published_prompt(question: str, width: int, height: int) -> str:
    """What the published evaluation asks (evaluation/evals.py and templates.py at commit 4ac41cf):
    it fills in none of its template's placeholders, and states the size below them."""
    template = TEMPLATE.rstrip("\n").replace("(A) cat", "({correct_option}) {correct_answer}")
    return f"{template}\n({width} x {height})\n\nNow answer the following question:\n{question}"


def render_problem(question: str, width: int, height: int) -> str:
    """The column `problem`: the same prompt as other trainers read it. The published one shows the
    photograph only where `<image>` stands, and its reward raises without a size in parentheses."""
    prompt = TEMPLATE.replace("{Width} x {Height}", f"({width} x {height})")
    return f"{IMAGE_MARK} {prompt}\n{question}"
