"""Natural wordings by rules of another shape than the grammar of the templates: a head, what is
asked, and a tail. Of 1,000 that are drawn nearly all must be read; none that turns the answer may
be."""

from itertools import product
from random import Random

import pytest

from tasks.language.reading import read_words
from tasks.language.words.phrases import Reading
from tests.language.test_reading import ASKED, NAMES

HEADS = [
    "",
    "",
    "Please look at the photo. ",
    "Look at this image: ",
    "In this shot, ",
    "Tell me, ",
    "Looking at the scene, ",
    "Could you tell me ",
    "Considering the whole image, ",
    "Hey, ",
]
TAILS = ["", "", " here", " in this scene", " in the given photo", ", would you say"]
RIGHT = {
    "on": [
        "where does the dog sit relative to the sofa",
        "what is the dog's location relative to the couch",
        "where would you say the dog is in relation to the couch",
        "where do you see the dog in relation to the couch",
        "where is the puppy with respect to the couch",
    ],
    "left": [
        "on which side of the couch is the dog",
        "which side of the couch is the dog on",
        "is the dog to the left or to the right of the couch",
        "where is the dog compared to the couch",
    ],
    "object": [
        "what does the dog sit on",
        "what's the dog sitting on",
        "the dog sits on what",
        "which thing is the dog seated on",
        "what is it that the dog is sitting on",
    ],
    "subject": [
        "what's on the couch",
        "what do you see on the couch",
        "which animal is on the couch",
        "what is there on the couch",
        "which one is resting on the sofa",
    ],
    "beside": [
        "what is left of the couch",
        "which one is on the left of the couch",
        "what's to the left of the couch",
        "which animal is to the left of the sofa",
    ],
    "reach": [
        "what does the man hold",
        "what's the man holding",
        "which animal does the man hold in his hands",
        "what is it that the man is holding",
    ],
    "reach by": [
        "who rides the horse",
        "who's riding the horse",
        "who is it that is riding the horse",
        "which one rides on the horse",
    ],
    "larger": [
        "which is the biggest in the photo",
        "what takes up the most space in the photo",
        "which one is largest in the image",
        "which is bigger in the image",
        "what's the largest thing in the picture",
    ],
    "taller": [
        "which is the tallest in the image",
        "which one is taller in the photo",
        "which has the greatest height in the image",
        "what is the tallest thing in the picture",
    ],
    "wider": [
        "which is the widest in the image",
        "which one is wider in the photo",
        "which has the greatest width in the image",
        "what is the widest thing in the picture",
    ],
    "seen": [
        "which direction from the man is the dog as the viewer sees it",
        "in what direction is the dog from the man in the picture",
        "where does the dog lie relative to the man in the image",
        "on which side of the man is the dog in the image",
    ],
    "own": [
        "from the man's viewpoint, where is the dog",
        "if you were the man, which direction would the dog be in",
        "where is the dog from the man's perspective",
        "through the man's own eyes, where is the dog",
    ],
    "cell": [
        "in what part of the image is the dog",
        "what region of the photo is the dog in",
        "where in the photo do you see the dog",
        "which section of the image shows the dog",
        "where is the dog in the image",
    ],
    "nearer": [
        "which is nearest to the camera",
        "is the dog or the cat closer to us",
        "which animal is nearest to us",
        "of the two, which is closer to the viewer",
        "which one is in front",
    ],
    "farther": [
        "which is furthest from the camera",
        "is the dog or the cat further from us",
        "which one is farther back",
        "of the two, which is more distant from the camera",
        "which animal is further away",
    ],
    "distance": [
        "what is closest to the couch in the picture",
        "which one is nearest the couch in the image",
        "which of the options is closer to the sofa in the photo",
        "which animal is at the shortest distance from the couch in the image",
    ],
    "count": [
        "how many cups do you count in the photo",
        "how many cups do we see",
        "what's the number of cups shown",
        "how many cups are visible in total",
        "what is the total count of cups in the image",
    ],
    "present": [
        "is a cat present in the image",
        "does a cat appear in the picture",
        "do we see a cat in the photo",
        "is any cat visible in the image",
        "can we find a cat in this picture",
    ],
    "related": [
        "is a dog under a couch in the picture",
        "do you see a dog underneath a couch in the photo",
        "is there any dog beneath a sofa in the image",
    ],
}
TURNED = {
    "on": [
        "where is the couch relative to the dog",
        "where is the sofa in relation to the dog",
        "what is the couch's location relative to the dog",
    ],
    "object": ["what's sitting on the dog", "what does the dog lie on", "what's the dog under"],
    "subject": ["what's under the couch", "what is the couch on", "what's behind the couch"],
    "beside": [
        "what is right of the couch",
        "what's to the right of the couch",
        "what is the couch to the left of",
    ],
    "reach": ["what's holding the man", "what does the man carry", "what is the man riding"],
    "reach by": ["who's carrying the horse", "whom is the horse riding", "who holds the horse"],
    "larger": [
        "which is the smallest in the photo",
        "which one is tallest in the image",
        "which takes up the least space",
    ],
    "taller": ["which is the shortest in the image", "which one is widest in the photo"],
    "wider": ["which is the narrowest in the image", "which one is tallest in the photo"],
    "seen": [
        "from the man's perspective, where is the dog",
        "in what direction is the man from the dog",
        "where is the man relative to the dog in the image",
    ],
    "own": [
        "from the dog's viewpoint, where is the man",
        "from the camera's view, where is the dog",
    ],
    "cell": ["in what part of the image is the dog not"],
    "nearer": [
        "which is furthest from the camera",
        "which one is farther back",
        "which is closest to the couch",
    ],
    "farther": ["which is nearest to the camera", "which one is in front"],
    "distance": [
        "what is farthest from the couch in the picture",
        "which is closest to the camera in the photo",
    ],
    "count": ["how many dogs do you count in the photo", "how many cups are next to the cat"],
    "present": [
        "is a dog present in the image",
        "does a dog appear in the picture",
        "is there no cat in the photo",
    ],
    "related": [
        "is a couch under a dog in the picture",
        "do you see a dog on a couch in the photo",
    ],
}
NUM_DRAWN = 1000
MAX_MISREAD = 0.005  # of the right ones, taken for something else
MAX_UNREAD = 0.01


def drawn(said, number):
    """Paraphrases with what they are about, drawn from all combinations."""
    every = [
        (key, f"{head}{core if head else core[0].upper() + core[1:]}{tail}?")
        for key, cores in said.items()
        for head, core, tail in product(dict.fromkeys(HEADS), cores, dict.fromkeys(TAILS))
    ]
    return Random(11).sample(every, number)


def reading_of(key, question):
    asks, claims, options = ASKED[key]
    return read_words(question, options, claims, asks, NAMES)[0]


@pytest.fixture(scope="module")
def readings():
    return [(key, text, reading_of(key, text)) for key, text in drawn(RIGHT, NUM_DRAWN)]


def test_natural_wordings_are_hardly_ever_misread(readings):
    misread = [text for _, text, reading in readings if reading is Reading.DIFFERS]
    assert len(misread) <= MAX_MISREAD * NUM_DRAWN, misread


def test_natural_wordings_are_hardly_ever_unread(readings):
    unread = [text for _, text, reading in readings if reading is Reading.UNREAD]
    assert len(unread) <= MAX_UNREAD * NUM_DRAWN, unread


def test_what_turns_the_answer_is_never_read():
    turned = [
        text for key, text in drawn(TURNED, NUM_DRAWN) if reading_of(key, text) is Reading.READ
    ]
    assert turned == []
