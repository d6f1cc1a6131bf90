import itertools
import math

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.config.margins import IngestConfig
from schemas.config.source import SourceConfig
from schemas.ledger import LEDGER, ledger_of, lost
from schemas.scene_graph import SCENE, scenes_of
from schemas.vocabulary.predicates import load_predicates
from tasks.ingest import stage as ingest
from tasks.ingest.scenes import clean_scenes
from tasks.ingest.stage import check_losses
from tasks.sources import stage as index
from tasks.sources.shard import read_shard
from tasks.sources.tables import IMAGES, OBJECTS, RELATIONSHIPS, RawScenes
from tests import stages
from tests.sources.test_sources import drops, write

CONFIG = IngestConfig()
NEVER_MERGED = IngestConfig(merge_iou=1, same_box_iou=1, nested_share=1)
BOX = (10, 10, 40, 40)
FAR = (60, 10, 90, 70)


def image(image_id="1", width=100, height=80, boxes_from_ends=False, is_exhaustive=False) -> dict:
    return {
        "image_id": image_id, "width": width, "height": height, "photograph": f"{image_id}.jpg",
        "is_exhaustive": is_exhaustive, "boxes_from_ends": boxes_from_ends,
    }  # fmt: skip


def thing(object_id, names="dog", box=BOX, image_id="1", **more) -> dict:
    names = [names] if isinstance(names, str) else names
    edges = dict(zip(("x1", "y1", "x2", "y2"), box, strict=True))
    return {"image_id": image_id, "object_id": object_id, "names": names, **edges, **more}


def link(number, subject, predicate, other, image_id="1", **ends) -> dict:
    return {
        "image_id": image_id, "relationship_id": number, "predicate": predicate,
        "subject_id": subject, "object_id": other, **ends,
    }  # fmt: skip


def raw_scenes(images, objects, relationships=()) -> RawScenes:
    return RawScenes(
        images=pl.DataFrame(images, schema=IMAGES),
        objects=pl.DataFrame(objects, schema=OBJECTS),
        relationships=pl.DataFrame(list(relationships), schema=RELATIONSHIPS),
        ledger=ledger_of([]),
    )


def clean(objects, relationships=(), images=None, config=CONFIG):
    return clean_scenes(raw_scenes(images or [image()], objects, relationships), config)


def boxes(scenes: pl.DataFrame) -> dict[int, tuple]:
    (scene,) = scenes_of(scenes)
    return {number: tuple(entry.box) for number, entry in scene.objects.items()}


def triplets(scenes: pl.DataFrame) -> set[tuple]:
    return {
        (scene.image_id, entry.subject, entry.predicate, entry.object)
        for scene in scenes_of(scenes)
        for entry in scene.relationships
    }


def reasons(ledger: pl.DataFrame) -> list[tuple[str, str]]:
    return ledger.select("item", "reason").rows()


# Objects


@pytest.mark.parametrize(
    ("box", "kept", "reason"),
    [
        ((10, 10, 40, 40), (10, 10, 40, 40), None),
        ((10.4, 9.6, 39.6, 40.4), (10, 10, 40, 40), None),
        ((0, 0, 100, 80), (0, 0, 100, 80), None),
        ((-1, 0, 101, 81), (0, 0, 100, 80), "box-clipped"),
        ((-50, -50, 5, 5), (0, 0, 5, 5), "box-clipped"),
        ((10, 10, 10, 40), None, "box-empty"),
        ((40, 10, 10, 40), None, "box-empty"),
        ((10, 10, 10.4, 40), None, "box-empty"),
        ((100, 10, 140, 40), None, "box-outside"),
        ((-20, 10, 0, 40), None, "box-outside"),
        ((math.nan, 10, 40, 40), None, "box-unreadable"),
        ((10, 10, math.inf, 40), None, "box-unreadable"),
        ((10, -math.inf, 40, 40), None, "box-unreadable"),
        ((10, 10, 1e300, 40), None, "box-unreadable"),
        ((None, 10, 40, 40), None, "box-unreadable"),
    ],
)
def test_boxes_lie_in_the_frame_or_their_objects_go(box, kept, reason):
    scenes, ledger = clean([thing(1, "dog", box), thing(2, "tree", FAR)])
    assert boxes(scenes) == ({1: kept} if kept else {}) | {2: FAR}
    assert reasons(ledger) == ([("object 1", reason)] if reason else [])


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (100, 80, (100, 80, True)),
        (None, None, (90, 71, False)),
        (100, None, (90, 71, False)),
        (0, 80, (90, 71, False)),
        (-5, -5, (90, 71, False)),
        (2**40, 80, (90, 71, False)),
    ],
)
def test_a_frame_without_size_is_what_the_boxes_reach(width, height, expected):
    objects = [
        thing(1, "tree", (60, 10, 90, 70.2)),
        thing(2, "dog", (math.nan, 1, 5000, 5000)),
        thing(3, "dog", (1, 1, 1e300, math.inf)),
    ]
    scenes, ledger = clean(objects, images=[image(width=width, height=height)])
    assert scenes.select("width", "height", "has_frame").row(0) == expected
    assert ("image", "frame-inferred") in reasons(ledger) or expected[2]


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["  Dog\t\n"], "dog"),
        (["DOG", "dog"], "dog"),
        (["'dog'"], "dog"),
        (['"', "dog"], "dog"),
        ([None, "dog"], "dog"),
        (["zz\x00top"], "zz top"),
        (["dog\u200b"], "dog"),
        (["puppy"], "dog"),
        (["Hund\x1fcat"], "hund cat"),
    ],
)
def test_names_are_lower_case_words(names, name):
    scenes, ledger = clean([thing(1, names)])
    assert [entry["name"] for entry in scenes["objects"][0]] == [name]
    assert not ledger["reason"].is_in(["several-names"]).any()


@pytest.mark.parametrize("names", [None, [], [""], [None], ["\x00 \u200b"], [" ' "]])
def test_objects_without_a_name_are_dropped(names):
    scenes, ledger = clean([thing(1, names), thing(2, "tree", FAR)])
    assert list(boxes(scenes)) == [2]
    assert reasons(ledger) == [("object 1", "object-without-name")]


@pytest.mark.parametrize(
    ("names", "class_name", "reason"),
    [
        (["dog", "animal"], "dog", None),
        (["apple", "milk"], None, "several-names"),
        (["the dog is on the grass"], None, "sentence-name"),
        (["is wall white?"], None, None),
    ],
)
def test_names_that_disagree_leave_no_class(names, class_name, reason):
    scenes, ledger = clean([thing(1, names)])
    assert scenes["objects"][0][0]["class_name"] == class_name
    assert reasons(ledger) == ([("object 1", reason)] if reason else [])


def test_of_objects_with_one_id_the_first_stays():
    scenes, ledger = clean([thing(1), thing(1, "tree", FAR), thing(1, "cup", FAR)])
    assert boxes(scenes) == {1: BOX}
    assert reasons(ledger) == [("object 1", "duplicate-object-id")] * 2


def test_an_image_without_objects_is_dropped():
    scenes, ledger = clean([thing(1, [])], images=[image(), image("2")])
    assert scenes.is_empty()
    assert scenes.schema == SCENE
    assert drops(ledger) == [
        ("1", "image", "no-objects"),
        ("1", "object 1", "object-without-name"),
        ("2", "image", "no-objects"),
    ]


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        (
            [thing(1, box=(0.1, 0.2, 0.4, 0.5)), thing(2, box=(0, 0, 0.2, 0.9)), thing(3, [])],
            ": 2 of its objects are lost by box-empty (0, 0, 0, 0)",
        ),
        ([thing(1, [])], ": 1 of its objects are lost by object-without-name (no name)"),
        ([], ""),
    ],
)
def test_of_an_image_without_objects_it_is_said_why(objects, told):
    _, ledger = clean(objects, images=[image()])
    (detail,) = ledger.filter(pl.col("reason") == "no-objects")["detail"]
    assert detail == f"no object with a name and a box is left{told}"


def test_nothing_at_all_is_cleaned_to_nothing():
    scenes, ledger = clean_scenes(raw_scenes([], []), CONFIG)
    assert scenes.is_empty() and ledger.is_empty()
    assert scenes.schema == SCENE and ledger.schema == LEDGER


@pytest.mark.parametrize(
    ("first", "second", "alike", "much", "nested"),
    [
        ("dog", "dog", True, True, True),
        ("dog", "Puppy ", True, True, True),
        ("dog", "animal", True, True, True),
        ("man", "person", True, True, True),
        ("thingum", "thingum", True, True, True),
        ("bush", "tree", True, False, False),  # mixed up at times
        ("dog", "tree", False, False, False),
        ("man", "horse", False, False, False),
        ("man", "woman", False, False, False),
        ("woman", "baby", True, False, False),
        ("dog", "sheep", False, False, False),
        ("thingum", "gizmo", False, False, False),
        ("dog", "thingum", False, False, False),
    ],
)
def test_one_thing_boxed_twice_is_one_object(first, second, alike, much, nested):
    large = (10, 10, 50, 50)
    second_boxes = {(11, 11, 50, 50): alike, (10, 10, 50, 38): much, (20, 20, 30, 30): nested,
                    (45, 45, 60, 60): False}  # fmt: skip
    cases = {
        str(number): (names, box)
        for number, (box, names) in enumerate(
            itertools.product(second_boxes, ((first, second), (second, first)))
        )
    }
    things = [
        thing(place, name, around, image_id)
        for image_id, (names, box) in cases.items()
        for place, name, around in ((1, names[0], large), (2, names[1], box))
    ]
    scenes, ledger = clean(things, images=[image(image_id) for image_id in cases])
    merged = set(ledger.filter(item="object 2", reason="duplicate-object")["image_id"])
    found = {scene.image_id: scene for scene in scenes_of(scenes)}
    for image_id, (_, box) in cases.items():
        kept = [tuple(entry.box) for entry in found[image_id].objects.values()]
        assert kept == ([large] if second_boxes[box] else [large, box])
        assert (image_id in merged) == second_boxes[box]
    scenes, _ = clean(things, images=[image(image_id) for image_id in cases], config=NEVER_MERGED)
    assert all(set(scene.objects) == {1, 2} for scene in scenes_of(scenes))


@pytest.mark.parametrize(
    "threshold",
    [0.3, 0.99, *(pytest.param(share, marks=pytest.mark.long) for share in (0.0, 0.9, 1.0))],
)
def test_nearly_equal_boxes_are_found_at_every_threshold(threshold):
    config = IngestConfig(same_box_iou=threshold, merge_iou=1, nested_share=1)
    for width in range(4, 60, 5):
        narrow = (10, 10, 10 + width, 60)
        overlap = min(width, 40) / max(width, 40)
        scenes, _ = clean([thing(1, "dog", (10, 10, 50, 60)), thing(2, "dog", narrow)], [],
                          [image(width=200)], config)  # fmt: skip
        assert (len(boxes(scenes)) == 1) == (overlap > threshold)


def test_drawn_scenes_are_never_merged():
    objects = [thing(1, "dog", (10, 10, 50, 50)), thing(2, "dog", (11, 11, 50, 50))]
    scenes, _ = clean(objects, images=[image(is_exhaustive=True)])
    assert set(boxes(scenes)) == {1, 2}


# Relationships


DOG_AND_TREE = [thing(1), thing(2, "tree", FAR)]


@pytest.mark.parametrize(
    ("predicate", "kept"),
    [
        ("ON", "on"),
        ("  near \n", "near"),
        ("in_front_of", "in front of"),
        ("o\u200bn", "o n"),
        ("on\x00", "on"),
        ("Is Near", "near"),
        ("lacks", "lacks"),
        ("", None), (None, None), (" .,;", None), ("\x07", None),
    ],
)  # fmt: skip
def test_predicates_are_canonical(predicate, kept):
    scenes, ledger = clean(DOG_AND_TREE, [link(5, 1, predicate, 2)])
    assert triplets(scenes) == ({("1", 1, kept, 2)} if kept else set())
    found = reasons(ledger)
    if kept is None:
        assert found == [("relationship 5", "predicate-empty")]
    elif kept == predicate:
        assert found == []
    else:
        assert found == [("relationship 5", "predicate-spelling")]
    for row in scenes["relationships"][0]:
        assert row["is_canonical"] == (row["predicate"] in load_predicates())


@pytest.mark.parametrize(
    ("relationship", "reason"),
    [
        (link(6, 1, "near", 1), "self-loop"),
        (link(6, 1, "NEAR", 2), "duplicate-relationship"),
        (link(6, 1, "near", 3), "dangling-end"),
        (link(6, None, "near", 2), "dangling-end"),
        (link(6, 1, "near", None), "dangling-end"),
        (link(6, 1, "on", 2, subject_name="zebra"), "end-name-differs"),
        (link(6, 1, "on", 2, object_name="zebra"), "end-name-differs"),
        (link(6, 1, None, 2), "predicate-empty"),
    ],
)
def test_a_relationship_that_says_nothing_is_dropped(relationship, reason):
    scenes, ledger = clean(DOG_AND_TREE, [link(5, 1, "near", 2), relationship])
    assert triplets(scenes) == {("1", 1, "near", 2)}
    assert drops(ledger) == [("1", "relationship 6", reason)]


@pytest.mark.parametrize("name", [None, "", " ", "dog", "Puppy", "brown dog", "animal", "dogs"])
def test_an_end_may_be_called_otherwise(name):
    scenes, ledger = clean(DOG_AND_TREE, [link(5, 1, "near", 2, subject_name=name)])
    assert triplets(scenes) == {("1", 1, "near", 2)}
    assert drops(ledger) == []


def test_relationships_follow_merged_objects():
    objects = [thing(1, "dog", (10, 10, 50, 50)), thing(2, "dog", (11, 11, 50, 50)),
               thing(3, "tree", FAR)]  # fmt: skip
    relationships = [link(5, 2, "near", 3), link(6, 1, "near", 3), link(7, 1, "near", 2)]
    scenes, ledger = clean(objects, relationships)
    assert triplets(scenes) == {("1", 1, "near", 3)}
    assert drops(ledger) == [
        ("1", "relationship 6", "duplicate-relationship"),
        ("1", "relationship 7", "self-loop"),
    ]


def test_every_relationship_has_an_id_of_its_own():
    relationships = [
        link(5, 1, "near", 2),
        link(5, 2, "near", 1),
        link(None, 1, "on", 2),
        link(2, 2, "under", 1),
        link(5, 1, "near", 2, image_id="2"),
    ]
    objects = DOG_AND_TREE + [entry | {"image_id": "2"} for entry in DOG_AND_TREE]
    scenes, ledger = clean(objects, relationships, images=[image(), image("2")])
    numbers = [[row["relationship_id"] for row in rows] for rows in scenes["relationships"]]
    assert numbers == [[2, 5, 6, 7], [5]]
    assert reasons(ledger) == [
        ("relationship 6", "relationship-renumbered"),
        ("relationship 7", "relationship-renumbered"),
    ]


def test_an_end_that_the_objects_lack_joins_them():
    relationships = [
        link(5, 1, "near", 9, object_name=" Tree", object_box=list(map(float, FAR))),
        link(6, 9, "on", 1, subject_name="plant", subject_box=[1.0, 2.0, 3.0, 4.0]),
        link(7, 1, "on", 8, object_name="", object_box=[1.0, 2.0, 3.0, 4.0]),
        link(8, 1, "on", 7, object_name="cup"),
    ]
    scenes, ledger = clean([thing(1)], relationships)
    assert boxes(scenes) in ({1: BOX, 9: FAR}, {1: BOX, 9: (1, 2, 3, 4)})
    assert ("object 9", "object-restored") in reasons(ledger)
    assert [row for row in drops(ledger) if row[2] == "dangling-end"] == [
        ("1", "relationship 7", "dangling-end"),
        ("1", "relationship 8", "dangling-end"),
    ]


@pytest.mark.parametrize(
    ("end_box", "expected"),
    [
        ([5.0, 5.0, 30.0, 30.0], (5, 5, 30, 30)),
        ([30.0, 5.0, 5.0, 30.0], BOX),
        ([math.nan, 5.0, 30.0, 30.0], BOX),
        (None, BOX),
    ],
)
@pytest.mark.parametrize("boxes_from_ends", [True, False])
def test_boxes_come_from_ends_where_those_are_better(end_box, expected, boxes_from_ends):
    relationships = [link(5, 1, "near", 2, subject_box=end_box)]
    images = [image(boxes_from_ends=boxes_from_ends)]
    scenes, ledger = clean(DOG_AND_TREE, relationships, images=images)
    assert boxes(scenes)[1] == (expected if boxes_from_ends else BOX)
    is_changed = boxes_from_ends and expected != BOX
    assert (("object 1", "box-from-relationship") in reasons(ledger)) == is_changed


# Laws


NAMES = ["dog", "Dog ", "puppy", "man", "person", "tree", "trees", "cup of tea", "truck", "van",
         "", None, "\x00", "the dog is on a chair", "thingum"]  # fmt: skip
PREDICATES = ["on", "ON", "near", "to the left of", "lacks", "", None, " . ", "on top of"]
EDGES = st.one_of(
    st.integers(0, 100).map(float),
    st.sampled_from([-3.0, 0.4, 99.6, 100.0, 101.0, 1e6, 1e300, math.nan, math.inf, None]),
)
IDS = st.integers(1, 6)
box_lists = st.tuples(*[st.integers(0, 45).map(float)] * 2, *[st.integers(50, 105).map(float)] * 2)
any_boxes = box_lists | box_lists | st.tuples(*[EDGES] * 4)
image_ids = st.sampled_from(["1", "2", "3", "4"])
raw_objects = st.builds(
    thing,
    object_id=IDS | st.none(),
    names=st.lists(st.sampled_from(NAMES), max_size=2) | st.sampled_from(["dog", "tree"]),
    box=any_boxes,
    image_id=image_ids,
    attributes=st.sampled_from([None, [], ["wet", "red"]]),
)
ends = st.fixed_dictionaries(
    {f"{side}_name": st.none() | st.sampled_from(NAMES) for side in ("subject", "object")}
    | {
        f"{side}_box": st.none() | any_boxes.map(lambda box: None if None in box else list(box))
        for side in ("subject", "object")
    }
)
raw_links = st.builds(
    lambda ends, *args, image_id: link(*args, image_id=image_id, **ends),
    ends,
    IDS | st.none(), IDS | st.none(), st.sampled_from(PREDICATES), IDS | st.none(),
    image_id=image_ids,
)  # fmt: skip
sizes = st.sampled_from([100, 100, 100, None, 0, -4, 2**40, 31])
raw_images = st.tuples(
    *(st.builds(image, st.just(key), sizes, sizes, st.booleans(), st.booleans()) for key in "123")
)
raws = st.builds(
    raw_scenes, raw_images, st.lists(raw_objects, max_size=14), st.lists(raw_links, max_size=14)
)
law = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])


def split(raw: RawScenes, *image_ids: str) -> RawScenes:
    def part(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("image_id").is_in(list(image_ids)))

    return RawScenes(part(raw.images), part(raw.objects), part(raw.relationships), part(raw.ledger))


@law
@given(raws)
def test_every_raw_row_is_kept_merged_or_in_the_ledger_once(raw):
    scenes, ledger = clean_scenes(raw, CONFIG)

    def count(action: str, item: str, reason: str | None = None) -> int:
        rows = ledger.filter(pl.col("action") == action, pl.col("item").str.starts_with(item))
        return rows.filter(pl.col("reason") == reason).height if reason else rows.height

    kept = scenes["objects"].list.len().sum() if scenes.height else 0
    found = raw.objects.height + count("repair", "object ", "object-restored")
    merged = count("repair", "object ", "duplicate-object")
    assert kept + merged + count("drop", "object ") == found
    kept = scenes["relationships"].list.len().sum() if scenes.height else 0
    assert kept + count("drop", "relationship ") == raw.relationships.height
    dropped = ledger.filter(pl.col("action") == "drop", pl.col("item") == "image")["image_id"]
    assert sorted([*scenes["image_id"], *dropped]) == ["1", "2", "3"]
    links = ledger.filter(
        pl.col("action") == "drop", pl.col("item").str.starts_with("relationship")
    )
    assert not links.select("image_id", "item").is_duplicated().any()
    assert ledger.schema == LEDGER and not ledger.null_count().sum_horizontal().item()


@law
@given(raws)
def test_scenes_are_sound(raw):
    scenes, _ = clean_scenes(raw, CONFIG)
    assert scenes.schema == SCENE
    assert scenes["image_id"].to_list() == sorted(scenes["image_id"])
    for row, scene in zip(scenes.iter_rows(named=True), scenes_of(scenes), strict=True):
        assert scene.objects and 0 < scene.width < 100_000 and 0 < scene.height < 100_000
        assert list(scene.objects) == sorted({entry["object_id"] for entry in row["objects"]})
        assert len(scene.objects) == len(row["objects"])
        for entry in scene.objects.values():
            assert 0 <= entry.box.x1 < entry.box.x2 <= scene.width
            assert 0 <= entry.box.y1 < entry.box.y2 <= scene.height
            assert entry.name.strip() and entry.name == entry.name.lower()
        facts = [(link.subject, link.predicate, link.object) for link in scene.relationships]
        assert len(facts) == len(set(facts))
        numbers = [link.relationship_id for link in scene.relationships]
        assert numbers == sorted(set(numbers))
        for subject, predicate, other in facts:
            assert subject != other and {subject, other} <= scene.objects.keys()
            assert predicate == predicate.strip().casefold() != ""


@pytest.mark.long
@law
@given(raws)
def test_cleaning_is_deterministic_and_independent_of_shards(raw):
    scenes, ledger = clean_scenes(raw, CONFIG)
    again = clean_scenes(raw, CONFIG)
    assert scenes.equals(again[0]) and ledger.equals(again[1])
    halves = [clean_scenes(split(raw, *keys), CONFIG) for keys in ("2", "134")]
    assert scenes.equals(pl.concat([part for part, _ in halves]).sort("image_id"))
    whole = pl.concat([part for _, part in halves])
    assert ledger.equals(whole.sort("image_id", "item", "reason", "detail"))


unique_objects = st.lists(
    raw_objects, max_size=10, unique_by=lambda e: (e["image_id"], e["object_id"])
)
plain_links = st.lists(
    st.builds(link, IDS, IDS, st.sampled_from(PREDICATES), IDS, image_id=image_ids), max_size=10
)


@pytest.mark.long
@law
@given(raw_images, unique_objects, plain_links, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_fact(images, objects, relationships, random):
    """Where no "the first stays" rule chooses: distinct object ids, ends without name and box."""
    scenes, _ = clean(objects, relationships, images)
    shuffled = [random.sample(rows, len(rows)) for rows in (images, objects, relationships)]
    other, _ = clean(shuffled[1], shuffled[2], shuffled[0])
    assert scenes.drop("relationships", "objects").equals(other.drop("relationships", "objects"))
    assert boxes_of(scenes) == boxes_of(other)
    assert triplets(scenes) == triplets(other)


def boxes_of(scenes: pl.DataFrame) -> set[tuple]:
    return {
        (scene.image_id, number, entry.class_name, entry.is_doubtful, *entry.box)
        for scene in scenes_of(scenes)
        for number, entry in scene.objects.items()
    }


@law
@given(raws)
def test_cleaning_what_is_clean_changes_nothing(raw):
    first, _ = clean_scenes(raw, NEVER_MERGED)
    images = first.select(
        pl.lit(False).alias(name) if name == "boxes_from_ends" else name for name in IMAGES.names()
    )
    objects = [
        thing(e["object_id"], e["name"], (e["x1"], e["y1"], e["x2"], e["y2"]), row["image_id"],
              attributes=e["attributes"])
        for row in first.iter_rows(named=True) for e in row["objects"]
    ]  # fmt: skip
    relationships = [
        link(e["relationship_id"], e["subject"], e["predicate"], e["object"], row["image_id"])
        for row in first.iter_rows(named=True)
        for e in row["relationships"]
    ]
    rows = raw_scenes(images.to_dicts(), objects, relationships)
    second, ledger = clean_scenes(rows, NEVER_MERGED)
    assert set(ledger["reason"]) <= {"sentence-name"}
    for before, after in zip(corners(first), corners(second), strict=True):
        assert (*before[:4], before[5]) == (*after[:4], after[5])
        assert before[4] in (None, after[4])
    assert second["relationships"].equals(first["relationships"])


def corners(scenes: pl.DataFrame) -> list[tuple]:
    """Frames and boxes, and the names of objects with a class: a name that disagreed with another
    had none, and may have one when it comes back alone."""
    return [
        (scene.image_id, scene.width, scene.height, number, entry.class_name and entry.name,
         entry.box)
        for scene in scenes_of(scenes) for number, entry in scene.objects.items()
    ]  # fmt: skip


# The stop, and the task


@pytest.mark.parametrize(
    ("num_images", "rows", "max_share", "stops"),
    [
        (10, [("1", "image", "record-unreadable")], 0.1, False),
        (10, [("1", "image", "record-unreadable")], 0.09, True),
        (10, [("1", "objects", "record-unreadable"), ("1", "image", "no-objects")], 0.1, False),
        (10, [("7", "objects", "record-unreadable")], 0.0, False),
        (10, [("1", "image", "no-annotation")], 0.0, False),
        (10, [("1", "objects[3]", "duplicate-image")], 0.0, False),
        (9, [("", "objects[3]", "image-unreadable")], 0.1, False),
        (9, [("", "objects[3]", "image-unreadable")], 0.099, True),
        (8, [("", "image[3]", "image-unreadable")] * 2, 0.2, False),
        (10, [("1", "object 3", "box-empty")], 0.0, False),
        (10, [], 0.0, False),
    ],
)
def test_too_many_bad_images_stop_the_build(tmp_path, num_images, rows, max_share, stops):
    index, scenes = tmp_path / "index.parquet", tmp_path / "scenes.parquet"
    pl.DataFrame({"image_id": ["7"]}).write_parquet(scenes)
    ledger_of([]).write_parquet(index.with_suffix(".ledger.parquet"))
    ledger = ledger_of([lost(*row, "what was found") for row in rows])
    ledger.write_parquet(scenes.with_suffix(".ledger.parquet"))
    if not stops:
        check_losses(index, [scenes], num_images, max_share)
        return
    with pytest.raises(
        ValueError, match=r"ingest.max_bad_share = \d+%: correct the source"
    ) as caught:
        check_losses(index, [scenes], num_images, max_share)
    assert "\n" not in str(caught.value)
    assert "10% of 10 images" in str(caught.value)


def test_shards_are_written_with_their_ledger_and_only_once(tmp_path):
    source = SourceConfig(kind="visual-genome", path=str(write(tmp_path / "vg")))
    build = stages.after(stages.build_of(tmp_path, source), index.STAGE)
    (path,) = stages.run(ingest.STAGE, build)
    raw = read_shard(build.made["index"][0], "0-1", source, tmp_path)
    scenes, ledger = clean_scenes(raw, CONFIG)
    assert pl.read_parquet(path).equals(scenes)
    assert pl.read_parquet(path.with_suffix(".ledger.parquet")).equals(ledger)
    stamp = path.stat().st_mtime_ns
    (state,) = stages.run(ingest.STAGE, build)
    assert (state.name, state.data, path.stat().st_mtime_ns) == ("Cached", path, stamp)


@pytest.mark.parametrize("version", ["v1.0", "v1.2", "v1.4"])
def test_laws_hold_on_real_samples(visual_genome, tmp_path, version):
    source = SourceConfig(kind="visual-genome", path=str(visual_genome / version))
    build = stages.after(stages.build_of(tmp_path, source), index.STAGE)
    (path,), num_images = build.made["index"], build.num_images
    raw = read_shard(path, f"0-{num_images}", source, tmp_path)
    test_every_row = test_scenes_are_sound.hypothesis.inner_test
    test_every_row(raw)
    scenes, _ = clean_scenes(raw, CONFIG)
    parts = [
        clean_scenes(read_shard(path, f"{n}-{n + 1}", source, tmp_path), CONFIG)[0]
        for n in range(num_images)
    ]
    assert pl.concat(parts).sort("image_id").equals(scenes)
    assert list(itertools.chain(raw.images["image_id"].sort())) == scenes["image_id"].to_list()
