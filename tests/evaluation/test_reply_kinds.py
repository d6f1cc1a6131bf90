"""Kinds of replies that name an option without saying only that: tables of cases, and laws."""

import json
import time
from pathlib import Path

import pytest

from evaluation.answers import answer_text, parse_answer
from evaluation.reading.reply_parts import spoken

SHARED = Path(__file__).parents[3] / "shared" / "cases" / "answers.jsonl"
REPLIES = Path(__file__).with_name("replies.jsonl")
"""Replies in ten styles of models, each with its letter by hand; `read` is what is read where that
is another one."""
SIDES = {"A": "left", "B": "right", "C": "in front of", "D": "behind"}
HEIGHTS = {"A": "above", "B": "below"}
FACES = {"A": "front", "B": "back"}
YES = {"A": "Yes", "B": "No"}
COUNTS = {"A": "1", "B": "2", "C": "3", "D": "4"}
DOZENS = {"A": "2", "B": "24", "C": "12"}
FEW = {"A": "2", "B": "3", "C": "4", "D": "8"}
THINGS = {"A": "sofa", "B": "lamp"}
DESK = {"A": "the mug", "B": "the laptop", "C": "the lamp", "D": "the book"}
CARS = {"A": "the red car", "B": "the blue car"}
ROWS = {"A": "2", "B": "3", "C": "4", "D": "5"}
TABLES = {
    "A": "on the table", "B": "under the table", "C": "next to the table", "D": "behind the table",
}  # fmt: skip
DOOR = {"A": "Open", "B": "Closed"}
SUPPORTS = {"A": "on", "B": "under", "C": "over"}
ORDER = {"A": "first", "B": "second"}
POINTS = {"A": "Point B", "B": "Point A"}
FEWER = {"A": "none", "B": "one", "C": "two", "D": "three"}
NEITHER = {"A": "goat", "B": "sheep", "C": "None of the above"}
TRUTH = {"A": "True", "B": "False"}
CHINESE = {"A": "\u5bf9", "B": "\u9519"}
ONE_SIGN = {"A": "\u5de6", "B": "\u53f3", "C": "\u524d", "D": "\u540e"}
VAN = {"A": "on the left of the van", "B": "on the right of the van", "C": "behind the van"}
TABLE = "| Option | Text | Fits |\n|---|---|---|\n| A | left | ✗ |\n| B | right | ✓ |"

LINES = "A) left\nB) right\nC) in front of\nD) behind"
HEDGES = (
    "hardly right", "half right", "far from correct", "anything but right", "plausible", "doubtful",
    "a distractor", "the least likely", "only partly right", "not impossible",
)  # fmt: skip
MEASURES = (
    "D-", "D+", "A+", "Grade: C-", "C++", "P(B) = 0.8", "p(D)=0.25", "Pr(C) \u2248 0.6", "f(B)",
    "\\boxed{P(B)=0.8}", "A: 0.1, B: 0.7, C: 0.1, D: 0.1", '{"A": 0.1, "B": 0.9}', "B: 0.7",
    "B = 70%", "C = 3", "A = 640 x 480", "B = A + C", "D \u00b1 1", "B^2", "25 \u00b0C", "N/A",
)  # fmt: skip
NUMBERS = (
    "8/8", "3/4", "8/10", "8 of 10", "2-3", "-3", "+3", "3%", "50 %", "2 + 2", "3\u00b11", "2:30",
    "at most 4", "Confidence: 8", "Rating: 4", "4 stars", "No. 3",
)  # fmt: skip

KINDS = {
    '"right" for correct': [
        (SIDES, "The right answer is A.", "A"),
        (SIDES, "C is right.", "C"),
        (SIDES, "You are right to ask. It is (D).", "D"),
        (SIDES, "Right, so the answer is D.", "D"),
        (SIDES, "Let me find out which statement is right.\nC", "C"),
        (SIDES, "Option D is the right one.", "D"),
        (SIDES, "Yes, that's right.", None),
        (SIDES, "I need to see what is right and what is wrong.", None),
        (SIDES, "The ball is right behind the box.", "D"),
        (SIDES, "It is on the right side of the box.", "B"),
        (SIDES, "The correct answer is: right", "B"),
        (SIDES, "What is left is option B.", "B"),
    ],
    "thoughts": [
        (SIDES, "<thought>The answer is A", None),
        (SIDES, "<thinking>Answer: A</thinking>C", "C"),
        (SIDES, "[THINK]so it is A[/THINK]The answer is D.", "D"),
        (SIDES, "[THINK]so the answer is A", None),
        (SIDES, "<think>Inside <scene>{}</scene> the answer is A", None),
        (SIDES, "<|begin_of_thought|>It is A.<|end_of_thought|>\n(C)", "C"),
        (SIDES, "<|begin_of_thinking|>It is A.<|end_of_thinking|>C", "C"),
        (SIDES, "It is A.<|end_of_thinking|>C", "C"),
        (SIDES, "<|channel|>analysis<|message|>The answer is A", None),
        (
            SIDES,
            "<|channel|>analysis<|message|>A?<|end|><|start|>assistant<|channel|>final<|message|>"
            "B<|return|>",
            "B",
        ),
        (SIDES, "D <explanation>unlike A, it is hidden</explanation>", "D"),
        (SIDES, "<think>It is A, no, B.\n<answer>B</answer>", "B"),
        (SIDES, "<REASONING>The answer is A</REASONING><CONCLUSION>B</CONCLUSION>", "B"),
    ],
    "refuted letters": [
        (SIDES, "A (wrong) B (correct) C (wrong) D (wrong)", "B"),
        (SIDES, "(A) (wrong) (B) (correct)", "B"),
        (SIDES, "A [wrong] B [correct]", "B"),
        (SIDES, "A (20%) B (70%) C (5%) D (5%)", None),
        (SIDES, "Point A (lamp) B (sofa)", None),
        (SIDES, "A (not correct) B (correct)", "B"),
        (SIDES, "A (left) B (right) C (in front of) D (behind)", None),
        (SIDES, "Not correct: A, C, D. Correct: B.", "B"),
        (SIDES, "Doesn't fit: A. Fits: D.", "D"),
        (SIDES, "Nicht richtig: A. Richtig: B.", "B"),
        (SIDES, "Options A, C, and D can be eliminated, leaving B.", "B"),
        (SIDES, "It is neither A nor C nor D, so it must be B.", "B"),
        (SIDES, "A: wrong. B: correct. C: wrong. D: wrong.", "B"),
        (SIDES, "(A) is incorrect, (B) is incorrect, (C) is correct.", "C"),
        (SIDES, "A) No\nB) No\nC) No\nD) Yes", "D"),
        (SIDES, "A. left - impossible\nB. right - impossible\nC. in front of - it matches", "C"),
        (SIDES, TABLE, "B"),
        (SIDES, "Everything except C is wrong.", "C"),
        (SIDES, "Eliminating A, B and D gives C.", "C"),
        (SIDES, "A and C are wrong.", None),
        (COUNTS, "- A: no. 2 (B) is wrong.", None),
        (SIDES, "A: A is wrong.", None),
        (SIDES, "Incorrect: A, C, D. Correct: B.", "B"),
        (SIDES, "The answer is C. Option C is wrong.", None),
        (SIDES, "A cannot be ruled out.", None),
        (SIDES, "A: the ball is not on that side\nB: the ball", None),
        (SIDES, "C\n\nA: wrong, it is on the other side.\nB: wrong, too.", "C"),
        (SIDES, "D is tempting but incorrect. B.", "B"),
        (SIDES, "D aside, everything but B fails.", "B"),
        (SIDES, "B makes no sense.", None),
        (SIDES, "Don't pick D.", None),
        (SIDES, "B is ruled out, and the image contradicts D.", None),
        (SIDES, f"{LINES}\n\nB) right", "B"),
        (SIDES, "A) wrong B) wrong C) right D) wrong", None),
        (
            SIDES,
            "Option A (left): not there.\nOption B (right): it stands there.\n\nThus, option B.",
            "B",
        ),
        (SIDES, "A ❌\nB ❌\nC ✅\nD ❌", "C"),
        (SIDES, "A: ❌\nB: right\nC: ❌\nD: ❌", "B"),
    ],
    "what follows the answer": [
        (SIDES, "B\n\nQuestion: Where is the dog?\nAnswer: C", "B"),
        (SIDES, "B</s>USER: and now? ASSISTANT: A", "B"),
        (SIDES, "D\nHuman: Are you sure?\nAssistant: A", "D"),
        (SIDES, "C. Had we looked from behind, A would be right.", "C"),
        (SIDES, "(B) right. If the camera stood behind it, it would be (A) left.", "B"),
        (SIDES, "If it stood on the left, the answer would be A.", None),
        (SIDES, "If I had to choose, I would say B.", "B"),
        (SIDES, "C\n\nWould you like to know why it is not B?", "C"),
        (SIDES, "B\n\nWhere is the plate?\nC", "B"),
        (SIDES, "From a bird's-eye view it would be C.", None),
        (SIDES, "D.\n\nNote that from its own point of view it would be in front, i.e. C.", "D"),
        (SIDES, "D\n\nHowever, from the sofa's perspective, the answer would be C.", "D"),
        (SIDES, "(A)\n\nHowever, viewed from behind, the answer would be B.", "A"),
        (SIDES, "The answer is A. But for someone on the sofa, it would be B.", "A"),
        (SIDES, "Answer: A\n\nHowever, in a mirrored image the answer would be B.", "A"),
        (SIDES, "A.\n\nHowever, with the camera on the other side, the answer would be B.", "A"),
        (SIDES, "From the man's point of view, the answer would be C.", "C"),
        (SIDES, "The answer would be A if it were moved, but as it stands it is C.", "C"),
        (SIDES, "The answer is A. However, given the shadow, the answer would be B.", "B"),
        (SIDES, "The answer is A. But wait, from his perspective it would be B. So B.", "B"),
        (SIDES, "For B to be right, the ball must be hidden.", None),
    ],
    "corrections": [
        (SIDES, "The answer is A. Wait, no, B.", "B"),
        (SIDES, "A... wait, no, it's B", "B"),
        (SIDES, "A. Sorry, I meant B.", "B"),
        (SIDES, "The answer is A. Hmm, wait.", None),
        (SIDES, "Initially I thought A. However, the answer is B.", "B"),
        (SIDES, "It looks like A at first, but B is correct.", "B"),
        (SIDES, "One might think the answer is A, but it is not.", None),
        (SIDES, "Answer: A\nAnswer: B", None),
        (SIDES, "B\n\nThe ball is far away. Therefore, the answer is A.", None),
        (SIDES, "The answer is A. However, the ball is hidden. The answer is D.", "D"),
        (SIDES, "D\nD\nD", "D"),
        (SIDES, "I first chose A. On reflection, D.", "D"),
        (SIDES, "My initial answer was A; the final answer is D.", "D"),
        (SIDES, "A - no wait - D", "D"),
        (SIDES, "A? No: D.", "D"),
        (SIDES, "The answer is A. Let me double-check. The answer is D.", "D"),
        (SIDES, "<answer>A</answer>\nWait, that is wrong. The answer is D.", "D"),
    ],
    "changed minds": [
        (SIDES, "My answer was A, but after zooming in I change it to D.", "D"),
        (SIDES, "My answer was A. After zooming in, I change it to D.", "D"),
        (SIDES, "I'd said A, now I switch to D.", "D"),
        (SIDES, "The answer is A.\nAfter another look I am changing my answer to D.", "D"),
        (SIDES, "First I said B. I have to correct my answer from B to A.", "A"),
        (SIDES, "I said left. I change that answer to right.", "B"),
        (SIDES, "A. I revise my answer: D.", "D"),
        (SIDES, "Answer: A\nEdit: D", "D"),
        (SIDES, "Answer: D\nCorrected answer: B", "B"),
        (SIDES, "A → corrected: D", "D"),
        (SIDES, "A. I will not change my answer.", "A"),
        (SIDES, "A. I almost changed it to D.", "A"),
        (SIDES, "A. Should I change my answer to D? No.", "A"),
        (SIDES, "A. The man is going to switch to the left lane.", "A"),
    ],
    "yes to one thing and no to another": [
        (YES, "No, the cup isn't on the left; but yes, there is a plate.", None),
        (YES, "Yes, it is a cup. But no, it isn't full.", None),
        (YES, "I see no reason to say otherwise: yes.", "A"),
        (YES, "Nothing in the image suggests otherwise, so yes.", "A"),
        (YES, "I see no reason to assume that: no.", "B"),
        (YES, "Otherwise the answer would be no.", None),
        (YES, "Suppose it touches: yes.", None),
        (YES, "It is hard to see. But yes, it is open.", "A"),
        (YES, "No. Actually, yes, it is open.", "A"),
        (YES, "Yes, there is a cup, but no plate.", "A"),
    ],
    "multiples": [
        (DOZENS, "There are two dozen cups.", "B"),
        (DOZENS, "2 dozen", "B"),
        (COUNTS, "three pairs of shoes", None),
        (COUNTS, "I count two hundred birds.", None),
    ],
    "compared letters": [
        (SIDES, "B is more likely than A.", "B"),
        (SIDES, "Between A and B, B is the better choice.", "B"),
        (SIDES, "Unlike A, option D fits the scene.", "D"),
        (SIDES, "While A looks plausible, D is the correct answer.", "D"),
        (SIDES, "A and B are both plausible.", None),
        (SIDES, "A is closer than B.", None),
        (SIDES, "B is right of A", None),
        (SIDES, "A as well as B", None),
        (SIDES, "A is as good as B.", None),
        (SIDES, "A vs B: B is better.", "B"),
        (SIDES, "A is possible, and so is B.", None),
        (SIDES, "A and B are opposites.", None),
    ],
    "option words in prose": [
        (HEIGHTS | {"C": "under"}, "Under these circumstances I cannot decide.", None),
        (FEWER, "One can't tell from this picture.", None),
        (DOOR, "This is open to interpretation.", None),
        (DOOR, "The door is open to the street.", "A"),
        (YES, "I don't see any image, so no, I can't tell.", None),
        (YES, "I looked again, so no, I don't see a cup on it.", "B"),
        (YES, "No, the image is not attached.", None),
        (YES, "Yes, your photo didn't come through.", None),
        (YES, "Yes, please upload it.", None),
        (YES, "No, the image is not blurred.", "B"),
        (YES, "No, I don't see an image in our conversation. Could you share it?", None),
        (YES, "No, as a text-based model I can\u2019t see images.", None),
        (YES, "**No**. There isn't an image attached.", None),
        (YES, "No \u2014 it seems that no image was attached.", None),
        (YES, "Yes, but I only see text in your message.", None),
        (YES, "Yes, I can see the question, but not the image.", None),
        (YES, "No, you haven't attached a photo.", None),
        (YES, "No, I don't see a picture on the wall.", "B"),
        (YES, "No, there is no photo of it on the desk.", "B"),
        (YES, "No, I cannot see any cup in the picture.", "B"),
        (YES, "Answer: No. I don't see any picture.", "B"),
        (SIDES, "The image you meant to attach seems to be left out.", None),
        (FEWER, "This one is hard to answer.", None),
        (FACES, "From the front I can't see enough to decide.", None),
        (FACES, "At the back, I do not see anything.", None),
        (FACES, "From the front.", "A"),
        (TABLES, "On the table I see a cup.", "A"),
        (YES, "Clearly no, I can't see one.", "B"),
        (HEIGHTS, "See the explanation below.", None),
        (HEIGHTS, "The picture above shows that the cup is below the shelf.", "B"),
        (HEIGHTS, "<answer>As shown above, one cannot tell.</answer>", None),
        (YES, "No information is available.", None),
        (YES, "<answer>No picture was sent.</answer>", None),
        (YES, "No other object can be seen, so yes.", "A"),
        (YES, "There's no doubt that the answer is yes.", "A"),
        (COUNTS, "Step 1: look. Step 2: count. There are 3 cups.", "C"),
        (COUNTS, "1. Look at the picture.\n2. Count the cups.\n\nThere are four.", "D"),
        (COUNTS, "One can see a table.", None),
        (COUNTS, "The box is [1, 2, 3, 4].", None),
        (SUPPORTS, "Based on the image, the cat is under the table.", "B"),
        (SUPPORTS, "I thought it over.", None),
        (ORDER, "First, let me look at the image.", None),
        (DOOR, "It remains an open question.", None),
        (SIDES, "The options are left, right, in front of and behind.", None),
        (COUNTS, "There are 1 red and 2 blue cups, so 3 in total.", "C"),
        (COUNTS, "A 3D view, the 2nd of 4K quality.", None),
        (COUNTS, "I see 2 at 3 o'clock.", None),
        (YES, "No one is there.", None),
        (SUPPORTS, "On this image one sees a cup.", None),
        (NEITHER, "All of the above.", None),
        (SIDES, "It is left of it, the plate right.", None),
        (HEIGHTS, "It would be above in a mirrored scene.", None),
        (HEIGHTS, "It used to be above the shelf.", None),
        (THINGS, "I see a sofa, a lamp and a rug.", None),
    ],
    "sentences for an option": [
        (SIDES, "The ball in front of the box is behind the plate.", "D"),
        (SIDES, "It is not on the left; it is on the right.", "B"),
        (VAN, "The girl is not behind the van but on the left of the van.", "A"),
        (DOOR, "The gate appears to be closed.", "B"),
        (DOOR, "The gate can never be open.", None),
        (THINGS, "It's the lamp.", "B"),
        (THINGS, "(A) lamp", "A"),
        (NEITHER, "It is neither a goat nor a sheep, so none of the above.", "C"),
        (TRUTH, "The statement is false.", "B"),
        (POINTS, "Point B is closer to the camera.", "A"),
    ],
    "letters of things": [
        (SIDES, "Image A shows a cup, image B a plate.", None),
        (SIDES, "The cup (A) is far from the plate (B).", None),
        (SIDES, "Box A overlaps box B. The answer is D.", "D"),
        (SIDES, "First, consider option A. The cup is on the", None),
        (SIDES, "Option A says the cup is left.", None),
        (SIDES, "Image B is the best one.", None),
        (SIDES, "Now option B:", None),
        (SIDES, "Option B:\nthe ball", None),
        (SIDES, "B is one of the options.", None),
    ],
    "hedges and reports": [
        *((SIDES, f"B is {hedge}.", None) for hedge in HEDGES),
        (SIDES, "I doubt it is B.", None),
        (SIDES, "I don't believe B is correct.", None),
        (SIDES, "The answer is far from B.", None),
        (SIDES, "They say B is right.", None),
        (SIDES, "The user suggested B.", None),
        (SIDES, "The previous answer was B.", None),
        (SIDES, "B is what most people would say, but it's D.", "D"),
        (SIDES, "People say that it is on the left.", None),
    ],
    "forms": [
        (SIDES, '{"reasoning": "The answer is A? No.", "answer": "C"}', "C"),
        (SIDES, '{"answer": "B", "explanation": "A is wrong"}', "B"),
        (SIDES, "<|begin_of_box|>B<|end_of_box|>", "B"),
        (SIDES, "\\boxed{\\textbf{(D)}}", "D"),
        (SIDES, "\u3014B\u3015", "B"),
        (SIDES, "因此正确答案是 B。", "B"),
        (SIDES, "Sure! b) right", "B"),
        (SIDES, "the answer is d", "D"),
        (SIDES, "This corresponds to option B.", "B"),
        (SIDES, "The evidence points to option D.", "D"),
        (SIDES, "My vote goes to C.", "C"),
        (SIDES, "- **A**: no\n- **B**: yes", "B"),
    ],
    "grades, probabilities and formulas": [
        *((SIDES, reply, None) for reply in MEASURES),
        *((FEW, reply, None) for reply in NUMBERS),
        (YES, "P(Yes) = 0.8", None),
        (YES, "Yes: 80%, No: 20%", None),
        (SIDES, "B. Grade: A+", "B"),
        (SIDES, "B, P(B) = 0.9", "B"),
        (SIDES, "B (90% confident)", "B"),
        (SIDES, "B with 90% confidence", "B"),
        (SIDES, "Option(B)", "B"),
        (SIDES, "answer=B", "B"),
        (SIDES, "B = right", "B"),
        (SIDES, "B- right", "B"),
        (SIDES, "so \u2192 B", "B"),
        (FEW, "3 (100% sure)", "B"),
        (FEW, "count = 3", "B"),
        (FEW, "n=3", "B"),
    ],
    "assent": [
        (SIDES, "Right!", None),
        (SIDES, "Right?", None),
        (SIDES, "Right...", None),
        (SIDES, "Right.", "B"),
        (YES, "Yes, of course I can.", None),
        (YES, "Yes, let me look at the picture.", None),
        (YES, "Yes, I see a cup there.", "A"),
    ],
    "lists and examples": [
        (SIDES, "(A) \u274c (B) \u274c (C) \u2705 (D) \u274c", "C"),
        (SIDES, "\u274c B", None),
        (SIDES, "Options: A. left B. right C. in front of D. behind", None),
        (SIDES, "Of A. left, B. right, C. in front of, D. behind, the answer is B.", "B"),
        (SIDES, '{"answer": ["A", "B"]}', None),
        (SIDES, '{"answer": ["B"]}', "B"),
        (SIDES, "Answer with one letter, e.g. B.", None),
        (SIDES, "Format: (B)", None),
        (SIDES, "The answer is B. Hmm, maybe not.", None),
        (FEW, "2 people, 3 dogs.", None),
        (FEW, "I see two on the left and", None),
    ],
    "refuted by their own sentence": [
        (SIDES, "The obvious answer is A, but it is wrong.", None),
        (SIDES, "The obvious answer is A, but that's a trap.", None),
        (SIDES, "The first answer that comes to mind is B, but it is not right.", None),
        (SIDES, "The answer is B. A looks right, but it is wrong.", "B"),
        (SIDES, "A is tempting, but it is wrong. The answer is B.", "B"),
        (SIDES, "The answer is B, and it is not wrong.", "B"),
        (SIDES, "The naive answer is B.", None),
        (SIDES, "The trap here is B.", None),
        (SIDES, "The answer is A.\n\nIf the plate is the reference... the answer is B.", "A"),
        (SIDES, "If we look closely... the answer is B.", "B"),
    ],
    "texts of other things": [
        (HEIGHTS, "My reasoning is below.\n\n1. The cat's box spans the table", None),
        (HEIGHTS, "The step-by-step analysis is below:", None),
        (HEIGHTS, "The cat is below.", "B"),
        (HEIGHTS, "In the picture the cat is below.", "B"),
        (TABLES, "The cat is on the rug that is under the table.", None),
        (TABLES, "The cat is on the chair that is behind the table.", None),
        (TABLES, "The cat is under the table.", "B"),
        (TABLES, "The cat, which is black, is under the table.", "B"),
    ],
    "several things in a sentence": [
        (
            DESK,
            "Of the four, the lamp is nearest; the mug, laptop and book are all on the far side.",
            None,
        ),
        (
            DESK,
            "The book is closer to the window than the mug is, but the lamp is closest of all.",
            None,
        ),
        (DESK, "The mug is close, but the lamp is closer.", None),
        (SIDES, "The plate is in front of the cup, which makes the cup behind the plate.", "D"),
        (SIDES, "The plate is left of the cup, which means the cup is right of the plate.", "B"),
        (CARS, "The blue car is farther away; choose the other.", None),
        (CARS, "The blue car is farther away. Pick the other one.", None),
        (ROWS, "There are 2 dogs and 1 cat, which makes 3 animals.", "B"),
        (ROWS, "There are 2 on the left and 2 on the right, which gives 4.", "C"),
        (ROWS, "Row 1 has 2, row 2 has 2.", None),
        (ROWS, "The left shelf has 2, and the right shelf has 3.", None),
        (SIDES, "Right. The cup is to the left of the plate.", None),
        (SIDES, "Right. The cup is to the right of the plate.", "B"),
        (SIDES, "Right. It is on the other side.", "B"),
        (SIDES, "Right.", "B"),
        (SIDES, "The plate is to the left, so the cup is on the right. Right.", "B"),
        (YES, "Sure, yes, I've looked at the image. There's no cat on the couch.", None),
        (YES, "Yes, I've examined the picture. No.", "B"),
        (YES, "Yes, there is a cat.", "A"),
        (YES, "Yes, I see a cat.", "A"),
        (YES, "Yes, I can see a cat on the couch.", "A"),
        (DESK, "The lamp is nearest to the window; the mug is far.", None),
        (DESK, "The lamp.", "C"),
        (DESK, "The lamp, since the mug and the book are farther away.", "C"),
        (DESK, "The lamp, the mug and the book are on the desk.", None),
    ],
    "other languages": [
        (SIDES, "\ub2f5\uc740 B\uc785\ub2c8\ub2e4.", "B"),
        (SIDES, "\u6b63\u3057\u3044\u7b54\u3048\u306fB\u3067\u3059\u3002", "B"),
        (SIDES, "\u6211\u8ba4\u4e3a\u9009B\u3002", "B"),
        (SIDES, "Svaret \u00e4r B.", "B"),
        (SIDES, "\u4e0d\u662fB", None),
        (SIDES, "Nicht B.", None),
        (
            SIDES,
            "A\uff1a\u4e0d\u5bf9\nB\uff1a\u4e0d\u5bf9\nC\uff1a\u6b63\u786e\nD\uff1a\u4e0d\u5bf9",
            "C",
        ),
        (SIDES, "\u9009C\uff0c\u56e0\u4e3aA\u3001B\u3001D\u90fd\u4e0d\u5bf9\u3002", "C"),
        (SIDES, "\u6211\u8ba4\u4e3aB\u662f\u5bf9\u7684\u3002", "B"),
        (SIDES, "A: falsch\nB: richtig\nC: falsch\nD: falsch", "B"),
        (SIDES, "Die Antwort lautet B.", "B"),
        (SIDES, "A resposta correta \u00e9 C.", "C"),
        (SIDES, "A alternativa correta \u00e9 a letra B.", "B"),
        (SIDES, "A op\u00e7\u00e3o correta \u00e9 a D", "D"),
        (SIDES, "A letra A est\u00e1 errada, a letra D est\u00e1 certa.", "D"),
        (SIDES, "A: op\u00e7\u00e3o correta", "A"),
        (CHINESE, "\u5bf9", "A"),
        (CHINESE, "\u9519\u3002", "B"),
        (CHINESE, "\u4e0d\u5bf9", None),
        (ONE_SIGN, "\u7b54\u6848\uff1a\u524d", "C"),
        (ONE_SIGN, "B. \u53f3", "B"),
    ],
    "broken text": [
        (HEIGHTS, "tarcat below\ufffdgirl\ufffd\ufffd quz", None),
        (HEIGHTS, "below\ufffd", None),
        (HEIGHTS, "The answer is B.\n\ufffd\ufffd", "B"),
        (SIDES, f"{'!' * 40} right", None),
        (SIDES, "left ??????????????", None),
        (SIDES, f"right\n{'-' * 40}", "B"),
        (SIDES, f"{chr(0x2500) * 20}\nThe lamp is to the right of the sofa.", "B"),
        (SIDES, f"{chr(0x2014) * 12}\nbehind", "D"),
        (SIDES, "Right of the box!!!", "B"),
        (SIDES, f"{'!' * 40}\nThe answer is B.", "B"),
        (SIDES, "(A(A(A(B(B(C(D(D(D(", None),
        (SIDES, "AB, A, B, B, C, D, D, D", None),
        (SIDES, "A, B, C or D? D", "D"),
    ],
    "no option": [
        (FEWER, "None of the options describes the scene.", None),
        (FEWER, "none of the above options apply", None),
        (FEWER, "None of these answers.", None),
        (FEWER, "None of the above.", None),
        (FEWER, "None.", "A"),
        (FEWER, "There are none of them.", "A"),
        (NEITHER, "None of the above", "C"),
        ({"A": "neither", "B": "left", "C": "right"}, "Neither option is right.", None),
        ({"A": "neither", "B": "left", "C": "right"}, "Neither.", "A"),
    ],
    "promises to help": [
        (YES, "Of course, yes, I'd be glad to help with this question.", None),
        (YES, "Yes, happy to help with this question.", None),
        (YES, "Absolutely! Yes, I am pleased to assist you.", None),
        (YES, "Of course, yes.", "A"),
        (YES, "Yes, of course.", "A"),
        (YES, "Yes, the man is happy to help the woman.", "A"),
    ],
    "boxes before letters": [
        (SIDES, "- [ ] A. left\n- [x] B. right\n- [ ] C. in front of\n- [ ] D. behind", "B"),
        (SIDES, "[ ] A\n[ ] B\n[X] C\n[ ] D", "C"),
        (SIDES, "* [x] **(D) behind**\n* [ ] (A) left", "D"),
        (SIDES, "- [ ] A. left\n- [ ] B. right", None),
        (SIDES, "( ) A. left\n( ) B. right\n(x) C. in front of\n( ) D. behind", "C"),
        (SIDES, "- [x] Look at it\n- [x] Compare the boxes\n\nThe answer is D.", "D"),
        (SIDES, "A: 👎\nB: 👍\nC: 👎\nD: 👎", "B"),
        (SIDES, "Answer: A 👍", "A"),
        (SIDES, "👍 D", "D"),
    ],
    "offers": [
        (SIDES, "A\n\nWould you like to know where the cat is? It is behind (D).", "A"),
        (SIDES, "B\n\nDo you want me to check the cat as well? That one is (C).", "B"),
        (SIDES, "Would you like to know where it is? It is behind (D).", "D"),
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_reply_of_a_kind_is_read(kind):
    read = [(reply, parse_answer(reply, options).letter) for options, reply, _ in KINDS[kind]]
    assert read == [(reply, letter) for _, reply, letter in KINDS[kind]]


def test_the_replies_beside_the_checkout_are_read():
    if not SHARED.is_file():
        pytest.skip(f"no replies at {SHARED}")
    for line in SHARED.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        letter = parse_answer(case["reply"], case["options"]).letter
        may_be_unread = case["kind"].startswith(("p5", "p7")) and letter is None
        assert letter == case["want"] or may_be_unread, case["reply"]


def test_replies_in_the_styles_of_models_are_read():
    cases = [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()]
    read = []
    for case in cases:
        options = dict(zip("ABCDEF", case["options"], strict=False))
        read.append(parse_answer(case["reply"], options, case.get("question", "")).letter)
    for case, letter in zip(cases, read, strict=True):
        assert letter == case.get("read", case["letter"]), case["reply"]
    wrong = [case["reply"] for case in cases if case.get("read")]
    assert wrong == [
        "The meeting is over.",
        "A: The ball is left of the box. Looking at the",
        "Policy violation: A",
        "She can touch the cup.",
        "The mug is on the table in the reflection.",
        "There is a bicycle and sidewalk sign.",
        "The cat is on the left side of the image.",
        "The cat is behind the armchair's owner.",
        "Task: decide, the fridge is wider than the oven.",
        "The radio is on the shelf below. ",
        "The clock was on the shelf.",
        "The clock is on the shelf in a similar photo.",
        "The bottle is on the shelf behind the one you ask about.",
        "A woman is facing the window, a second one is not.",
        "The bus and the tree are behind the van.",
        "The fork was left on the plate.",
        "There is a boat, or maybe a log.",
        "<answer>The truck is to the left of the tree.</answer>",
        "The truck is red.",
        "The car is red.",
        "The thing on the chair is a phone.",
        "The cup is on the left in the image, next to the keyboard that is right of the laptop.",
    ]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("a<think>b</think>c", "ac"),
        ("a<think>b", "a"),
        ("b</think>c", "c"),
        ("<think>a<scene>b</scene>c</think>d", "d"),
        ("<think>a<answer>b</answer>", "a<answer>b</answer>"),
        ("<|im_start|>assistant\na<|im_end|>b", "\na"),
        ("</s>a</s>b", "a"),
        ("a<|eot|><|header_start|>user<|header_end|>\n\nb", "a"),
        ("a<\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>b", "a"),
        ("a<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|USER_TOKEN|>b", "a"),
        ("a\n<|user|>\nb", "a"),
        ("a<start_of_turn>user\nb", "a"),
        ("a<turn|>\n<|turn>user\nb", "a"),
        ("a<seed:eos><seed:bos>user\nb", "a"),
        ("<seed:bos>user\na<seed:eos><seed:bos>assistant\nb", "\nb"),
        ("a[e~[\n]~b]user\nb", "a"),
        ("]~b]user\na[e~[\n]~b]ai\nb", "\nb"),
        ("a[|endofturn|]\n[|user|]b", "a"),
        ("a<|assistant_end|><|user_start|>b", "a"),
        ("a<|start_of_role|>user<|end_of_role|>b", "a"),
        ("a [INST] b [/INST] c", "a"),
        ("<|user|>a<|assistant|>b", "b"),
        ("<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb", "\nb"),
        ("<answer>human</answer>", "<answer>human</answer>"),
        ("<b>user</b> a", "<b>user</b> a"),
    ],
)
def test_a_model_says_what_is_its_own_turn_and_no_thought(reply, said):
    assert spoken(reply) == said


def test_blanks_before_a_reply_are_read_in_time_proportional_to_their_number():
    start = time.process_time()
    assert spoken(" " * 50_000 + "a<|im_end|>").strip() == "a"
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("Answer: 3\nIf we looked from the other side, the answer would be 4.", "3"),
        ("Let me see which answer is right.\n7", "7"),
        ("<think>The answer is 3", ""),
        ("5<|im_end|>\n<|im_start|>user\nAnswer: 4", "5"),
    ],
)
def test_open_answers_are_cut_out_of_the_same_parts(reply, text):
    assert answer_text(reply) == text
