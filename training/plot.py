"""Plot: the rewards of a run over its updates, as a PNG."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

REWARDS = "rewards/"  # TRL names the mean of a reward function rewards/NAME/mean
MEAN = "/mean"


def draw_rewards(log: Sequence[dict[str, float]], path: Path) -> None:
    """A PNG of every reward's mean, or of the loss where there are none. The same log gives the
    same bytes."""
    names = sorted({name for line in log for name in line if _is_reward(name)})
    curves = {name.removeprefix(REWARDS).removesuffix(MEAN): name for name in names}
    if any("reward" in line for line in log):
        curves = {"total": "reward", **curves}
    figure = Figure(figsize=(7, 4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for label, name in (curves or {"loss": "loss"}).items():
        points = [(line["step"], line[name]) for line in log if name in line]
        wide = 2.4 if label == "total" else 1.4
        axes.plot(*zip(*points, strict=True), label=label, linewidth=wide, marker=".")
    axes.set_xlabel("update of the optimizer")
    axes.set_ylabel("mean reward" if curves else "loss")
    if curves:
        axes.set_ylim(-0.03, 1.03)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", frameon=False)
    figure.savefig(path, format="png", metadata={"Software": None})


def _is_reward(name: str) -> bool:
    return name.startswith(REWARDS) and name.endswith(MEAN)
