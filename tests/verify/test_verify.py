"""Verify knows nothing of the writer: every reason has a case, and whatever is changed in a good
question is noticed."""

import re

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.claim import (
    Cell,
    CountClaim,
    DepthClaim,
    Dimension,
    Direction,
    DistanceClaim,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
    category_of,
    decode_claim,
    encode_claim,
    objects_of,
)
from schemas.proof.facts import Facts
from schemas.question import VERIFIED
from schemas.scene_graph import Facing
from tasks.extract.stage import subgraph_rows
from tasks.verify.checks import check_question, find_problem
from tasks.verify.stage import verify_questions
from tasks.write.stage import write_question
from tests.scenes import EXTRACT, NUM_OPTIONS, OPEN, PROOF, facts, scene, scene_rows, scenes
from tests.schemas.proof.test_proof_laws import mirrored, reflected

NAMES = ["dog", "cat", "man", "boy", "couch", "table", "box", "car", "tree", "horse", "grass"]
ROOM = [
    ("dog", (420, 400, 500, 480), {"depth": 3.0}),
    ("couch", (380, 470, 640, 590), {"depth": 3.0}),
    ("cat", (20, 20, 120, 120), {"depth": 6.0}),
    ("man", (720, 100, 880, 560), {"depth": 3.0, "facing": Facing.LEFT}),
    ("dogs", (200, 20, 280, 90)),
    ("gizmo", (150, 300, 220, 380)),
]
NEAT = ROOM[:4]
ON = RelationClaim(0, "on", 1)


def question(text, asks, *options, answer=0, **changed):
    """A row of QUESTION from pairs of option and claim."""
    claims = [encode_claim(claim) for _, claim in options]
    row = {
        "question_id": "1-q",
        "image_id": "1",
        "category": category_of(options[answer][1]).value,
        "asks": asks,
        "question": text,
        "options": [option for option, _ in options],
        "option_claims": claims,
        "claim": claims[answer],
        "answer": answer,
    }
    return row | changed


def problem(row, objects=NEAT, said=((0, "on", 1),), **settings):
    found = find_problem(row, facts(objects, said, **settings))
    return found and found[0]


def where(*predicates):
    options = [(f"{text} the couch", RelationClaim(0, name, 1)) for text, name in predicates]
    return "Where is the dog?", "predicate", *options


def size(text, dimension, asks="largest"):
    return (
        text,
        asks,
        ("man", SizeClaim(dimension, 3, (2,))),
        ("cat", SizeClaim(dimension, 2, (3,))),
    )


def depth(text, asks, *names):
    claims = [DepthClaim(0, 2), DepthClaim(2, 0)]
    return text, asks, *zip(names, claims, strict=True)


def direction(text, viewpoint, reference, target, *options):
    claims = [
        (option, OrientationClaim(viewpoint, reference, target, to)) for option, to in options
    ]
    return text, "direction", *claims


def yes_no(text, *what):
    yes, no = (ExistenceClaim(what[0], present, *what[1:]) for present in (True, False))
    return text, "present", ("Yes", yes), ("No", no)


GOOD = {
    "place": question(*where(("on", "on"), ("under", "under"), ("far from", "far from"))),
    "free words": question(*where(("on top of", "on top of"), ("beneath", "under")), claim=""),
    "object": question(
        "What is the dog sitting on?",
        "object",
        ("the couch", RelationClaim(0, "sitting on", 1)),
        ("a cat", RelationClaim(0, "sitting on", 2)),
    ),
    "size": question(*size("Which is taller in the picture?", Dimension.TALLER)),
    "span": question(*size("Which goes farther from top to bottom?", Dimension.TALLER)),
    "nearer": question(*depth("Which is nearer?", "nearer", "dog", "cat")),
    "farther": question(*depth("Which is farther away?", "farther", "cat", "dog")),
    "viewer": question(
        *direction(
            "Where is the cat, seen from the couch?",
            None,
            1,
            2,
            ("above and to the left", Direction.ABOVE_LEFT),
            ("below right", Direction.BELOW_RIGHT),
        )
    ),
    "own": question(
        *direction(
            "Where is the dog for the man?",
            3,
            3,
            0,
            ("ahead", Direction.AHEAD),
            ("behind", Direction.BACK),
            ("on the right", Direction.RIGHT),
        )
    ),
    "cell": question(
        "Where is the cat?",
        "cell",
        ("upper left", LocationClaim(2, Cell.TOP_LEFT)),
        ("center", LocationClaim(2, Cell.MIDDLE_CENTER)),
        ("middle right", LocationClaim(2, Cell.MIDDLE_RIGHT)),
    ),
    "distance": question(
        "Which is closest to the couch?",
        "nearest",
        ("dog", DistanceClaim(1, 0, (2,))),
        ("cat", DistanceClaim(1, 2, (0,))),
    ),
    "count": question(
        "How many cats are there?",
        "number",
        ("1", CountClaim("cat", 1)),
        ("2", CountClaim("cat", 2)),
    ),
    "present": question(*yes_no("Is there a cat?", "cat")),
    "related": question(*yes_no("Is there a dog on a couch?", "dog", "on", "couch")),
}
SAID = [(0, "on", 1), (0, "on top of", 1), (0, "sitting on", 1)]


@pytest.mark.parametrize("name", [name for name in GOOD if name not in ("own", "free words")])
def test_good_questions_hold_however_they_are_worded(name):
    assert problem(GOOD[name], said=SAID) is None


def test_an_own_direction_holds_for_those_side_by_side():
    objects = [("dog", (300, 380, 400, 470), {"depth": 3.0}), *NEAT[1:]]
    assert problem(GOOD["own"], objects) is None


CHANGED = {
    "unreadable": [
        GOOD["place"] | {"claim": "{}"},
        GOOD["place"] | {"option_claims": ["no json"] * 3},
        GOOD["place"] | {"answer": 3},
        GOOD["place"] | {"answer": -1},
        GOOD["place"] | {"answer": None},
        GOOD["place"] | {"answer": 1},
        GOOD["place"] | {"options": ["on the couch", "under the couch"]},
        GOOD["place"] | {"asks": "nearest"},
        question(
            "Where is the dog?",
            "predicate",
            ("on", RelationClaim(0, "on", 9)),
            ("under", RelationClaim(0, "under", 9)),
        ),
        question("Where?", "predicate", ("on", ON), ("frolicking", RelationClaim(0, "frolics", 1))),
        question(
            "How many gizmos?",
            "number",
            ("1", CountClaim("gizmo", 1)),
            ("2", CountClaim("gizmo", 2)),
        ),
    ],
    "wrong-category": [
        GOOD["place"] | {"category": "reach"},
        question(
            "Where is the dog?",
            "predicate",
            ("on the couch", ON),
            ("No", ExistenceClaim("dog", False)),
        ),
    ],
    "options-number": [
        question("Where is the dog?", "predicate", ("on the couch", ON)),
        question(
            *where(
                ("on", "on"),
                ("under", "under"),
                ("far from", "far from"),
                ("next to", "next to"),
                ("inside", "inside"),
            )
        ),
    ],
    "off-question": [
        question(
            "Where is the dog?",
            "predicate",
            ("on the couch", ON),
            ("on the cat", RelationClaim(0, "on", 2)),
        ),
        question(
            "Which is larger?",
            "largest",
            ("man", SizeClaim(Dimension.LARGER, 3, (2,))),
            ("cat", SizeClaim(Dimension.TALLER, 2, (3,))),
        ),
        question(
            "Which is closest to the couch?",
            "nearest",
            ("dog", DistanceClaim(1, 0, (2,))),
            ("cat", DistanceClaim(1, 2, (3,))),
        ),
    ],
    "options-repeat": [
        GOOD["place"] | {"options": ["on the couch", "On the couch ", "far from the couch"]},
        GOOD["place"]
        | {
            "option_claims": [
                encode_claim(ON),
                encode_claim(ON),
                encode_claim(RelationClaim(0, "under", 1)),
            ]
        },
    ],
    "ambiguous-name": [
        question(
            "Where is the gizmo?",
            "cell",
            ("top left", LocationClaim(5, Cell.TOP_LEFT)),
            ("bottom right", LocationClaim(5, Cell.BOTTOM_RIGHT)),
        ),
        question(
            "Where is the dog?",
            "cell",
            ("bottom center", LocationClaim(0, Cell.BOTTOM_CENTER)),
            ("top left", LocationClaim(0, Cell.TOP_LEFT)),
        ),
    ],
    "name-missing": [
        GOOD["place"] | {"question": "Where is the cat?"},
        GOOD["place"] | {"options": ["on the bench", "under the couch", "far from the couch"]},
        GOOD["object"] | {"options": ["the cat", "the couch"]},
        GOOD["size"] | {"options": ["cat", "man"]},
        GOOD["size"] | {"options": ["man", "man and cat"]},
        GOOD["nearer"] | {"options": ["cat", "dog"]},
        GOOD["distance"] | {"options": ["cat", "dog"]},
        GOOD["distance"] | {"question": "Which is closest to the man?"},
        GOOD["cell"] | {"question": "Where is the catfish?"},
    ],
    "words-differ": [
        GOOD["place"] | {"options": ["under the couch", "on the couch", "far from the couch"]},
        GOOD["place"] | {"question": "Where is the dog not?"},
        GOOD["object"] | {"question": "What is the dog under?"},
        GOOD["size"] | {"question": "Which is wider in the picture?"},
        GOOD["size"] | {"question": "Which is taller or wider in the picture?"},
        GOOD["size"] | {"question": "Which one?"},
        GOOD["nearer"] | {"question": "Which is farther away?"},
        GOOD["farther"] | {"question": "Which is nearer?"},
        GOOD["viewer"] | {"options": ["below right", "above and to the left"]},
        GOOD["viewer"] | {"options": ["to the left", "to the right"]},
        GOOD["cell"] | {"options": ["center", "upper left", "middle right"]},
        GOOD["cell"] | {"options": ["upper left", "in the", "middle right"]},
        GOOD["distance"] | {"question": "Which is farthest from the couch?"},
        GOOD["count"] | {"options": ["2", "1"]},
        GOOD["count"] | {"question": "How many dogs are there?"},
        GOOD["present"] | {"options": ["No", "Yes"]},
        GOOD["present"] | {"question": "Is there a cow?"},
        GOOD["present"] | {"question": "Is there no cat?"},
        GOOD["related"] | {"question": "Is there a dog under a couch?"},
        GOOD["related"] | {"question": "Is there a dog on a bed?"},
    ],
    "answer-unproved": [
        question(*where(("on", "on"), ("under", "under")), answer=1),
        question(*where(("holding", "holding"), ("under", "under"))),
        question(
            "Which is nearer?", "nearer", ("dog", DepthClaim(0, 3)), ("man", DepthClaim(3, 0))
        ),
    ],
    "option-possible": [
        question(*where(("on", "on"), ("touching", "touching"))),
    ],
}


@pytest.mark.parametrize(
    ("reason", "row"), [(reason, row) for reason, rows in CHANGED.items() for row in rows]
)
def test_every_reason(reason, row):
    objects = ROOM if reason == "ambiguous-name" else NEAT
    assert problem(row, objects, SAID) == reason


def test_the_answer_must_be_the_claim_that_the_question_states():
    row = GOOD["place"] | {"claim": encode_claim(RelationClaim(0, "under", 1))}
    assert problem(row) == "unreadable"


def test_a_question_is_verified_in_its_own_scene():
    one = scene(NEAT, SAID)
    rows = [
        GOOD["place"] | {"question_id": "1-a"},
        GOOD["place"] | {"question_id": "2-a", "image_id": "2"},
        GOOD["place"] | {"question_id": "1-b", "answer": 1},
    ]
    given_columns = {
        name: dtype for name, dtype in VERIFIED.items() if not name.startswith("reason")
    }
    questions = pl.DataFrame(
        [dict.fromkeys(given_columns) | row for row in rows], schema=given_columns
    )
    verified = verify_questions(questions, scene_rows(one), PROOF)
    assert verified.schema == VERIFIED
    assert verified.select("question_id", "reason", "reason_detail").rows() == [
        ("1-a", None, None),
        ("2-a", "unreadable", "there is no scene for this image"),
        ("1-b", "unreadable", "the answer does not stand for the claim of the question"),
    ]


FLAT = [(name, box) for name, box, *_ in NEAT]
"""The same things, of which nobody knows how far away they are or which way they face."""
OWN = [
    ("to the man's left", Direction.LEFT),
    ("to the man's right", Direction.RIGHT),
    ("in front of the man", Direction.AHEAD),
    ("behind the man", Direction.BACK),
]
UNDECIDED = {
    "depth": question(
        *depth("Which is nearer to the camera, the dog or the cat?", "nearer", "dog", "cat")
    ),
    "own": question(*direction("From the man's point of view, where is the dog?", 3, 3, 0, *OWN)),
    "contact": question(
        "What is the dog doing with the couch?",
        "predicate",
        ("sitting on the couch", ReachClaim(0, "sitting on", 1)),
        ("leaning against the couch", ReachClaim(0, "leaning against", 1)),
    ),
    "count": question(
        "How many cups are there?",
        "number",
        ("2", CountClaim("cup", 2)),
        ("3", CountClaim("cup", 3)),
    ),
    "absent": question(*yes_no("Is there a cup in the picture?", "cup")),
    "refuted rest": question(*where(("holding", "holding"), ("under", "under"))),
    "open rest": question(*where(("on", "on"), ("carrying", "carrying"))),
}


def checked(row, objects=FLAT, said=((0, "on", 1),), is_judged=True, proof=PROOF):
    return check_question(row, facts(objects, said, proof=proof), is_judged=is_judged)


@pytest.mark.parametrize("name", UNDECIDED)
def test_a_judge_decides_what_the_scene_leaves_open(name):
    proof = OPEN if name == "count" else PROOF
    finding = checked(UNDECIDED[name], proof=proof)
    assert finding.problem is None
    assert (finding.evidence.standing, finding.evidence.margin) == ("unknown", None)
    assert finding.reading == "read"
    unjudged = checked(UNDECIDED[name], is_judged=False, proof=proof)
    assert unjudged.problem[0] in ("answer-unproved", "option-possible")


@pytest.mark.parametrize(
    ("reason", "row"),
    [
        ("answer-refuted", question(*where(("under", "under"), ("on", "on")))),
        ("answer-refuted", question(*where(("under", "under"), ("carrying", "carrying")))),
        ("option-holds", question(*where(("carrying", "carrying"), ("on", "on")))),
        ("options-overlap", question(*where(("on", "on"), ("touching", "touching")))),
        ("options-overlap", question(*where(("holding", "holding"), ("touching", "touching")))),
        ("options-overlap", question(*where(("riding", "riding"), ("on top of", "on top of")))),
        ("words-differ", GOOD["place"] | {"question": "Where is the couch, seen from the dog?"}),
        ("words-differ", UNDECIDED["depth"] | {"question": "Is the dog or the cat farther away?"}),
    ],
)  # fmt: skip
def test_a_judge_is_not_asked_what_the_scene_knows(reason, row):
    assert checked(row).problem[0] == reason


def test_what_is_decided_stays_decided_with_a_judge():
    for name in ("place", "object", "size", "viewer", "cell", "distance", "present", "related"):
        with_judge, without = (checked(GOOD[name], said=SAID, is_judged=judged)
                               for judged in (True, False))  # fmt: skip
        assert with_judge == without
        assert with_judge.evidence.supports


def test_unread_words_are_left_to_the_judge():
    row = GOOD["size"] | {"question": "Which is more prominent in the picture?"}
    finding = checked(row)
    assert finding.problem is None
    assert (finding.reading, finding.evidence.standing) == ("unread", "proved")
    assert checked(row, is_judged=False).problem[0] == "words-differ"


CATS = "How many cats are there?"
SMUGGLED = {
    "the object itself": (
        "unreadable",
        question(
            "Where is the dog in relation to the dog?",
            "predicate",
            ("on the dog", RelationClaim(0, "on", 0)),
            ("under the dog", RelationClaim(0, "under", 0)),
        ),
    ),
    "a thing compared with itself": (
        "unreadable",
        question(
            "Which is nearer, the dog or the dog?",
            "nearer",
            ("dog", DepthClaim(0, 0)),
            ("cat", DepthClaim(0, 2)),
        ),
    ),
    "one thing twice": (
        "unreadable",
        question(
            "Which is the tallest?",
            "largest",
            ("man", SizeClaim(Dimension.TALLER, 3, (2, 2))),
            ("cat", SizeClaim(Dimension.TALLER, 2, (3, 2))),
        ),
    ),
    "an id of another scene": (
        "unreadable",
        question(*depth("Which is nearer, the dog or the cat?", "nearer", "dog", "cat"))
        | {
            "option_claims": [encode_claim(DepthClaim(0, 77)), encode_claim(DepthClaim(77, 0))],
            "claim": encode_claim(DepthClaim(0, 77)),
        },
    ),
    "somebody else's eyes": (
        "unreadable",
        question(*direction("From the cat's point of view, where is the dog?", 2, 3, 0, *OWN)),
    ),
    "a predicate of its own": (
        "unreadable",
        question(
            "Where is the dog?",
            "predicate",
            ("on the couch", ON),
            ("chasing the couch", RelationClaim(0, "chasing", 1)),
        ),
    ),
    "a class of its own": (
        "unreadable",
        question(
            "How many gizmos are there?",
            "number",
            ("1", CountClaim("gizmo", 1)),
            ("2", CountClaim("gizmo", 2)),
        ),
    ),
    "half a relation": (
        "unreadable",
        question(
            "Is there a dog on something?",
            "present",
            ("Yes", ExistenceClaim("dog", True, "on")),
            ("No", ExistenceClaim("dog", False, "on")),
        ),
    ),
    "no list of claims": ("unreadable", GOOD["place"] | {"option_claims": None}),
    "the inverse": (
        "off-question",
        question(
            "Where is the cat in relation to the man?",
            "predicate",
            ("to the left of the man", RelationClaim(2, "left of", 3)),
            ("the man is right of it", RelationClaim(3, "right of", 2)),
        ),
    ),
    "a synonym": (
        "options-repeat",
        question(*where(("on", "on"), ("next to", "next to"), ("beside", "beside"))),
    ),
    "an article apart": ("options-repeat", GOOD["size"] | {"options": ["man", "The man."]}),
    "a word for a figure": ("options-repeat", GOOD["count"] | {"options": ["2", "Two"]}),
    "another part": (
        "off-question",
        question(
            "Is there a cat?",
            "present",
            ("Yes", ExistenceClaim("cat", True)),
            ("No", ExistenceClaim("dog", False)),
        ),
    ),
    "another category": ("wrong-category", UNDECIDED["depth"] | {"category": "distance"}),
    "fewer than none": (
        "number-absurd",
        question(CATS, "number", ("1", CountClaim("cat", 1)), ("-1", CountClaim("cat", -1))),
    ),
    "far too many": (
        "number-absurd",
        question(
            CATS, "number", ("1", CountClaim("cat", 1)), ("1000000", CountClaim("cat", 1000000))
        ),
    ),
    "nothing to count": (
        "ambiguous-name",
        question(
            "How many grass are there?",
            "number",
            ("1", CountClaim("grass", 1)),
            ("2", CountClaim("grass", 2)),
        ),
    ),
    "nothing to miss": ("ambiguous-name", question(*yes_no("Is there a hair?", "hair"))),
    "markup": ("text-unfit", GOOD["cell"] | {"question": "Where is the <b>cat</b>?"}),
    "a comment": ("text-unfit", GOOD["cell"] | {"question": "Where is the cat?<!-- A -->"}),
    "an entity": ("text-unfit", GOOD["cell"] | {"question": "Where is the cat &amp; co?"}),
    "a second line": ("text-unfit", GOOD["cell"] | {"question": "Where is the cat?\nA is right."}),
    "a control character": ("text-unfit", GOOD["cell"] | {"question": "Where is the cat\x07?"}),
    "an invisible blank": ("text-unfit", GOOD["cell"] | {"question": "Where is the cat\u200b?"}),
    "a text turned round": ("text-unfit", GOOD["cell"] | {"question": "Where is \u202ethe cat?"}),
    "too long a question": (
        "text-unfit",
        GOOD["cell"] | {"question": "Where is the cat" + " now" * 80},
    ),
    "too long an option": (
        "text-unfit",
        GOOD["cell"] | {"options": ["upper left" + " corner" * 20, "center", "middle right"]},
    ),
    "an empty option": (
        "text-unfit",
        GOOD["cell"] | {"options": ["upper left", " ", "middle right"]},
    ),
    "no option": ("text-unfit", GOOD["cell"] | {"options": ["upper left", None, "middle right"]}),
    "no question": ("text-unfit", GOOD["cell"] | {"question": "?!"}),
    "no question at all": ("text-unfit", GOOD["cell"] | {"question": None}),
    "letters": (
        "text-unfit",
        GOOD["cell"] | {"options": ["A. upper left", "B. center", "C. middle right"]},
    ),
    "letters in brackets": (
        "text-unfit",
        GOOD["cell"] | {"options": ["(A) upper left", "(B) center", "(C) middle right"]},
    ),
    "a small letter": (
        "text-unfit",
        GOOD["cell"] | {"options": ["a) upper left", "center", "middle right"]},
    ),
    "a bare letter": (
        "text-unfit",
        GOOD["cell"] | {"options": ["upper left", "B", "middle right"]},
    ),
    "options in the question": (
        "text-unfit",
        GOOD["cell"]
        | {"question": "Where is the cat: (A) upper left, (B) center or (C) middle right?"},
    ),
    "the answer alone": (
        "answer-given",
        UNDECIDED["depth"] | {"question": "Which is nearer, the dog or the dog?"},
    ),
    "the answer's number": (
        "answer-given",
        GOOD["count"] | {"question": "How many of the 1 cats are there?"},
    ),
    "the answer's place": (
        "answer-given",
        GOOD["cell"] | {"question": "Where, in the upper left, is the cat?"},
    ),
    "the other option": (
        "answer-given",
        GOOD["distance"]
        | {"question": "Which is closest to the couch, the cat or something else?"},
    ),
    "a name of several": (
        "ambiguous-name",
        question(
            "Where is the gizmo?",
            "cell",
            ("top left", LocationClaim(4, Cell.TOP_LEFT)),
            ("center", LocationClaim(4, Cell.MIDDLE_CENTER)),
        ),
    ),
}


@pytest.mark.parametrize("is_judged", [False, True])
@pytest.mark.parametrize("name", SMUGGLED)
def test_nothing_is_smuggled_past_verification(name, is_judged):
    reason, row = SMUGGLED[name]
    objects = [*NEAT, ("gizmo", (150, 300, 220, 380))]
    assert checked(row, objects, is_judged=is_judged).problem[0] == reason


@pytest.mark.parametrize(
    "options",
    [["A dog", "a cat"], ["The dog.", "The cat."], ["DOG", "CAT"], ["The dog", "the kitty cat"]],
)
def test_options_may_be_written_as_people_do(options):
    row = UNDECIDED["depth"] | {"options": options}
    assert checked(row).problem is None


def test_verification_sets_evidence_and_reading():
    one = scene(FLAT, [(0, "on", 1)])
    given_columns = {name: dtype for name, dtype in VERIFIED.items() if name != "reading"}
    lost = dict.fromkeys(given_columns) | {
        "question_id": "1-lost", "image_id": "1", "reason": "cannot-tell", "reason_detail": "dark",
    }  # fmt: skip
    rows = [
        GOOD["place"] | {"question_id": "1-a", "evidence": "proved", "detail": "so I say"},
        UNDECIDED["depth"] | {"question_id": "1-b", "evidence": "proved", "margin": 9.0},
        lost,
        lost | {"question_id": "2-lost", "image_id": "2"},
        GOOD["place"] | {"question_id": "1-c", "question": "Where is it?", "evidence": "asserted"},
    ]
    questions = pl.DataFrame(
        [dict.fromkeys(given_columns) | row for row in rows], schema=given_columns
    )
    verified = verify_questions(questions, scene_rows(one), PROOF, is_judged=True)
    names = ("question_id", "reason", "evidence", "margin", "detail", "reading")
    assert verified.select(names).rows() == [
        ("1-a", None, "asserted", None, "annotated as 'on'", "read"),
        ("1-b", None, "unknown", None, "depth is not annotated, or against the boxes", "read"),
        ("1-lost", "cannot-tell", None, None, None, None),
        ("2-lost", "cannot-tell", None, None, None, None),
        ("1-c", "name-missing", "asserted", None, None, None),
    ]
    assert verified["reason_detail"].to_list()[2:4] == ["dark", "dark"]


@st.composite
def written(draw):
    """A question by the template writer, and the facts of its scene."""
    known = Facts(draw(scenes(at_least=3, names=NAMES)), PROOF)
    rows = list(subgraph_rows(known.scene, PROOF, EXTRACT, NUM_OPTIONS))
    assume(rows)
    return write_question(draw(st.sampled_from(rows)), NUM_OPTIONS, draw(st.integers(0, 9))), known


@given(scenes(at_least=3, names=NAMES), st.integers(0, 9))
def test_every_question_of_the_writer_holds(one, seed):
    known = Facts(one, PROOF)
    for row in subgraph_rows(one, PROOF, EXTRACT, NUM_OPTIONS):
        for place in (None, seed % len(row["alternatives"])):  # all options, and two
            asked = write_question(row | {"alternative": place}, NUM_OPTIONS, seed)
            assert find_problem(asked, known) is None


@pytest.mark.parametrize("holds", [True, False])
def test_a_question_whether_somebody_does_something_names_nobody_who_does(holds):
    objects = [("man", (100, 100, 200, 400)), ("horse", (80, 250, 260, 500)),
               ("cow", (600, 100, 800, 400))]  # fmt: skip
    known = facts(objects, [(0, "riding", 1)])
    target = 1 if holds else 2
    name = "horse" if holds else "cow"
    options = [(said, RelationClaim(0, "riding", target, so))
               for said, so in (("Yes", True), ("No", False))]  # fmt: skip
    asked = question(f"Is the man riding the {name}?", "holds", *options, answer=int(not holds))
    assert find_problem(asked, known) is None
    wrong = question(f"Is the man riding the {name}?", "holds", *options, answer=int(holds))
    assert find_problem(wrong, known)[0] == "answer-unproved"


@given(written(), st.data())
def test_every_change_to_a_question_of_the_writer_is_noticed(question_and_facts, data):
    row, known = question_and_facts
    right = row["answer"]
    wrong = data.draw(
        st.sampled_from([place for place in range(len(row["options"])) if place != right])
    )
    options, claims = list(row["options"]), list(row["option_claims"])
    options[right], options[wrong] = options[wrong], options[right]
    claims[wrong] = claims[right]
    claim = decode_claim(row["claim"])
    name = known.objects[objects_of(claim)[0]].class_name if objects_of(claim) else claim.class_name
    plural = known.vocabulary.classes[name].plural
    renamed = {
        "question": row["question"].replace(plural, "gizmos").replace(name, "gizmo"),
        "options": [option.replace(name, "gizmo") for option in row["options"]],
    }
    changes = [
        {"answer": wrong},
        {"answer": wrong, "claim": row["option_claims"][wrong]},
        {"options": options},
        {"option_claims": claims},
        {"options": [row["options"][right]] * len(options)},
        {"options": row["options"][:1], "option_claims": row["option_claims"][:1], "answer": 0},
        renamed,
    ]
    for change in changes:
        assert find_problem(row | change, known) is not None, change


@st.composite
def worded(draw):
    """A question by the template writer, decided or not, perhaps with words or claims exchanged,
    and the facts of its scene."""
    known = Facts(draw(scenes(at_least=3, names=NAMES)), PROOF)
    rows = list(subgraph_rows(known.scene, PROOF, EXTRACT, NUM_OPTIONS, undecided=True))
    rows = [row for row in rows if (row["category"], row["asks"]) != ("reach", "predicate")]
    assume(rows)
    row = write_question(draw(st.sampled_from(rows)), NUM_OPTIONS, draw(st.integers(0, 9)))
    if draw(st.booleans()):
        place = draw(st.integers(0, len(row["options"]) - 1))
        row |= {"answer": place, "claim": row["option_claims"][place]}
    if draw(st.booleans()):
        row |= {
            "question": draw(st.sampled_from(["Which?", "How many?", row["question"] + " No?"]))
        }
    return row, known


@given(worded())
def test_a_judge_sees_all_that_holds_without_one_and_more(question_and_facts):
    row, known = question_and_facts
    without = check_question(row, known)
    if without.problem is None:
        assert check_question(row, known, is_judged=True) == without
        found = [known.holds(decode_claim(text)) for text in row["option_claims"]]
        assert [evidence.supports for evidence in found].count(True) == 1
        assert sum(evidence.refutes for evidence in found) == len(found) - 1


@given(worded())
def test_what_a_judge_is_asked_is_open_or_decided(question_and_facts):
    row, known = question_and_facts
    finding = check_question(row, known, is_judged=True)
    if finding.problem is None:
        found = [known.holds(decode_claim(text)) for text in row["option_claims"]]
        others = [evidence for place, evidence in enumerate(found) if place != row["answer"]]
        assert not found[row["answer"]].refutes
        assert not any(evidence.supports for evidence in others)
        is_decided = found[row["answer"]].supports and all(other.refutes for other in others)
        assert is_decided is finding.evidence.supports
        assert (finding.evidence.standing == "unknown") is not is_decided


@given(worded())
def test_the_mirrored_question_fares_the_same(question_and_facts):
    row, known = question_and_facts
    there = Facts(mirrored(known.scene), PROOF)
    reflect = {name: encode_claim(reflected(decode_claim(row[name]))) for name in ("claim",)}
    claims = [encode_claim(reflected(decode_claim(text))) for text in row["option_claims"]]
    turned = row | reflect | {"option_claims": claims, "question": turn(row["question"])}
    turned |= {"options": [turn(option) for option in row["options"]]}
    for is_judged in (False, True):
        here, other = (check_question(*pair, is_judged=is_judged)
                       for pair in ((row, known), (turned, there)))  # fmt: skip
        assert (here.problem and here.problem[0]) == (other.problem and other.problem[0])
        assert here.reading == other.reading


def turn(text):
    """Left for right; "from left to right" is a width whichever way."""
    kept = text.replace("from left to right", "#")
    swap = {"left": "right", "right": "left"}
    return re.sub(r"left|right", lambda found: swap[found[0]], kept).replace(
        "#", "from left to right"
    )
