"""Which colours a thing may have, and which ways a thing with a front may face."""

from tasks.render.person import PEOPLE

FACINGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*PEOPLE, "chair"), ("left", "right", "viewer", "away")),
    **dict.fromkeys(("dog", "cat", "horse", "cow", "sheep", "bird", "bicycle"), ("left", "right")),
    "truck": ("left", "right"),
    **dict.fromkeys(("car", "bus"), ("left", "right", "left", "right", "viewer", "away")),
}
BRIGHT = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "white", "black")
COLORS_OF: dict[str, tuple[str, ...]] = {
    "dog": ("brown", "black", "white", "gray"),
    "cat": ("orange", "gray", "black", "white"),
    "horse": ("brown", "white", "gray"),
    "cow": ("white", "brown"),
    "sheep": ("white",),
    "bird": ("blue", "red", "yellow", "white", "black"),
    "tree": ("green",),
    "bush": ("green",),
    "plant": ("green",),
    "bench": ("brown", "green", "red"),
    "house": ("white", "yellow", "red", "gray", "blue"),
    "street light": ("black", "gray", "green"),
    "fire hydrant": ("red", "yellow"),
    "box": ("brown", "orange", "blue", "white"),
    "bottle": ("green", "brown", "blue", "red"),
    "table": ("brown", "white", "black"),
    "laptop": ("gray", "black", "white"),
    "television": ("black",),
    "window": ("white",),
    "picture": (),
    **dict.fromkeys(PEOPLE, ()),
}
