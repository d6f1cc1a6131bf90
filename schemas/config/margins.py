"""Margins: what is cleaned away, how clear a fact must be, and what is asked about."""

from pydantic import Field

from schemas.config.section import Section, Share, Texts


class IngestConfig(Section):
    merge_iou: Share = Field(
        default=0.6, description="two boxes of one class above this are one object"
    )
    same_box_iou: Share = Field(
        default=0.9, description="two boxes above this are one object if their classes may agree"
    )
    nested_share: Share = Field(
        default=0.9,
        description="a box inside another of its class by this share is the same object",
    )
    max_bad_share: Share = Field(
        default=0.2, description="share of unreadable images above which the build stops"
    )
    min_photograph_pixels: int = Field(default=64 * 64, gt=0)
    max_photograph_pixels: int = Field(default=64_000_000, gt=0)
    mirror: bool = Field(
        default=False,
        exclude_if=lambda mirror: not mirror,
        description="photographs without letters have a mirror image, of which questions are asked "
        "that have no other counterpart",
    )


class ProofConfig(Section):
    """Margins: how clear a fact must be in the picture before it counts as proved or refuted."""

    touch: float = Field(
        default=0.03, gt=0, le=0.2, description="share of the diagonal; twice this is no contact"
    )
    rest_share: Share = Field(
        default=0.25,
        gt=0,
        description="share of a thing that may hang below the foot of what bears it; twice this is "
        "hardly borne",
    )
    overlap_share: Share = Field(
        default=0.1, gt=0, description="of the smaller box, what overlapping boxes share"
    )
    inside_margin: float = Field(
        default=0.3,
        gt=0,
        le=0.5,
        description="share beyond one half of a box that is inside another where it counts as "
        "inside; as much below one half counts as outside",
    )
    near_share: float = Field(
        default=0.1, gt=0, description="share of the diagonal; three times this is not near"
    )
    far_extents: float = Field(
        default=1.0,
        gt=0,
        description="longer sides of the smaller thing; a gap below this on one level is not far",
    )
    level_share: float = Field(
        default=0.05, gt=0, description="share of the height; feet nearer to this are on one level"
    )
    height_share: float = Field(
        default=0.05, gt=0, description="share of the height; a centre this much higher is above"
    )
    side_steepness: float = Field(
        default=2.0,
        gt=0,
        description="pixels down for each pixel across; a steeper way is not to the left or right",
    )
    front_share: float = Field(
        default=0.02,
        gt=0,
        description="share of the height; what ends this much higher is unlikely to be in front",
    )
    size_ratio: float = Field(default=1.6, gt=1.0, description="of two heights or widths")
    area_ratio: float = Field(
        default=3.0, gt=1.0, description="of two box areas: a horse fills a third of its own"
    )
    distance_ratio: float = Field(
        default=1.6, gt=1.0, description="of two distances: people do not see smaller differences"
    )
    distance_share: float = Field(
        default=0.08, gt=0, description="least difference of distances, share of the diagonal"
    )
    direction_degrees: float = Field(
        default=15.0, gt=0, lt=22.5, description="a direction's angle may be off by this much"
    )
    direction_share: float = Field(
        default=0.12, gt=0, description="least distance of centres, share of the diagonal"
    )
    depth_ratio: float = Field(default=1.25, gt=1.0, description="of two distances from the viewer")
    cell_share: Share = Field(
        default=0.75, gt=0.5, description="share of a box that its cell holds; no two hold so much"
    )
    max_count: int = Field(
        default=6, gt=1, description="of things that a question counts: annotators lose count first"
    )
    absent_classes: Texts | None = Field(
        default=None,
        description="the only classes whose absence is accepted; default: every landmark",
    )
    large_share: float = Field(
        default=0.02,
        gt=0,
        le=1,
        description='share of the picture that "the largest chair" covers, near to the camera',
    )
    complete_classes: Texts = Field(
        default=(),
        description='classes of which the source annotates every visible thing, so that "the car" '
        'is safe without further words; "*" for all',
    )
    min_annotated: int = Field(
        default=12, gt=0, description="objects that an image needs before an absence is accepted"
    )


class ExtractConfig(Section):
    min_area_share: Share = Field(
        default=0.004, description="smaller objects are never asked about"
    )
    min_side: int = Field(default=12, gt=0, description="pixels")
    max_area_share: Share = Field(
        default=0.8, description="larger objects are never asked about: they are the scene"
    )
    max_per_category: int = Field(
        default=4,
        gt=0,
        description="candidates that one image may offer in one category; of relations twice this",
    )
    small_share: Share = Field(default=0.015, description="objects below this count as small")
    occluded_share: Share = Field(default=0.35, description="boxes covered above this are occluded")
