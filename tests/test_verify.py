"""Verify knows nothing of the writer: every reason has a case, and whatever is changed in a good
question is noticed."""

import polars as pl
import pytest
from hypothesis import assume, given, settings
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
    RelationClaim,
    SizeClaim,
    category_of,
    decode_claim,
    encode_claim,
    objects_of,
)
from schemas.proof import Facts
from schemas.question import VERIFIED
from schemas.scene_graph import Facing
from tasks.extract import subgraph_rows
from tasks.verify import find_problem, verify_questions
from tasks.write import write_question
from tests.scenes import EXTRACT, NUM_OPTIONS, PROOF, facts, scene, scene_rows, scenes

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
        GOOD["place"] | {"options": ["on the sofa", "under the couch", "far from the couch"]},
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


@st.composite
def written(draw):
    """A question by the template writer, and the facts of its scene."""
    known = Facts(draw(scenes(at_least=3, names=NAMES)), PROOF)
    rows = list(subgraph_rows(known.scene, PROOF, EXTRACT, NUM_OPTIONS))
    assume(rows)
    return write_question(draw(st.sampled_from(rows)), NUM_OPTIONS, draw(st.integers(0, 9))), known


@given(scenes(at_least=3, names=NAMES), st.integers(0, 9))
@settings(max_examples=60)
def test_every_question_of_the_writer_holds(one, seed):
    known = Facts(one, PROOF)
    for row in subgraph_rows(one, PROOF, EXTRACT, NUM_OPTIONS):
        assert find_problem(write_question(row, NUM_OPTIONS, seed), known) is None


@given(written(), st.data())
@settings(max_examples=60)
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
