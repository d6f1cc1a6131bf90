"""What is read in the words that a language model might choose. 0 is a dog, 1 a couch, 2 a cat,
3 a man, 4 a car, 5 a horse."""

import pytest

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
)
from tasks.language.reading import gives_away, read_words
from tasks.language.words.names import bare_words, classes_in
from tasks.language.words.phrases import Reading, may_both_hold

NAMES = {0: "dog", 1: "couch", 2: "cat", 3: "man", 4: "car", 5: "horse"}
READ, UNREAD, DIFFERS = Reading


def relations(subject, target, *predicates):
    return [RelationClaim(subject, name, target) for name in predicates]


def sizes(dimension):
    return [SizeClaim(dimension, 3, (2,)), SizeClaim(dimension, 2, (3,))]


def seen(viewpoint, *directions):
    return [OrientationClaim(viewpoint, 3, 0, to) for to in directions]


def yes_no(*what):
    return [ExistenceClaim(what[0], present, *what[1:]) for present in (True, False)]


# What is asked, the claims of the options, and options that surely say them.
ASKED = {
    "on": ("predicate", relations(0, 1, "on", "under"), ["on the couch", "under the couch"]),
    "on, briefly": ("predicate", relations(0, 1, "on", "under"), ["on it", "under it"]),
    "left": ("predicate", relations(0, 1, "left of", "right of"), ["to the left", "to the right"]),
    "object": ("object", [RelationClaim(0, "sitting on", 1), RelationClaim(0, "sitting on", 2)],
               ["couch", "cat"]),
    "subject": ("subject", relations(0, 1, "on") + relations(2, 1, "on"), ["dog", "cat"]),
    "beside": ("subject", relations(0, 1, "left of") + relations(2, 1, "left of"), ["dog", "cat"]),
    "reach": ("object", [ReachClaim(3, "holding", 0), ReachClaim(3, "holding", 2)], ["dog", "cat"]),
    "reach by": ("subject", [ReachClaim(3, "riding", 5), ReachClaim(0, "riding", 5)],
                 ["man", "dog"]),
    "reach how": ("predicate", [ReachClaim(3, "riding", 5), ReachClaim(3, "holding", 5)],
                  ["riding the horse", "holding the horse"]),
    "whether": ("holds", [RelationClaim(0, "on", 1), RelationClaim(0, "on", 1, holds=False)],
                ["Yes", "No"]),
    "whether held": ("holds", [ReachClaim(3, "holding", 2, holds=False),
                               ReachClaim(3, "holding", 2)], ["No", "Yes"]),
    "larger": ("largest", sizes(Dimension.LARGER), ["man", "cat"]),
    "taller": ("largest", sizes(Dimension.TALLER), ["man", "cat"]),
    "wider": ("largest", sizes(Dimension.WIDER), ["man", "cat"]),
    "seen": ("direction", seen(None, Direction.LEFT, Direction.RIGHT), ["to the left", "right"]),
    "own": ("direction", seen(3, Direction.LEFT, Direction.BACK), ["to the left", "behind"]),
    "cell": ("cell", [LocationClaim(0, Cell.TOP_LEFT), LocationClaim(0, Cell.MIDDLE_CENTER)],
             ["top left", "center"]),
    "nearer": ("nearer", [DepthClaim(0, 2), DepthClaim(2, 0)], ["dog", "cat"]),
    "farther": ("farther", [DepthClaim(0, 2), DepthClaim(2, 0)], ["cat", "dog"]),
    "distance": ("nearest", [DistanceClaim(1, 0, (2,)), DistanceClaim(1, 2, (0,))], ["dog", "cat"]),
    "count": ("number", [CountClaim("cup", 3), CountClaim("cup", 2)], ["3", "2"]),
    "present": ("present", yes_no("cat"), ["Yes", "No"]),
    "related": ("present", yes_no("dog", "under", "couch"), ["Yes", "No"]),
}  # fmt: skip
QUESTIONS = {
    "whether": {
        READ: [
            "Is the dog on the couch?",
            "Is the dog in the picture on the sofa?",
            "Yes or no: is the dog on the couch?",
            "Would you say that the dog is on the couch?",
            "Is it true that the dog is on the couch?",
            "Can you see the dog on the couch?",
            "The dog is on the couch, is this correct?",
            "Looking at the photo, is the puppy on the couch?",
        ],
        UNREAD: [
            "Is the dog above the couch?",
            "Is the dog lying on the couch?",
            "Is the dog near the couch?",
            "What about the dog and the couch?",
        ],
        DIFFERS: [
            "Is the couch on the dog?",
            "Is the dog under the couch?",
            "Is the dog not on the couch?",
            "Isn't the dog on the couch?",
            "Is the dog next to the couch?",
        ],
    },
    "whether held": {
        READ: [
            "Is the man holding the cat?",
            "Is the man in this photo holding the cat with both hands?",
            "Does the picture show the man holding the cat?",
            "Is it correct that the man holds the cat?",
        ],
        DIFFERS: ["Is the cat holding the man?", "Is the man riding the cat?"],
    },
    "on": {
        READ: [
            "Where is the dog in relation to the couch?",
            "Where is the dog?",
            "Relative to the couch, where is the dog positioned?",
            "What is the dog's position relative to the couch?",
            "How is the dog positioned with respect to the couch?",
            "Which option best describes where the dog is located?",
            "What is the spatial relationship between the dog and the couch?",
            "In the photo, where is the dog compared to the sofa?",
            "Where can the dog be found in relation to the couch?",
            "Which phrase describes the location of the dog relative to the couch?",
        ],
        DIFFERS: [
            "Where is the couch in relation to the dog?",
            "What is the position of the couch relative to the dog?",
            "Relative to the dog, where is the couch?",
            "Where is the dog not?",
            "Where isn't the dog in relation to the couch?",
            "Which of these is never true of where the dog is?",
        ],
    },
    "on, briefly": {
        READ: [
            "Where is the dog in relation to the couch?",
            "Where is the dog located relative to the couch?",
            "In the image, what is the location of the dog with respect to the couch?",
        ],
        UNREAD: [
            "What is the spatial relationship between the dog and the couch?",
            "How do the dog and the couch relate to each other?",
        ],
        DIFFERS: ["Where is the couch relative to the dog?"],
    },
    "left": {
        READ: [
            "From the viewer's perspective, where is the dog relative to the couch?",
            "As the viewer sees it, on which side of the couch is the dog?",
            "On which side of the couch is the dog sitting?",
            "Is the dog to the left or to the right of the couch?",
            "From the camera's point of view, where is the dog in relation to the couch?",
        ],
        DIFFERS: [
            "From the dog's point of view, where is the couch?",
            "From the couch's perspective, where is the dog relative to the couch?",
            "On which side of the dog is the couch?",
            "From the perspective of the dog, where is it relative to the couch?",
        ],
    },
    "object": {
        READ: [
            "What is the dog sitting on?",
            "Which of these is the dog sitting on?",
            "Which of the following objects is the dog sitting on?",
            "The dog is sitting on which of these?",
            "In the picture, what does the dog sit on?",
        ],
        UNREAD: [
            "On which of these is the dog sitting?",
            "What is the dog on?",
            "Where does the dog rest?",
        ],
        DIFFERS: [
            "What is sitting on the dog?",
            "What is the dog under?",
            "What is the dog standing on?",
            "What is the dog lying on?",
            "What is the dog not sitting on?",
            "Which of these is the dog behind?",
            "What is the dog holding?",
        ],
    },
    "subject": {
        READ: [
            "Which of these is on the couch?",
            "What is on the couch?",
            "Which animal is on the sofa?",
            "Which of these is resting on the couch?",
            "Among the options, which one is on the couch in the picture?",
        ],
        DIFFERS: [
            "What is the couch on?",
            "Which of these is under the couch?",
            "Which of these is the couch on?",
            "Which of these is beside the couch?",
            "Which of these isn't on the couch?",
            "Which thing other than the dog is on the couch?",
        ],
    },
    "beside": {
        READ: [
            "Which of these is to the left of the couch?",
            "From the viewer's side, which of these is left of the couch?",
            "The couch is to the right of which of these?",
            "Which of these is on the left side of the couch?",
            "What is the couch to the right of?",
        ],
        DIFFERS: [
            "Which of these is to the right of the couch?",
            "The couch is to the left of which of these?",
            "Which of these is the couch left of?",
        ],
    },
    "reach": {
        READ: [
            "What is the man holding?",
            "Which animal is the man holding in his hands?",
            "What does the man hold?",
            "Which of these is the man holding up?",
        ],
        UNREAD: ["Which animal is held by the man?", "Which of these is the man clutching?"],
        DIFFERS: [
            "What is holding the man?",
            "What is the man carrying?",
            "What is the man eating?",
            "What is the man looking at?",
            "Who holds the man?",
        ],
    },
    "reach by": {
        READ: ["Who is riding the horse?", "Which of these rides the horse?"],
        UNREAD: ["By whom is the horse ridden?", "Who is near the horse?"],
        DIFFERS: ["Who is the horse riding?", "Who is holding the horse?", "Who is the horse on?"],
    },
    "reach how": {
        READ: [
            "What is the man doing with the horse?",
            "How is the man in contact with the horse?",
            "How does the man interact with the horse?",
        ],
        DIFFERS: ["What is the man not doing with the horse?"],
    },
    "larger": {
        READ: [
            "Which is the largest in the picture?",
            "Which of these takes up the most space in the image?",
            "Which one appears bigger in the photo?",
            "Which covers the larger area of the frame?",
        ],
        UNREAD: ["Which of these is more prominent in the picture?", "Which one?"],
        DIFFERS: [
            "Which is the smallest in the picture?",
            "Which one appears smaller in the photo?",
            "Which takes up the least space?",
            "Which takes up less space in the image?",
            "Which is the largest in real life?",
            "Which is actually larger?",
            "Which is taller in the picture?",
            "Which is the larger and wider one?",
            "Which is not the largest?",
        ],
    },
    "taller": {
        READ: [
            "Which is the tallest in the picture?",
            "Which spans the greatest height in the image?",
            "Which stretches the farthest vertically?",
            "Which measures the most from top to bottom?",
        ],
        DIFFERS: [
            "Which is the shortest in the picture?",
            "Which is the widest in the picture?",
            "Which is the least tall?",
        ],
    },
    "wider": {
        READ: ["Which appears widest in the picture?", "Which extends farthest horizontally?"],
        DIFFERS: ["Which appears narrowest in the picture?", "Which appears tallest?"],
    },
    "seen": {
        READ: [
            "From the viewer's side, in which direction from the man is the dog?",
            "In the picture, where is the dog relative to the man?",
            "From the camera's perspective, where is the dog in relation to the man?",
            "As seen by the viewer, in what direction from the man does the dog lie?",
            "On which side of the man is the dog, as the viewer sees it?",
        ],
        UNREAD: ["Which direction describes the dog and the man in the picture?"],
        DIFFERS: [
            "From the man's point of view, where is the dog?",
            "From the man's perspective, in which direction is the dog?",
            "Imagine you are the man: where is the dog?",
            "In the picture, where is the man relative to the dog?",
            "From the viewer's side, in which direction from the dog is the man?",
            "Where is the dog not, relative to the man?",
        ],
    },
    "own": {
        READ: [
            "From the man's own point of view, where is the dog?",
            "From the man's perspective, where is the dog?",
            "Imagine being the man and facing the same way: where is the dog?",
            "If you were the man, where is the dog?",
            "From the perspective of the man, in which direction is the dog?",
            "Seen through the man's eyes, where is the dog?",
        ],
        UNREAD: [
            "Where is the dog in relation to the man?",
            "In which direction from the man is the dog?",
        ],
        DIFFERS: [
            "From the viewer's side, where is the dog relative to the man?",
            "From the dog's point of view, where is the man?",
            "From the dog's perspective, where is the dog?",
            "As the camera sees it, where is the dog relative to the man?",
        ],
    },
    "cell": {
        READ: [
            "In which part of the picture is the dog?",
            "Where in the image is the dog located?",
            "Which region of the photo contains the dog?",
            "If the picture is divided into a 3x3 grid, which cell holds the dog?",
        ],
        UNREAD: ["In which part of the couch is the dog?"],
        DIFFERS: ["In which part of the picture is the dog not?"],
    },
    "nearer": {
        READ: [
            "Which is closer to the viewer, the dog or the cat?",
            "Is the dog or the cat nearer to the camera?",
            "Which animal is in the foreground, the dog or the cat?",
            "Which is nearest?",
            "Which is in front of the other, the cat or the dog?",
            "Of the cat and the dog, which one is closest to us?",
        ],
        UNREAD: ["Which has the smaller distance to the camera, the cat or the dog?"],
        DIFFERS: [
            "Which is farther from the viewer, the dog or the cat?",
            "Which is further away, the cat or the dog?",
            "Which is behind the other, the cat or the dog?",
            "Which is in the background?",
            "Which is least close to the camera?",
            "Which is closer to the couch, the dog or the cat?",
            "Which is not closer to the viewer?",
            "Which is closer and which is farther?",
        ],
    },
    "farther": {
        READ: [
            "Which is farther from the camera, the dog or the cat?",
            "Which is the furthest from the viewer?",
            "Which one is farther away from the observer, the cat or the dog?",
        ],
        DIFFERS: [
            "Which is closer to the camera, the dog or the cat?",
            "Which is less far from the camera?",
            "Which is least far from the viewer, the dog or the cat?",
        ],
    },
    "distance": {
        READ: [
            "In the picture, which of these is closest to the couch?",
            "Which animal is nearest to the couch?",
            "Which is the shortest distance from the couch in the image?",
        ],
        UNREAD: ["Which of these has the smallest gap to the couch in the picture?"],
        DIFFERS: [
            "Which of these is farthest from the couch?",
            "Which is the least close to the couch?",
            "Which is the greatest distance from the couch?",
            "Which of these is closest to the camera, apart from the couch?",
        ],
    },
    "count": {
        READ: [
            "How many cups are there in the picture?",
            "How many cups can be seen?",
            "What is the total number of cups in the image?",
            "How many cups are visible in this photo?",
            "How many cups do you see?",
            "Count the cups: how many are there?",
            "How many individual cups does the picture show?",
        ],
        UNREAD: [
            "How many red cups are there in the picture?",
            "How many cups are on the left?",
            "How many large cups can be seen?",
            "How many cups are stacked?",
        ],
        DIFFERS: [
            "How many dogs are there in the picture?",
            "How many cups are on the table?",
            "How many cups and plates are there?",
            "How many cups are not empty?",
            "How many things are there?",
            "How many cups is the man holding?",
        ],
    },
    "present": {
        READ: [
            "Is there a cat in the picture?",
            "Can you see a cat in the image?",
            "Does the photo contain a cat?",
            "Is a cat visible?",
            "Can a cat be seen anywhere in the scene?",
            "Yes or no: is there a cat in this image?",
            "Is there a cat in the picture or not?",
            "Is at least one cat visible in the picture?",
        ],
        UNREAD: ["Is there a black cat in the picture?", "Is there a sleeping cat?"],
        DIFFERS: [
            "Is there a dog in the picture?",
            "Is there no cat in the picture?",
            "Is the picture without a cat?",
            "Is there a cat on the couch?",
            "Isn't there a cat in the picture?",
            "Is there an animal in the picture?",
        ],
    },
    "related": {
        READ: [
            "Is there a dog under a couch in the picture?",
            "Can a dog be seen under a couch?",
            "Is a dog beneath a sofa visible?",
            "Does the picture show a dog underneath the couch?",
        ],
        DIFFERS: [
            "Is there a dog on a couch?",
            "Is there a couch under a dog in the picture?",
            "Is there a dog under a table in the picture?",
            "Is there a dog in the picture?",
            "Is there a dog under a couch or a table?",
        ],
    },
}
OPTIONS = {
    "on": {
        READ: [
            "On the couch", "on the sofa.", "The dog is on the couch", "It is on the couch.",
            "resting on the couch", "It's on the couch",
        ],
        UNREAD: [
            "on top of the couch", "on the couch next to the cat", "touching the couch",
            "with the couch",
        ],
        DIFFERS: [
            "under the couch", "not on the couch", "the couch is on the dog", "behind the couch",
            "to the left of the couch", "inside the couch", "on the dog",
        ],
    },
    "left": {
        READ: [
            "left", "to its left", "on the left-hand side", "To the left of the couch.",
            "on the left side of the couch", "It is to the left of the couch",
            "the couch is to the right of the dog", "directly to the left of it",
        ],
        UNREAD: ["above and to the left", "on the left side of the couch, near the cat"],
        DIFFERS: [
            "right", "to its right", "behind it", "to the left of the dog",
            "to the right of the couch", "the couch is to the left of the dog", "above it",
        ],
    },
    "object": {
        READ: ["The couch", "a couch", "Couch.", "the sofa", "the red couch"],
        UNREAD: ["the couch by the car"],
        DIFFERS: ["not the couch"],
    },
    "reach how": {
        READ: ["riding the horse", "The man is riding the horse.", "riding it", "He rides it"],
        UNREAD: ["sitting atop with reins", "riding the horse near the car"],
        DIFFERS: ["holding the horse", "the horse is riding the man", "not riding it", "eating it"],
    },
    "taller": {READ: ["The man", "man.", "the tall man"], DIFFERS: ["not the man"]},
    "seen": {
        READ: ["Left", "to the left", "on the left-hand side", "to the left of the man"],
        UNREAD: ["beside the man", "nearby"],
        DIFFERS: [
            "right", "above and to the left", "on the man's left", "to his left", "behind",
            "not to the left", "upper left", "to the left of the dog",
        ],
    },
    "own": {
        READ: ["to the man's left", "on his left", "to the left", "Left.", "on his left-hand side"],
        UNREAD: ["beside him"],
        DIFFERS: ["to his right", "in front of him", "behind him", "ahead", "right behind him"],
    },
    "cell": {
        READ: [
            "Top left", "upper left corner", "in the upper-left corner of the picture",
            "The top-left part of the image.", "top, left",
        ],
        UNREAD: ["on the left-hand side", "at the top", "in a corner", "top left of the car"],
        DIFFERS: [
            "top right", "bottom left", "center", "middle left", "lower left corner", "top center",
            "left center", "not in the top left", "at the bottom",
        ],
    },
    "nearer": {
        READ: ["The dog.", "dog", "the DOG"],
        UNREAD: ["the dog behind the car"],
        DIFFERS: ["neither the dog"],
    },
    "count": {
        READ: ["3", "three", "Three cups", "3 cups.", "There are three", "There are 3 cups"],
        UNREAD: ["several", "a few cups"],
        DIFFERS: [
            "2", "two", "no cups", "more than 3", "3 or more", "at least three", "3 dogs", "30",
            "2 or 3", "3.5", "about three", "a cup",
        ],
    },
    "present": {
        READ: [
            "Yes", "yes.", "Yes, there is", "Yes, there is a cat", "There is a cat",
            "It is present", "Yes, a cat is visible.",
        ],
        UNREAD: ["Certainly", "A cat"],
        DIFFERS: ["No", "No, there is", "There is no cat", "Yes, there is not", "It is absent"],
    },
}  # fmt: skip
MORE = [
    ("on", READ, "Where exactly is the dog situated with respect to the couch in this image?"),
    ("on", READ, "What is the dog's spatial relation to the couch?"),
    ("on", READ, "Which statement correctly describes the position of the dog?"),
    (
        "on",
        READ,
        "Based on the image, how would you describe the dog's location relative to the couch?",
    ),
    ("on", READ, "Looking at the picture, where is the dog in relation to the couch?"),
    ("on", READ, "The dog is where in relation to the couch?"),
    ("left", READ, "As the viewer sees it, where is the dog relative to the couch?"),
    (
        "left",
        READ,
        "From the viewer's side, what is the position of the dog relative to the couch?",
    ),
    ("object", READ, "Which piece of furniture is the dog sitting on?"),
    ("object", UNREAD, "Upon which object does the dog sit?"),
    ("object", READ, "The dog in the picture is sitting on which of these?"),
    ("object", UNREAD, "On top of which item is the dog sitting?"),
    ("subject", READ, "Which of these is located on the couch?"),
    ("subject", READ, "Which animal can be seen on the couch?"),
    ("subject", UNREAD, "Which animal in the picture is lying on the couch?"),
    ("reach", READ, "Which of these objects is the man holding in the picture?"),
    ("reach", READ, "What object is the man holding in his right hand?"),
    ("reach", READ, "Which item does the man hold with both hands?"),
    ("reach how", READ, "How is the man interacting with the horse in the picture?"),
    ("reach how", READ, "What is the man doing to the horse?"),
    ("reach how", READ, "What is the man's contact with the horse?"),
    ("larger", READ, "Which of these occupies the largest area in the picture?"),
    ("larger", READ, "Which object fills more of the frame?"),
    ("larger", READ, "Judging by the picture, which appears to be the biggest?"),
    ("larger", READ, "In the picture, which is larger than the other?"),
    ("taller", READ, "Which of these appears tallest as seen in the image?"),
    ("wider", READ, "Which one spans more of the picture's width?"),
    ("seen", READ, "As the viewer sees it, in which direction does the dog lie from the man?"),
    ("seen", READ, "From the viewer's side, going from the man, in which direction is the dog?"),
    (
        "seen",
        UNREAD,
        "Starting at the man, in which direction would the viewer look to see the dog?",
    ),
    ("seen", READ, "In the picture, the dog is in which direction from the man?"),
    ("own", READ, "From the man's own point of view, in which direction is the dog?"),
    ("own", READ, "For the man himself, where is the dog?"),
    (
        "own",
        READ,
        "If you stood where the man stands, facing the same way, where would the dog be?",
    ),
    ("own", READ, "As the man sees it, where is the dog?"),
    ("own", READ, "From where the man is standing, on which side of him is the dog?"),
    ("own", READ, "Relative to the way the man is facing, where is the dog?"),
    ("cell", READ, "In which of the nine equal parts of the picture is the dog?"),
    ("cell", READ, "In what area of the image does the dog appear?"),
    ("cell", READ, "Dividing the image into thirds, where is the dog?"),
    ("nearer", READ, "Between the dog and the cat, which one is closer to the camera?"),
    ("nearer", READ, "Which one is nearer to the photographer: the dog or the cat?"),
    (
        "nearer",
        READ,
        "Which of these two is closer to the person taking the photo, the dog or the cat?",
    ),
    (
        "nearer",
        READ,
        "Which one is positioned closer to the front of the scene, the dog or the cat?",
    ),
    ("nearer", READ, "Which is closer to us, the cat or the dog?"),
    ("farther", READ, "Which one is more distant from the viewer, the dog or the cat?"),
    ("farther", UNREAD, "Which of the two is deeper in the scene, the dog or the cat?"),
    ("distance", READ, "Measured in the picture, which of these lies closest to the couch?"),
    (
        "distance",
        UNREAD,
        "Which of these sits at the smallest distance from the couch in the picture?",
    ),
    ("distance", READ, "In the picture, which is nearer to the couch, the dog or the cat?"),
    ("count", READ, "What number of cups is shown in the picture?"),
    ("count", READ, "In total, how many cups appear in the photograph?"),
    ("count", READ, "How many cups are there on the whole picture?"),
    ("present", READ, "Does this image include a cat?"),
    ("present", READ, "Is there any cat to be seen in the picture?"),
    ("present", READ, "Does a cat appear in the photo?"),
    ("related", READ, "Is there a dog located under a couch in the picture?"),
    ("related", READ, "Is a dog sitting under a couch in the picture?"),
]
TABLE = [
    (key, text, ASKED[key][2], expected)
    for key, table in QUESTIONS.items()
    for expected, texts in table.items()
    for text in texts
] + [
    (key, QUESTIONS[key][READ][0], [text, *ASKED[key][2][1:]], expected)
    for key, table in OPTIONS.items()
    for expected, texts in table.items()
    for text in texts
]

TABLE += [(key, text, ASKED[key][2], expected) for key, expected, text in MORE]


def test_the_table_is_a_large_one():
    assert len(TABLE) > 400


@pytest.mark.parametrize(("key", "question", "options", "expected"), TABLE)
def test_natural_wordings(key, question, options, expected):
    asks, claims, _ = ASKED[key]
    assert read_words(question, options, claims, asks, NAMES)[0] is expected


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("the hot dog by the dog", ["hot dog", "dog"]),
        ("Catfish or dogma?", []),
        ("the man's sofa", ["man", "couch"]),
        ("Can you tell what is present in the picture?", ["picture"]),
        ("Is there a can?", ["can"]),
        ("can", ["can"]),
        ("TVs and bikes", ["television", "bicycle"]),
    ],
)
def test_names_are_read_whole(text, classes):
    assert classes_in(text) == classes


@pytest.mark.parametrize(
    ("text", "words"),
    [("The couch.", ("couch",)), (" A  Two!", ("2",)), ("(2)", ("2",)), ("...", ()), ("", ())],
)
def test_bare_words(text, words):
    assert bare_words(text) == words


@pytest.mark.parametrize(
    ("key", "question", "is_given"),
    [
        ("nearer", "Which is nearer, the dog or the cat?", False),
        ("nearer", "Which is nearer?", False),
        ("nearer", "Which is nearer, the dog or the dog?", True),
        ("nearer", "Is the cat nearer?", True),
        ("distance", "Which is closest to the couch, where the dog lies?", True),
        ("distance", "Which is closest to the couch, the dog or the cat?", False),
        ("object", "Which of these is the dog on the couch sitting on?", True),
        ("on", "Where is the dog that sits on the couch?", False),
        ("on", "The dog is on the couch. Where is it?", True),
        ("on", "Is the dog on or under the couch?", False),
        ("cell", "Where in the top left of the picture is the dog?", True),
        ("cell", "Is the dog in the top left or the center?", False),
        ("seen", "Where is the dog from the man, with its head to the left?", True),
        ("count", "How many of the 3 cups are there?", True),
        ("count", "How many of the three cups are there?", True),
        ("count", "How many cups are there?", False),
        ("present", "Is there a cat, yes?", False),
    ],
)
def test_questions_that_name_their_answer(key, question, is_given):
    asks, claims, options = ASKED[key]
    assert gives_away(question, options, claims, asks, NAMES) is is_given


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("near", "next to", True),
        ("on", "sitting on", True),
        ("on", "on top of", True),
        ("in", "inside", True),
        ("touching", "holding", True),
        ("above", "on", True),
        ("below", "under", True),
        ("near", "on", True),
        ("riding", "holding", False),
        ("on", "under", False),
        ("in front of", "behind", False),
        ("sitting on", "standing on", False),
        ("left of", "right of", False),
        ("near", "far from", False),
    ],
)
def test_some_predicates_hold_side_by_side(one, other, both):
    assert may_both_hold(one, other) is may_both_hold(other, one) is both
