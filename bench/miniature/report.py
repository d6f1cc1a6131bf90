"""What the arms of the miniature found, as tables and a drawing."""

import json
from collections.abc import Iterable, Sequence
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from bench.miniature.arms import PARTS, REWARDS, Arm, start_path
from bench.miniature.measuring import HELD_OUT

METRICS = ("accuracy", "format", "closeness", "iou", "contradiction", "own", "things")
T_95 = {2: 4.303, 4: 2.776}
"""Student's t at 95 % by degrees of freedom: of three and of five seeds."""
COLORS = {
    "sparse": "tab:orange",
    "dense": "tab:blue",
    "7 K": "tab:orange",
    "25 K": "tab:green",
    "108 K": "tab:blue",
}
"""Of the arms that are drawn, by label."""
COMPARED = (
    ("dense", "sparse"),
    *((reward, "dense") for reward in REWARDS if reward not in ("dense", "sparse")),
    ("108 K", "7 K"),
    ("25 K", "7 K"),
)
"""Labels of arms whose differences are shown."""


def tables(folder: Path, part: str) -> str:
    """Markdown: held-out sets by arm, and what one gains over another in pairs of equal seeds."""
    arms = list(PARTS[part]())
    groups = dict.fromkeys((arm.start, arm.look, arm.rollouts) for arm in arms)
    texts = []
    for start, look, rollouts in groups:
        some = [
            arm for arm in arms if (arm.start, arm.look, arm.rollouts) == (start, look, rollouts)
        ]
        number = len(json.loads((folder / f"{some[0].name}.json").read_text())["rollouts"])
        texts.append(f"Start {start}, pictures {look}, {number} rollouts:\n")
        texts.append(_table(folder, some))
    return "\n".join(texts)


def _table(folder: Path, arms: Sequence[Arm]) -> str:
    found = {arm: json.loads((folder / f"{arm.name}.json").read_text()) for arm in arms}
    labels = dict.fromkeys(arm.label for arm in arms)
    lines = [f"| held-out set | arm | {' | '.join(METRICS)} |", "|---" * (len(METRICS) + 2) + "|"]
    for held_out in HELD_OUT:
        starts = [_start(folder, arm)[held_out] for arm in arms if arm.reward == "dense"]
        lines.append(_line(held_out, "start", starts))
        for label in labels:
            mine = [found[arm]["found"][held_out] for arm in arms if arm.label == label]
            lines.append(_line("", f"{label} ({len(mine)})", mine))
        for one, two in COMPARED:
            pairs = _paired(found, held_out, one, two)
            if len(pairs) > 1:
                lines.append(_line("", f"**{one} - {two}**", pairs, width=T_95[len(pairs) - 1]))
    return "\n".join(lines) + "\n"


def _paired(found: dict[Arm, Any], held_out: str, one: str, two: str) -> list[dict[str, float]]:
    """Arms of the one label less those of the other, of equal seeds."""
    by_seed = {
        (arm.label, arm.warm_seed, arm.seed): measured["found"][held_out]
        for arm, measured in found.items()
    }
    return [
        {name: values[name] - by_seed[two, *seeds][name] for name in METRICS}
        for (label, *seeds), values in by_seed.items()
        if label == one and (two, *seeds) in by_seed
    ]


def _start(folder: Path, arm: Arm) -> Any:
    path = start_path(folder, arm.start, arm.warm_seed, arm.body).with_suffix(".json")
    return json.loads(path.read_text())["found"][arm.look]


def _line(held_out: str, name: str, rows: Sequence[dict[str, float]], width: float = 1.0) -> str:
    """Means, with standard errors times `width`."""
    cells = []
    for metric in METRICS:
        values = [row[metric] for row in rows]
        cell = f"{fmean(values):.3f}"
        if len(set(values)) > 1:
            cell += f" ± {width * stdev(values) / sqrt(len(values)):.3f}"
        cells.append(cell)
    return f"| {held_out} | {name} | {' | '.join(cells)} |"


def draw(folder: Path, arms: Iterable[Arm], path: Path) -> None:
    """What arms earn, write and answer, by rollout."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 3)
    titles = {"accuracy": "right answers", "reward": "reward", "spread": "prompts with a spread"}
    for arm in arms:
        if arm.label not in COLORS:
            continue
        rollouts = json.loads((folder / f"{arm.name}.json").read_text())["rollouts"]
        for axis, (metric, title) in zip(axes, titles.items(), strict=True):
            values = np.array([rollout[metric] for rollout in rollouts])
            window = min(9, len(values))
            smooth = np.convolve(values, np.ones(window) / window, "valid")
            label = arm.label if arm.seed == 0 else None
            axis.plot(smooth, color=COLORS[arm.label], alpha=0.7, label=label)
            axis.set(title=title, xlabel="rollout", ylim=(0, 1.02))
    axes[0].legend(frameon=False, loc="lower right")
    figure.savefig(path, metadata={"Software": None})
