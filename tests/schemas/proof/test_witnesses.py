"""What witnesses say to claims: they vouch, doubt, or contradict."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.box import Box
from schemas.claim import CountClaim, ExistenceClaim, LocationClaim
from schemas.proof.evidence import Evidence, Standing, together
from schemas.proof.facts import Facts
from schemas.testimony import Sighting
from schemas.testimony import Testimony as Said
from tests.scenes import OPEN, PROOF, scene, scenes

LEFT, RIGHT = (100, 100, 300, 300), (500, 100, 700, 300)
DOG, DOGS = [("dog", LEFT)], [("dog", LEFT), ("dog", RIGHT)]


def seen(
    name: str | tuple[str, ...],
    object_id: int | None = None,
    *,
    sure: bool = True,
    by: str = "coco",
) -> Sighting:
    names = (name,) if isinstance(name, str) else name
    return Sighting(by, names, Box(*LEFT), sure, object_id)


def told(objects, *sightings, complete=(), disputed=None, by=("coco",), proof=PROOF) -> Facts:
    testimony = Said(tuple(sightings), dict.fromkeys(complete, by), disputed or {})
    return Facts(replace(scene(objects), testimony=testimony), proof)


COUNTS = [
    # objects, sightings, complete, class counted, number, what it is
    (DOG, [seen("dog", 0)], ["dog"], "dog", 1, "asserted"),
    (DOG, [seen("dog", 0)], ["dog"], "dog", 2, "refuted"),
    (DOG, [seen("dog", 0)], [], "dog", 1, "unknown"),
    (DOG, [seen("dog", 0), seen("dog")], ["dog"], "dog", 1, "unknown"),
    (DOG, [seen("dog", 0), seen("dog")], [], "dog", 1, "unknown"),
    (DOG, [seen("dog", 0), seen("dog", sure=False)], [], "dog", 2, "unknown"),
    (DOG, [seen("dog", 0, sure=False)], [], "dog", 1, "unknown"),
    ([("book", LEFT)], [seen("book", 0)], ["book"], "book", 1, "asserted"),
    ([("book", LEFT)], [], [], "book", 1, "unknown"),
    ([("man", LEFT)], [seen("person", 0)], ["person"], "man", 1, "asserted"),
    ([("man", LEFT), ("woman", RIGHT)], [seen("person", 0), seen("person", 1)], ["person"], "man",
     1, "asserted"),
    ([("man", LEFT), ("woman", RIGHT)], [seen("person", 0), seen("person", 1)], ["person"],
     "person", 2, "asserted"),
    ([("man", LEFT), ("skier", RIGHT)], [seen("person", 0), seen("person", 1)], ["person"], "man",
     1, "unknown"),
    ([("man", LEFT)], [seen("person", 0), seen("person")], ["person"], "man", 1, "unknown"),
    ([("couch", LEFT), ("chair", RIGHT)], [seen("couch", 0), seen("chair", 1)],
     ["couch", "chair"], "chair", 1, "asserted"),
    ([("car", LEFT), ("van", RIGHT)], [seen("car", 0), seen("car", 1)], ["car"], "car", 1,
     "unknown"),
    ([("television", LEFT)], [seen(("television", "monitor"), 0)], ["television", "monitor"],
     "television", 1, "asserted"),
    ([("animal", LEFT)], [seen("dog", 0)], ["dog"], "dog", 1, "asserted"),
]  # fmt: skip


@pytest.mark.parametrize(("objects", "sightings", "complete", "name", "number", "standing"), COUNTS)
def test_counts(objects, sightings, complete, name, number, standing):
    facts = told(objects, *sightings, complete=complete, proof=OPEN)
    assert facts.holds(CountClaim(name, number)).standing == standing


@pytest.mark.parametrize(
    ("objects", "sightings", "complete", "name", "present", "standing"),
    [
        (DOG, [], ["cat"], "cat", False, "asserted"),
        (DOG, [], ["person"], "man", False, "asserted"),
        (DOG, [], ["man"], "person", False, "unknown"),
        (DOG, [seen("cat")], [], "cat", False, "refuted"),
        (DOG, [seen("cat")], [], "cat", True, "asserted"),
        (DOG, [seen("cat", sure=False)], [], "cat", False, "unknown"),
        (DOG, [seen("dog", 0)], [], "dog", True, "witnessed"),
        (DOG, [], ["dog"], "dog", True, "unknown"),
        (DOG, [seen("person")], ["person"], "man", False, "unknown"),
    ],
)
def test_existences(objects, sightings, complete, name, present, standing):
    facts = told(objects, *sightings, complete=complete)
    assert facts.holds(ExistenceClaim(name, present)).standing == standing


@pytest.mark.parametrize(
    ("objects", "sightings", "complete", "unique"),
    [
        (DOG, [seen("dog", 0)], ["dog"], True),
        (DOG, [seen("dog", 0), seen("dog")], ["dog"], False),
        (DOG, [seen("dog", 0), seen("dog")], [], False),
        (DOG, [seen("dog", 0), seen("cat")], ["dog"], True),
        (DOG, [seen("dog", 0), seen("dog", sure=False)], [], False),
        # The annotation alone would leave it open who "the man" is; the witness saw but one person.
        ([("man", LEFT), ("skier", LEFT)], [seen("person", 0)], ["person"], True),
        (DOG, [], ["cat"], True),
    ],
)
def test_a_name_picks_out_one_thing_where_no_witness_saw_another(
    objects, sightings, complete, unique
):
    assert told(objects, *sightings, complete=complete).is_unique(0) is unique


def test_nothing_is_said_of_an_object_that_a_witness_contradicts():
    facts = told(DOGS, seen("dog", 1), complete=["dog"], disputed={0: "coco: none there"})
    at_left, at_right = (LocationClaim(key, "middle_left") for key in (0, 1))
    assert facts.holds(at_left) == Evidence(
        Standing.UNKNOWN, None, "object 0 is in conflict with coco: none there"
    )
    assert facts.holds(at_right).standing is not Standing.UNKNOWN
    assert facts.holds(CountClaim("dog", 1)).standing is Standing.UNKNOWN
    assert not facts.is_unique(1)


def test_details_say_which_source_says_what():
    facts = told(DOG, seen("dog", 0), complete=["dog"])
    assert facts.holds(CountClaim("dog", 1)).detail == "annotation: 1 annotated; coco: 1 in all"
    assert facts.witnesses.vouches("dog")
    assert not facts.witnesses.vouches("cat")


def test_two_witnesses_that_agree_need_no_annotation():
    both = [seen("book", 0), seen("book", 0, by="detector")]
    agreed = told([("book", LEFT)], *both, complete=["book"], by=("coco", "detector"))
    assert agreed.holds(CountClaim("book", 1)).standing is Standing.WITNESSED
    assert agreed.is_unique(0)
    torn = told([("book", LEFT)], both[0], complete=["book"], by=("coco", "detector"))
    assert torn.holds(CountClaim("book", 1)).standing is Standing.UNKNOWN
    assert torn.holds(ExistenceClaim("book", True)).standing is Standing.UNKNOWN
    assert not torn.is_unique(0)


EVIDENCE = st.builds(Evidence, st.sampled_from(Standing), st.none(), st.text(max_size=3))


@given(EVIDENCE, EVIDENCE)
def test_no_pair_of_sources_is_surer_than_its_surest_but_where_both_agree(one, other):
    found = together(one, other)
    if found.supports:
        assert one.supports or other.supports
        assert not (one.refutes or other.refutes)
    if found.standing is Standing.WITNESSED:
        agreed = one.supports and other.supports
        assert agreed or Standing.WITNESSED in (one.standing, other.standing)
    assert found.detail == f"{one.detail}; {other.detail}" or "conflict" in found.detail


@given(scenes(), st.sampled_from(["dog", "cat", "man", "person", "couch"]), st.integers(0, 3))
def test_a_witness_of_other_things_changes_nothing(one, name, number):
    """COCO has looked for traffic lights, and there are none."""
    about = Said((), {"traffic light": ("coco",)}, {})
    mute, heard = (Facts(each, PROOF) for each in (one, replace(one, testimony=about)))
    for claim in (CountClaim(name, number), ExistenceClaim(name, True)):
        assert heard.holds(claim).standing == mute.holds(claim).standing
    for key in one.objects:
        assert heard.is_unique(key) == mute.is_unique(key)
