"""Rewards: what a completion earns (SpatialThinker, arXiv 2511.07403, section "Rewards").

`score_completion` reads a completion and the gold column `answer_option_text`. It never raises for
what a policy writes, and raises ValueError for a broken gold. All parts are in [0, 1]. Where
the paper is followed and where it is not:

- Identical boxes earn exactly 1; the published epsilon takes 9 % from a box of 1 by 1 pixel in an
  image of 1000 by 1000.
- A closeness below 0 earns 0, but counts as it is when objects are matched; a predicted box that is
  inverted, empty or infinite counts as no box, and its object earns 0.
- Tags come in order and do not nest. Further closing tags have no effect.
- Labels may hold characters that the published pattern `[a-zA-Z_]+` refuses: `t-shirt.1`, `tv2.1`.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import isfinite

import msgspec

from schemas.box import overlap
from schemas.completion.matching import Pair, Target, match, prepare
from schemas.completion.parsing import GOLD_TAGS, POLICY_TAGS, ReadScene, read_scene, read_tags
from schemas.completion.similarity import Similarity, exact_match

SPARSE_TAGS = ("think", "answer")  # those of the baseline without a scene
OBJECTS_SHARE, RELATIONSHIPS_SHARE = 0.7, 0.3  # of the count reward; the paper's
SAME_LABEL = 0.5  # similarity, midway between an equal label (1) and any other (0)
CACHED = 1 << 13  # golds, and completions, that are kept: bounds memory


class Rewards(msgspec.Struct, frozen=True):
    """The parts after gating, and their weighted sum. `relationships` is 0 without a weight."""

    format: float = 0.0
    count: float = 0.0
    accuracy: float = 0.0
    spatial: float = 0.0
    total: float = 0.0
    relationships: float = 0.0


class Weights(msgspec.Struct, frozen=True):
    """The weight of each part, by default the paper's. They add up to at most 1."""

    format: float = 0.1
    count: float = 0.2
    accuracy: float = 0.5
    spatial: float = 0.2
    relationships: float = 0.0

    def __post_init__(self) -> None:
        weights = msgspec.structs.astuple(self)
        if not all(isfinite(weight) and weight >= 0 for weight in weights):
            raise ValueError(f"{self}: a weight is negative or not finite")
        if sum(weights) > 1 + 1e-9:
            raise ValueError(f"{self}: the weights add up to more than 1")


class Options(msgspec.Struct, frozen=True):
    """What goes beyond the paper, each off by default.

    `label_gate`: a box earns only where its label is at least this similar. `strict_boxes`: it
    earns only where it overlaps its gold box. `count_needs_answer`: wrong answers earn no count
    reward. `tolerant_answers`: `B`, `(B)` and the option's text are as good as `(B) behind`.
    `ungated`: wrong answers also earn the spatial reward, the paper's ablation.
    """

    label_gate: float | None = None
    strict_boxes: bool = False
    count_needs_answer: bool = False
    tolerant_answers: bool = False
    ungated: bool = False


class Gold(msgspec.Struct, frozen=True):
    """`answers` are the texts that are right, the whole one first."""

    target: Target
    answers: tuple[str, ...]


PAPER, PAPER_WEIGHTS = Options(), Weights()
STRICT = Options(label_gate=SAME_LABEL, strict_boxes=True, count_needs_answer=True)
"""The options that refuse rewards for junk: what they change is reported before training."""
NOTHING = Rewards()


def score_completion(
    completion: str,
    gold: str,
    width: float,
    height: float,
    *,
    weights: Weights = PAPER_WEIGHTS,
    similarity: Similarity = exact_match,
    options: Options = PAPER,
) -> Rewards:
    """Boxes of completion and gold are in pixels of the frame of `width` x `height`."""
    wanted = read_gold(gold, width, height)
    parts = read_tags(completion, POLICY_TAGS)
    if parts is None:
        return NOTHING
    try:
        scene = read_scene(parts[1])
    except ValueError:
        return NOTHING
    is_right = _is_right(parts[3], wanted.answers, options)
    count = 0.0
    if is_right or not options.count_needs_answer:
        count = count_reward(scene, wanted.target.scene)
    spatial = relationships = 0.0
    if is_right or options.ungated:
        pairs = match(scene, wanted.target, similarity)
        spatial = spatial_reward(scene, wanted.target.scene, pairs, options)
        if weights.relationships:
            relationships = relationship_reward(scene, wanted.target.scene, pairs, options)
    total = (
        weights.format
        + weights.count * count
        + weights.accuracy * is_right
        + weights.spatial * spatial
        + weights.relationships * relationships
    )
    return Rewards(1.0, count, float(is_right), spatial, total, relationships)


def sparse_reward(completion: str, gold: str) -> Rewards:
    """The baseline without a scene: half for `<think>` and `<answer>`, once each and in order, half
    for the answer, which needs no `<think>`."""
    _, answers = _gold_parts(gold)
    answer = read_tags(completion, ("answer",))
    accuracy = float(answer is not None and _is_right(answer[0], answers, PAPER))
    is_well_formed = float(read_tags(completion, SPARSE_TAGS) is not None)
    total = 0.5 * is_well_formed + 0.5 * accuracy
    return Rewards(format=is_well_formed, accuracy=accuracy, total=total)


@lru_cache(maxsize=CACHED)
def read_gold(gold: str, width: float, height: float) -> Gold:
    """ValueError, naming the gold, where it or its frame is broken."""
    scene, answers = _gold_parts(gold)
    try:
        if not (1 <= width < float("inf") and 1 <= height < float("inf")):
            raise ValueError(f"no image has a size of {width} x {height}")
        return Gold(prepare(read_scene(scene), width, height), answers)
    except ValueError as error:
        raise ValueError(f"broken gold {gold[:80]!r}: {error}") from None


def _gold_parts(gold: str) -> tuple[str, tuple[str, ...]]:
    """The scene's text, and the answers that are right, the whole one first."""
    parts = read_tags(gold, GOLD_TAGS)
    answer = parts[1].strip().lower() if parts else ""
    if not parts or not answer:
        raise ValueError(f"broken gold {gold[:80]!r}: it is not one <scene> and then one <answer>")
    return parts[0], (answer, *_short_forms(answer))


def _short_forms(answer: str) -> tuple[str, ...]:
    """Other ways to say `(b) behind`; none for an answer of another form."""
    letter, text = answer[1:2], answer[3:].strip()
    if not text or answer != f"({letter}) {text}":
        return ()
    marked = (f"{letter}{mark} {text}" for mark in ("", ")", ".", ":"))
    return letter, f"({letter})", f"{letter})", text, *marked


def _is_right(answer: str, answers: Sequence[str], options: Options) -> bool:
    said = answer.strip().lower()
    if options.tolerant_answers:
        return said in answers or said.removesuffix(".") in answers
    return said == answers[0]


def count_reward(scene: ReadScene, gold: ReadScene) -> float:
    objects = nearness(len(scene.ids), len(gold.ids))
    if not gold.relationships:
        return objects
    relationships = nearness(len(scene.relationships), len(gold.relationships))
    return OBJECTS_SHARE * objects + RELATIONSHIPS_SHARE * relationships


def nearness(found: int, wanted: int) -> float:
    """1 for equal numbers, less by the share that is missing or too much, at least 0."""
    return max(0.0, 1.0 - abs(found - wanted) / max(wanted, 1))


def spatial_reward(
    scene: ReadScene, gold: ReadScene, pairs: Sequence[Pair], options: Options
) -> float:
    """The closeness of matched boxes, summed over the gold objects and divided by their number."""
    if not gold.ids:
        return float(not scene.ids)
    if options is not PAPER:
        pairs = [pair for pair in pairs if _earns(scene, gold, pair, options)]
    return sum(pair.closeness for pair in pairs if pair.closeness > 0) / len(gold.ids)


def _earns(scene: ReadScene, gold: ReadScene, pair: Pair, options: Options) -> bool:
    if options.label_gate is not None and pair.similarity < options.label_gate:
        return False
    box, gold_box = scene.boxes[pair.predicted], gold.boxes[pair.gold]
    return not options.strict_boxes or bool(box and gold_box and overlap(box, gold_box))


def relationship_reward(
    scene: ReadScene, gold: ReadScene, pairs: Sequence[Pair], options: Options
) -> float:
    """F1 of the different relationships. One is found where a gold one has its predicate, and its
    ends are matched to the gold ends, with similar labels: numbers in ids may differ."""
    least = SAME_LABEL if options.label_gate is None else options.label_gate
    matched: dict[str, str | tuple[str]] = {
        scene.ids[pair.predicted]: gold.ids[pair.gold] for pair in pairs if pair.similarity >= least
    }
    # A gold object's id on an end that is not matched to that object is another object.
    stands_for = {name: (name,) for name in gold.ids} | matched
    said = {
        (stands_for.get(subject, subject), _verb(verb), stands_for.get(target, target))
        for subject, verb, target in scene.relationships
    }
    wanted = {(subject, _verb(verb), target) for subject, verb, target in gold.relationships}
    if not said and not wanted:
        return 1.0
    return 2 * len(said & wanted) / (len(said) + len(wanted))


def _verb(predicate: object) -> str | None:
    return predicate.strip().lower() if isinstance(predicate, str) else None
