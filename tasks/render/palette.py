"""The colours of everything that is drawn; keys are the words of the annotation."""

Color = tuple[int, int, int]
COLORS: dict[str, Color] = {
    "red": (203, 48, 42),
    "blue": (48, 98, 196),
    "green": (52, 142, 66),
    "yellow": (242, 204, 58),
    "orange": (232, 130, 44),
    "purple": (128, 74, 164),
    "pink": (236, 146, 176),
    "white": (240, 240, 236),
    "black": (68, 68, 76),
    "gray": (146, 148, 152),
    "brown": (132, 86, 50),
}
GROUND_COLORS: dict[tuple[str, str], Color] = {
    ("sky", "blue"): (138, 190, 236),
    ("grass", "green"): (122, 172, 88),
    ("road", "gray"): (84, 86, 92),
    ("sidewalk", "gray"): (190, 188, 184),
    ("wall", "yellow"): (246, 228, 158),
    ("wall", "blue"): (166, 200, 232),
    ("wall", "green"): (180, 214, 172),
    ("wall", "white"): (236, 234, 228),
    ("wall", "pink"): (246, 196, 206),
    ("floor", "brown"): (186, 142, 100),
    ("floor", "gray"): (176, 174, 172),
}
DARK, GLASS, STEEL, WOOD = (44, 42, 44), (176, 212, 230), (120, 124, 130), (150, 102, 60)
GOLD, TAIL_LIGHT, CREAM = (252, 226, 110), (214, 40, 40), (246, 240, 222)


def shade(color: Color, factor: float) -> Color:
    """Darker below 1, lighter above."""
    red, green, blue = (min(255, round(channel * factor)) for channel in color)
    return red, green, blue
