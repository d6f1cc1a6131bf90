"""The published reward, written down word by word from its description (arXiv 2511.07403 and what
its code does), one formula at a time: slow, and without our care for what a policy may write."""

import json
import math
import re

import numpy as np
from scipy.optimize import linear_sum_assignment

EPSILON = 1e-7
TAGS = ("observe", "scene", "think", "answer")
ID = re.compile(r"[a-zA-Z_]+\.\d+")
Box = list[float]


def tag(text: str, name: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return found[1].strip() if found else ""


def format_of(completion: str) -> float:
    for name in TAGS:
        if completion.count(f"<{name}>") != 1 or not tag(completion, name):
            return 0.0
    try:
        scene = json.loads(tag(completion, "scene"))
    except json.JSONDecodeError:
        return 0.0
    objects, relationships = scene.get("objects"), scene.get("relationships", [])
    if not isinstance(objects, list) or not isinstance(relationships, list):
        return 0.0
    for entry in objects:
        if set(entry) != {"id", "bbox"} or not ID.fullmatch(entry["id"]):
            return 0.0
        if len(entry["bbox"]) != 4 or not all(isinstance(x, int | float) for x in entry["bbox"]):
            return 0.0
    for link in relationships:
        if not {"subject", "predicate", "object"} <= set(link):
            return 0.0
        if not ID.fullmatch(link["subject"]) or not ID.fullmatch(link["object"]):
            return 0.0
    return float(len({entry["id"] for entry in objects}) == len(objects))


def label(name: str) -> str:
    return name.split(".")[0].replace("_", " ").replace("-", " ").lower().strip()


def label_similarity(one: str, other: str) -> float:
    return 1.0 if label(one) == label(other) else 0.0


def ciou(a: Box, b: Box) -> float:
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    shared = wide * high
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    iou = shared / (area_a + area_b - shared + EPSILON)
    center_a = ((a[0] + a[2]) / 2, (a[1] + a[3]) / 2)
    center_b = ((b[0] + b[2]) / 2, (b[1] + b[3]) / 2)
    distance2 = (center_a[0] - center_b[0]) ** 2 + (center_a[1] - center_b[1]) ** 2
    hull = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    diagonal2 = (hull[2] - hull[0]) ** 2 + (hull[3] - hull[1]) ** 2 + EPSILON
    angle_a = math.atan((a[2] - a[0]) / (a[3] - a[1] + EPSILON))
    angle_b = math.atan((b[2] - b[0]) / (b[3] - b[1] + EPSILON))
    v = 4 / math.pi**2 * (angle_b - angle_a) ** 2
    alpha = v / ((1 - iou) + v + EPSILON)
    return iou - (distance2 / diagonal2 + alpha * v)


def closeness(a: Box, b: Box, width: int, height: int) -> float:
    sizes = (width, height, width, height)
    a = [x / size for x, size in zip(a, sizes, strict=True)]
    b = [x / size for x, size in zip(b, sizes, strict=True)]
    return (ciou(a, b) + 1) / 2


def spatial_of(predicted: list[dict], gold: list[dict], width: int, height: int) -> float:
    if not gold:
        return float(not predicted)
    if not predicted:
        return 0.0
    costs = np.zeros((len(predicted), len(gold)))
    for row, one in enumerate(predicted):
        for column, other in enumerate(gold):
            costs[row, column] = 2.0 * (1 - label_similarity(one["id"], other["id"])) + 1.0 * (
                1 - closeness(one["bbox"], other["bbox"], width, height)
            )
    pairs = zip(*linear_sum_assignment(costs), strict=True)
    earned = [
        closeness(predicted[row]["bbox"], gold[column]["bbox"], width, height)
        for row, column in pairs
    ]
    return sum(earned) / len(gold)


def count_of(predicted: dict, gold: dict) -> float:
    def part(name: str) -> float:
        found, wanted = len(predicted.get(name, [])), len(gold.get(name, []))
        return max(0, 1 - abs(found - wanted) / max(wanted, 1))

    if not gold.get("relationships"):
        return part("objects")
    return 0.7 * part("objects") + 0.3 * part("relationships")


def published(completion: str, gold: str, width: int, height: int) -> tuple[float, ...]:
    """Format, count, accuracy, spatial and total."""
    if not format_of(completion):
        return (0.0,) * 5
    scene, gold_scene = json.loads(tag(completion, "scene")), json.loads(tag(gold, "scene"))
    count = count_of(scene, gold_scene)
    accuracy = float(tag(completion, "answer").lower() == tag(gold, "answer").lower())
    spatial = 0.0
    if accuracy == 1:
        spatial = spatial_of(scene["objects"], gold_scene["objects"], width, height)
    return 1.0, count, accuracy, spatial, 0.1 + 0.2 * count + 0.5 * accuracy + 0.2 * spatial
