"""Rewards: completions scored per CPU-second, against the published reward.

    python -m bench.rewards

For scenes of 3, 8, 20 and 40 objects, with a completion that found most of them, it measures our
reward and a reference written from the published formulas (tests/published_rewards.py), in turns on
the same completions, the best of several rounds each. `PUBLISHED` is what the published code itself
scored on a similar machine, when that code was available. The aim is a multiple of the reference,
and the same multiple of the published figure. Labels match exactly. The second table lists the
slowest completions of 1/4 MB and 1 MB, among those made to be slow to read.
"""

import json
import time
from collections.abc import Callable, Sequence
from random import Random

from bench.measure import show
from tests.published_rewards import published
from tests.training.test_rewards import ADVERSARIAL, GOLD
from training.rewards import score_completion

PUBLISHED = {3: 8_100, 8: 2_900, 20: 690, 40: 190}
"""Completions per CPU-second of the published code, by number of objects."""
AIMS = {3: 1, 8: 3, 20: 8, 40: 20}
"""Our speed as a multiple of the published one, by number of objects."""
NUM_SCENES, ROUNDS, SECONDS = 48, 5, 0.4
"""Different completions, rounds of which the best counts, and CPU seconds in a round: 16 seconds in
all for two rewards and four sizes."""
WIDTH, HEIGHT = 640, 480  # pixels
LABELS = ("man", "dog", "cat", "tree", "fire_hydrant", "table", "car", "wall", "shirt", "cup")
SEED = 7  # any number: the same one draws the same scenes

Call = tuple[str, str, int, int]


def draw_call(random: Random, num_objects: int) -> Call:
    objects, found = [], []
    for number in range(num_objects):
        name = f"{random.choice(LABELS)}.{number}"
        wide, high = random.randint(16, 240), random.randint(16, 200)
        x, y = random.randint(0, WIDTH - wide), random.randint(0, HEIGHT - high)
        box = [x, y, x + wide, y + high]
        objects.append({"id": name, "bbox": box})
        if random.random() < 0.9:
            found.append({"id": name, "bbox": [edge + random.randint(-6, 6) for edge in box]})
    links = [
        {"subject": one["id"], "predicate": "left of", "object": other["id"]}
        for one, other in zip(objects[::2], objects[1::2], strict=False)
    ]
    scene = json.dumps({"objects": found, "relationships": links})
    gold = json.dumps({"objects": objects, "relationships": links}, separators=(",", ":"))
    completion = (
        f"<observe>{'A street with people. ' * 12}</observe>\n<scene>{scene}</scene>\n"
        f"<think>{'The man is nearer than the dog. ' * 24}</think>\n<answer>(B) behind</answer>"
    )
    return completion, f"<scene>{gold}</scene>\n<answer>(B) behind</answer>", WIDTH, HEIGHT


def per_second(score: Callable[..., object], calls: Sequence[Call]) -> float:
    """Calls per CPU-second: all `calls` are repeated until `SECONDS` are over."""
    number, started = 0, time.process_time()
    while (spent := time.process_time() - started) < SECONDS:
        for call in calls:
            score(*call)
        number += len(calls)
    return number / spent


def speed_row(num_objects: int) -> list[str]:
    random = Random(SEED + num_objects)
    calls = [draw_call(random, num_objects) for _ in range(NUM_SCENES)]
    for call in calls:
        difference = score_completion(*call).total - published(*call)[-1]
        assert abs(difference) < 1e-3, f"ours is {difference} more than the published reward"
    ours = reference = 0.0
    for _ in range(ROUNDS):
        ours = max(ours, per_second(score_completion, calls))
        reference = max(reference, per_second(published, calls))
    measured, aim = PUBLISHED[num_objects], AIMS[num_objects]
    return [
        f"{num_objects}",
        f"{ours:,.0f}",
        f"{reference:,.0f}",
        f"{ours / reference:.1f}",
        f"{measured:,}",
        f"{ours / measured:.1f}",
        f"{aim}",
    ]


def longest_row(name: str) -> list[str]:
    seconds = []
    for size in (1 << 18, 1 << 20):
        text = ADVERSARIAL[name](size)
        started = time.process_time()
        score_completion(text, GOLD, 100, 100)
        seconds.append(time.process_time() - started)
    return [name, *(f"{1000 * spent:.1f}" for spent in seconds)]


def main() -> None:
    show(
        "Completions scored per CPU-second",
        ["objects", "ours", "reference", "times", "published", "times", "aim"],
        [speed_row(num_objects) for num_objects in PUBLISHED],
    )
    rows = [longest_row(name) for name in ADVERSARIAL]
    rows.sort(key=lambda row: -float(row[2]))
    show("Slowest completions, CPU milliseconds", ["made of", "1/4 MB", "1 MB"], rows[:5])


if __name__ == "__main__":
    main()
