"""Whether something is there, said without yes or no."""

import pytest

from evaluation.answers import parse_answer
from evaluation.reading.existing import said_to_exist, sought_in

YES = {"A": "Yes", "B": "No"}
DOG = "Is there a dog in the picture?"
SHOWN = "Does the picture show a bicycle?"
CAT = "Is there a cat on the sofa?"


@pytest.mark.parametrize(
    ("question", "sought"),
    [
        (DOG, ["dog"]),
        (CAT, ["cat", "on", "sofa"]),
        ("Can you see any people in this photo?", ["people"]),
        ("Are there any cups visible anywhere in the image?", ["cup"]),
        ("Are there more cups than plates?", ()),
        ("Where is the dog?", ()),
    ],
)
def test_what_is_sought(question, sought):
    assert sought_in(question) == sought


@pytest.mark.parametrize(
    ("question", "reply", "letter"),
    [
        (DOG, "There is a dog on the left.", "A"),
        (DOG, "There are two dogs on the grass.", "A"),
        (DOG, "A dog can be seen near the fence.", "A"),
        (DOG, "There is no cat, but there is a dog.", "A"),
        (DOG, "No dogs are visible anywhere in this scene.", "B"),
        (DOG, "I do not see any dog.", "B"),
        (DOG, "The image doesn't contain any dogs.", "B"),
        (CAT, "I see a cat on the sofa, curled up.", "A"),
        (CAT, "There isn't a cat on the sofa.", "B"),
        (DOG, "The picture shows a dog and a man.", "A"),
        (DOG, "The picture contains a car and no dog.", "B"),
        (DOG, "There is a dog but no leash.", "A"),
        (CAT, "A cat is lying on the sofa.", "A"),
        (CAT, "No cat is on the sofa.", "B"),
        (SHOWN, "The picture shows a bicycle leaning against a wall.", "A"),
        (SHOWN, "No bicycle can be seen.", "B"),
        (SHOWN, "The picture shows a bicycle rack.", None),
        (CAT, "A cat is missing on the sofa.", None),
        (CAT, "A cat is not on the sofa.", None),
        (CAT, "A cat is lying on the sofa bed.", None),
        (CAT, "The sofa has a cushion and no cat.", None),
        (DOG, "There is a cat but no dog.", "B"),
        (DOG, "There is a cat on the sofa but no dog.", None),
        (DOG, "There is a small brown dog on the mat.", "A"),
        (CAT, "A black cat is partly visible on the sofa.", "A"),
        ("Is there a cat next to the sofa?", "A cat is next to the sofa.", "A"),
        (DOG, "I looked for a dog but could not find one anywhere in the image.", "B"),
        (DOG, "I searched for a dog. I did not see any.", "B"),
        (DOG, "I looked for a dog and could not find it, but then I saw it by the tree.", None),
        (DOG, "I looked for a leash and could not find one.", None),
        (DOG, "I looked for a dog on the left and could not find one.", None),
        (DOG, "There is a small dog house.", None),
        (DOG, "There is a big hot dog on the plate.", None),
        (DOG, "No brown dog is visible.", None),
        (DOG, "There is a dog bowl on the floor.", None),
        (DOG, "There is a hot dog on the plate.", None),
        (DOG, "There is a dog or a fox.", None),
        (DOG, "There is a dog? I cannot say.", None),
        (DOG, "There is a dog missing.", None),
        (DOG, "There is a dog is wrong.", None),
        (DOG, "There is a dog on the left. Wait, that is a cat.", None),
        (DOG, "I was asked whether there is a dog.", None),
        (CAT, "There is a cat on the rug beside the sofa.", None),
        (CAT, "I do not see a cat on the rug.", None),
        (DOG, "There is a dog in most parks.", None),
        (DOG, "A dog is here in the question only.", None),
        (DOG, "There is a dog to rent.", None),
        (DOG, "There is a dog to the left of the tree.", "A"),
        # not there in one place, or not of one kind
        (DOG, "I don't see any dog on the sofa, the dog is lying under the table.", None),
        (DOG, "There isn't a dog in the boat. Two are on the pier.", None),
        (DOG, "No dog is on the sofa. It is lying on the rug.", None),
        (DOG, "There are no dogs in the foreground; one is running in the distance.", None),
        (DOG, "There are no black dogs, a white dog sleeps.", None),
        (DOG, "On the left there is a car and no dog, on the right there is one.", None),
        (DOG, "There is a car on the left and no dog.", None),
        (DOG, "A dog is missing in this picture.", None),
        (DOG, "There's no dog in the picture.", "B"),
        (DOG, "I don't see any dog visible in this image.", "B"),
        (DOG, "There are no dogs visible anywhere in the image.", "B"),
        (CAT, "There are no cats on the sofa in this image.", "B"),
    ],
)
def test_a_clause_says_whether_there_is_what_is_sought(question, reply, letter):
    assert parse_answer(reply, YES, question).letter == letter


def test_nothing_is_said_where_nothing_is_sought():
    assert said_to_exist("There is a dog", ()) is None
