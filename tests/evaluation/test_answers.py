"""The answer parser: what models write, case by case."""

import pytest

from evaluation.answers import answer_text, parse_answer
from evaluation.reading.option_texts import same_text

PLACES = {"A": "left of", "B": "behind", "C": "on top of", "D": "in front of"}
COUNTS = {"A": "2", "B": "3", "C": "4", "D": "10"}
YES = {"A": "yes", "B": "no"}
NESTED = {"A": "left", "B": "top left", "C": "top", "D": "left of the chair"}
THINGS = {"A": "a cat", "B": "the dog", "C": "cow"}
SIX = {"A": "red", "B": "blue", "C": "green", "D": "white", "E": "black", "F": "pink"}
LETTERS = {"A": "B", "B": "A", "C": "C"}
NONE = {"A": "cat", "B": "dog", "C": "None of the above"}
MIXED = {"A": "C", "B": "D", "C": "A", "D": "B"}
CLOSER = {"A": "A is closer", "B": "B is closer"}
METRES = {"A": "2.5 m", "B": "25 m", "C": "5 m"}
ABSENT = {"A": "1", "B": "2", "C": "3", "D": "4", "E": "The image does not feature the object."}
SENTENCES = {
    "A": "The suitcase is on the book.",
    "B": "The suitcase is beneath the cat.",
    "C": "The suitcase is beneath the book.",
}
UNKNOWN = {"A": "cat", "B": "dog", "C": "Cannot be determined"}
TWICE = {"A": "left", "B": "right", "C": "left"}
LIST = "(A) left of\n(B) behind\n(C) on top of\n(D) in front of"

CASES = [
    # Letters alone.
    (PLACES, "B", "B"),
    (PLACES, "b", "B"),
    (PLACES, "(B)", "B"),
    (PLACES, "(b)", "B"),
    (PLACES, "[B]", "B"),
    (PLACES, "B.", "B"),
    (PLACES, "B)", "B"),
    (PLACES, " B \n", "B"),
    (PLACES, "**B**", "B"),
    (PLACES, "*B*", "B"),
    (PLACES, "`B`", "B"),
    (PLACES, "__B__", "B"),
    (PLACES, '"B"', "B"),
    (PLACES, "'B'", "B"),
    (PLACES, "“B”", "B"),
    (PLACES, "$B$", "B"),
    (PLACES, "\\(B\\)", "B"),
    (PLACES, "Ｂ", "B"),
    (PLACES, "（B）", "B"),
    (PLACES, "【B】", "B"),
    (PLACES, "\u200bB\u200b", "B"),
    (PLACES, "a", "A"),
    (PLACES, "A", "A"),
    (PLACES, "a.", "A"),
    (PLACES, "B!", "B"),
    (PLACES, "> B", "B"),
    (PLACES, "# B", "B"),
    (PLACES, "<del>A</del> <ins>B</ins>", "B"),
    (PLACES, "<strike>A</strike> B", "B"),
    # Letters in front of text.
    (PLACES, "(B) behind", "B"),
    (PLACES, "B) behind", "B"),
    (PLACES, "B. behind", "B"),
    (PLACES, "B: behind", "B"),
    (PLACES, "B：behind", "B"),
    (PLACES, "B - behind", "B"),
    (PLACES, "B – behind", "B"),
    (PLACES, "b) Behind.", "B"),
    (PLACES, "**B. behind**", "B"),
    (PLACES, "**(B)** behind", "B"),
    (PLACES, "B, the cup is behind the plate", "B"),
    (PLACES, "(B) behind the plate, since it is farther away", "B"),
    (SIX, "F. pink", "F"),
    (SIX, "(F)", "F"),
    (PLACES, "(F)", None),
    (PLACES, "E", None),
    (YES, "C", None),
    # Options by name.
    (PLACES, "Option B", "B"),
    (PLACES, "option (b)", "B"),
    (PLACES, "Option B.", "B"),
    (PLACES, "Option B: behind", "B"),
    (PLACES, "Answer B", "B"),
    (PLACES, "The correct option is B", "B"),
    (PLACES, "The best choice is (C).", "C"),
    # Phrases.
    (PLACES, "The answer is B", "B"),
    (PLACES, "The answer is B.", "B"),
    (PLACES, "The answer is (B) behind.", "B"),
    (PLACES, "The answer is: B", "B"),
    (PLACES, "Answer: C", "C"),
    (PLACES, "Answer: (C)", "C"),
    (PLACES, "**Answer:** C", "C"),
    (PLACES, "Answer: **C**", "C"),
    (PLACES, "**Final answer: C. on top of**", "C"),
    (PLACES, "Final Answer: \\text{C}", "C"),
    (PLACES, "answer = D", "D"),
    (PLACES, "My answer would be D.", "D"),
    (PLACES, "the correct answer should be D", "D"),
    (PLACES, "So the correct choice is D, in front of.", "D"),
    (PLACES, "The answer is behind.", "B"),
    (PLACES, "The answer is A because the cup is on the left.", "A"),
    (PLACES, "The answer is B because the cup is farther.", "B"),
    (PLACES, "The answer is A", "A"),
    (THINGS, "The answer is A cat.", "A"),
    (THINGS, "The answer is A dog.", "B"),
    (THINGS, "the answer is a cow", "C"),
    (PLACES, "Let me see. The answer is A? No. The answer is B.", "B"),
    (PLACES, "The answer is A.\nWait. The answer is B.", "B"),
    (PLACES, "The answer is B.\n\nLet me know whether you need more.", "B"),
    (PLACES, "It is far away, so the answer is\n\nB", "B"),
    (PLACES, "The options are: A, B, C and D. The answer is C.", "C"),
    (COUNTS, "The answer is 3.", "B"),
    (COUNTS, "The answer is three.", "B"),
    (COUNTS, "I count 2 on the left and one more, so the answer is three", "B"),
    # Words before.
    (PLACES, "B is correct.", "B"),
    (PLACES, "(B) is the correct answer.", "B"),
    (PLACES, "I think that B is right.", "B"),
    (PLACES, "Looking at the scene, option C fits.", "C"),
    (PLACES, "It must be (C).", "C"),
    (PLACES, "I would pick D here", "D"),
    # Text.
    (PLACES, "behind", "B"),
    (PLACES, "Behind.", "B"),
    (PLACES, "BEHIND", "B"),
    (PLACES, "The cup is behind the plate.", "B"),
    (PLACES, "It is on top of the plate", "C"),
    (PLACES, "The cup is in front of the plate, not behind it.", "D"),
    (PLACES, "not behind", None),
    (PLACES, "on_top_of", "C"),
    (PLACES, "on-top-of", "C"),
    (NESTED, "top left", "B"),
    (NESTED, "It is in the top left corner.", "B"),
    (NESTED, "left of the chair", "D"),
    (NESTED, "It stands left of the chair.", "D"),
    (NESTED, "It is at the top.", "C"),
    (NESTED, "top left, then left again", "B"),
    (NESTED, "It is somewhere on the left", "A"),
    (COUNTS, "3", "B"),
    (COUNTS, "three", "B"),
    (COUNTS, "There are three of them.", "B"),
    (COUNTS, "There are 10 cars.", "D"),
    (COUNTS, "ten", "D"),
    (COUNTS, "5", None),
    (COUNTS, "13", None),
    (COUNTS, "There are 2 cats and 3 dogs", None),
    (YES, "Yes", "A"),
    (YES, "Nope.", "B"),
    (YES, "Yep, there it is.", "A"),
    (YES, "no.", "B"),
    (YES, "Yes, there is no dog beside it.", "A"),
    (YES, "No, it is not.", "B"),
    (YES, "No. Yes would need a dog.", "B"),
    (YES, "I know that it is so", None),
    (YES, "Yes, I can help with that! Please upload the image.", None),
    (YES, "Yes! I can help you with this.", None),
    (YES, "Yes - I can help with that.", None),
    (YES, "Sure - yes - I can help you with this.", None),
    (YES, "No: I can help with that, but please send the picture.", None),
    (YES, "Yes, we can see the cup.", "A"),
    (YES, "Yes: the dog is on it.", "A"),
    (YES, "Yes, I can confirm that.", "A"),
    (YES, "Yes. I can clearly see it.", "A"),
    (THINGS, "cat", "A"),
    (THINGS, "A cat", "A"),
    (THINGS, "a dog", "B"),
    (THINGS, "dog", "B"),
    (NONE, "None of the above", "C"),
    (NONE, "none of the above.", "C"),
    # Several, or nothing.
    (PLACES, "A or B", None),
    (PLACES, "A and B", None),
    (PLACES, "A, B", None),
    (PLACES, "Both (A) and (B)", None),
    (PLACES, "A/B", None),
    (PLACES, "left of or behind", None),
    (PLACES, "", None),
    (PLACES, "   \n", None),
    (PLACES, "I cannot answer that.", None),
    (PLACES, "A dog sits there.", None),
    (PLACES, "I am sorry, but I cannot help with that.", None),
    (PLACES, "It cannot be determined from the picture.", None),
    (PLACES, "(A) left of\n(B) behind\n(C) on top of\n(D) in front of", None),
    # Tags.
    (PLACES, "<answer>B</answer>", "B"),
    (PLACES, "<answer> (B) behind </answer>", "B"),
    (PLACES, "<answer>\n(B)\n</answer>", "B"),
    (PLACES, "<answer>B", "B"),
    (PLACES, "<answer>(B) behind</answer> <answer>(C) on top of</answer>", "C"),
    (PLACES, "<answer>(B)</answer>\nSo A it is.", "B"),
    (PLACES, "A is wrong. <answer>behind</answer>", "B"),
    (PLACES, "<answer></answer>", None),
    (PLACES, "The answer is A. <answer>?</answer>", None),
    (PLACES, "<answer>A or B</answer>", None),
    (PLACES, "<answer>**B**</answer>", "B"),
    (PLACES, "<answer>The answer is B</answer>", "B"),
    (PLACES, "<answer>the cup is behind it</answer>", "B"),
    (PLACES, "<think>A? (A) looks right. The answer is A.</think>B", "B"),
    (PLACES, "<think>The answer is A.</think>\n<answer>B</answer>", "B"),
    (PLACES, "<think>The answer is A.</think>", None),
    (PLACES, "<think>x</think><think>the answer is A</think> C", "C"),
    (PLACES, "<think>unfinished: the answer is B", None),
    (PLACES, '<think duration="3 s">unfinished: the answer is B', None),
    (PLACES, '<thinking phase="final" data-by="a/b">The answer is B.</thinking> A', "A"),
    (PLACES, '<step n="1"/>The answer is B.', "B"),
    (
        PLACES,
        "<observe>A cup.</observe><scene>{}</scene><think>(A)?</think><answer>(D) in front of"
        "</answer>",
        "D",
    ),
    # Boxes.
    (PLACES, "\\boxed{B}", "B"),
    (PLACES, "$\\boxed{B}$", "B"),
    (PLACES, "\\boxed{\\text{B}}", "B"),
    (PLACES, "\\boxed{\\text{(B) behind}}", "B"),
    (PLACES, "First \\boxed{A}, no: \\boxed{C}", "C"),
    (PLACES, "\\boxed{B", "B"),
    (COUNTS, "\\boxed{3}", "B"),
    (COUNTS, "So there are $\\boxed{\\mathrm{three}}$ of them, not 2.", "B"),
    # Last and first lines.
    (PLACES, "The cup is farther than the plate.\n\nB", "B"),
    (PLACES, "B\n\nThe cup is farther than the plate.", "B"),
    (PLACES, "B. behind\n\nOption A is wrong: it is not left of it.", "B"),
    (PLACES, "Reasoning: it is hidden.\n**B) behind**", "B"),
    # Letters as texts.
    (LETTERS, "(C)", "C"),
    (LETTERS, "<answer>B</answer>", "B"),
    (MIXED, "(A) C", "A"),
    (MIXED, "A. C", "A"),
    (MIXED, "<answer>(C) A</answer>", "C"),
    (CLOSER, "B is closer", "B"),
    (CLOSER, "A is closer.", "A"),
    (CLOSER, "Point B is closer to the camera", "B"),
    # Marks, scripts, tokens.
    (PLACES, "答案是B", "B"),
    (PLACES, "正确答案是（B）", "B"),
    (PLACES, "选B", "B"),
    (PLACES, "「B」", "B"),
    (PLACES, "《B》", "B"),
    (PLACES, "B。", "B"),
    (PLACES, "B、behind", "B"),
    (PLACES, "B．behind", "B"),
    (PLACES, "\u0412", "B"),
    (PLACES, "\u0391", "A"),
    (PLACES, "𝐁", "B"),
    (PLACES, "Ⓑ", "B"),
    (PLACES, "⒝", "B"),
    (PLACES, "\ufeffB", "B"),
    (PLACES, "\ud800B", "B"),
    (PLACES, "B\x00", "B"),
    (PLACES, "b<|im_end|>", "B"),
    (PLACES, "<|im_start|>assistant\nB</s>", "B"),
    (PLACES, '{"answer": "B"}', "B"),
    (PLACES, "```\nB\n```", "B"),
    (PLACES, "### Answer: B", "B"),
    (PLACES, "Therefore, the answer is \\( \\text{B} \\).", "B"),
    (PLACES, "$\\mathbf{B}$", "B"),
    (PLACES, "• B", "B"),
    (PLACES, "1. B", "B"),
    # Diffs, and calls of tools.
    (PLACES, "- A\n+ B", "B"),
    (PLACES, "```diff\n- answer: A\n+ answer: C\n```", "C"),
    (PLACES, "-The answer is A.\n+The answer is D.", "D"),
    (PLACES, '<tool_call>{"arguments": {"letter": "A"}}</tool_call>\nB', "B"),
    (
        PLACES,
        'B <tool_call>{"answer": "A"}</tool_call><tool_response>"choice": "C"</tool_response>.',
        "B",
    ),
    (PLACES, '<tool_call>{"arguments": {"letter": "A"}}</tool_call>', "A"),
    # Letters that are denied, or joined.
    (PLACES, "not A but B", "B"),
    (PLACES, "not B but C", "C"),
    (PLACES, "The answer is not B but C.", "C"),
    (PLACES, "The answer is not B.", None),
    (PLACES, "It can't be B. So C.", "C"),
    (PLACES, "The answer is not (B) behind but (C).", "C"),
    (PLACES, "The answer is not option (B) behind; it is (C).", "C"),
    (PLACES, "Option A is wrong. Behind is right.", "B"),
    (PLACES, "Neither A nor B; it is D.", "D"),
    (PLACES, "C rather than B", "C"),
    (PLACES, "B because it is not A", "B"),
    (PLACES, "Option A is incorrect. Option C is correct.", "C"),
    (PLACES, "<answer>not A but B</answer>", "B"),
    (PLACES, "<answer>B, not A</answer>", "B"),
    (PLACES, "(B) behind, not (A) left of", "B"),
    (PLACES, "\\boxed{not B but C}", "C"),
    (PLACES, "A B", None),
    (PLACES, "A and/or B", None),
    (PLACES, "(A) (B)", None),
    (PLACES, "either A or C", None),
    (PLACES, "The answer is A or B.", None),
    (PLACES, "The answer is both A and B", None),
    (PLACES, "The answer is B or C, but most likely C", "C"),
    (PLACES, "<answer>(A) left of, (B) behind</answer>", None),
    (PLACES, "<answer>(A) left of\n(B) behind</answer>", None),
    (PLACES, "\\boxed{A, B}", None),
    (PLACES, "\\boxed{}", None),
    (SENTENCES, "C: The suitcase is beneath the book., A: The suitcase is on the book.", None),
    (SENTENCES, "The suitcase is beneath the book.", "C"),
    # Options repeated before the answer.
    (PLACES, f"{LIST}\n\nThe answer is (B)", "B"),
    (PLACES, f"Options:\n{LIST}\n\nB", "B"),
    (PLACES, f"{LIST}\n\nI would choose C.", "C"),
    (PLACES, f"{LIST}\n\nIt is on top of it.", "C"),
    (PLACES, "The correct answer is:\n\n**C**", "C"),
    (PLACES, "The correct answer is:\n\n(C) on top of", "C"),
    # A, letter or article.
    (PLACES, "I choose A.", "A"),
    (PLACES, "It's A.", "A"),
    (PLACES, "A cup is on top of the table", "C"),
    (PLACES, "Answer: A cup on top of a plate", "C"),
    (THINGS, "<answer>A cat</answer>", "A"),
    (THINGS, "A bird", None),
    # Cut off.
    (PLACES, "<answer>(B) beh", "B"),
    (PLACES, "<answer>B</ans", "B"),
    (PLACES, "(B) behind</answer>", "B"),
    (PLACES, "<ANSWER>B</ANSWER>", "B"),
    # Numbers.
    (COUNTS, "3.0", "B"),
    (COUNTS, "I can see 1, 2, 3 chairs. So the answer is 3.", "B"),
    (COUNTS, "Answer: 4 (two left, two right)", "C"),
    (COUNTS, "(B) 3 and not 2", "B"),
    (METRES, "about 5 m", "C"),
    (METRES, "It is 2.5 m away", "A"),
    (METRES, "0.5 m", None),
    (ABSENT, "The image does not feature the object", "E"),
    (ABSENT, "There is one chair.", "A"),
    ({"A": "2", "B": "32", "C": "30"}, "Thirty-two chairs.", "B"),
    ({"A": "2", "B": "thirty-two", "C": "30"}, "32 of them", "B"),
    ({"A": "20", "B": "1", "C": "30"}, "I count thirty.", "C"),
    # Not to be committed.
    (YES, "No idea.", None),
    (YES, "Not sure", None),
    (YES, "Yes and no", None),
    (YES, "Yeah, no.", None),
    (YES, "There is no car, so the answer is no.", "B"),
    (UNKNOWN, "It cannot be determined.", "C"),
    (UNKNOWN, "I cannot determine this", None),
    (TWICE, "left", None),
    (PLACES, "In 3D space, one cannot say.", None),
    (PLACES, "It is a D-shaped cup.", None),
    (PLACES, "It is behind it instead of on top of it.", "B"),
    (TWICE, "C. left", "C"),
    ({"A": "left", "B": "right"}, "Q: Is it A or B?\nA: right", "B"),
    ({}, "A", None),
]


@pytest.mark.parametrize(("options", "reply", "letter"), CASES)
def test_the_letter_is_read(options, reply, letter):
    assert parse_answer(reply, options).letter == letter


@pytest.mark.parametrize(
    ("options", "reply", "letter", "conflict"),
    [
        (PLACES, "(C) behind", "C", True),
        (PLACES, "Answer: (C) behind", "C", True),
        (PLACES, "<answer>(A) in front of</answer>", "A", True),
        (PLACES, "(B) behind", "B", False),
        (PLACES, "(B)", "B", False),
        (PLACES, "(B) beneath", "B", False),
        (COUNTS, "A. 3", "A", True),
        (LETTERS, "B", "B", True),
        (PLACES, "D behind", "D", True),
        (CLOSER, "(B) A is closer", "B", True),
        (CLOSER, "B is closer", "B", False),
        (PLACES, "D. in front of it, behind the car", "D", False),
    ],
)
def test_a_letter_beside_another_options_text_is_a_conflict(options, reply, letter, conflict):
    found = parse_answer(reply, options)
    assert (found.letter, found.conflict) == (letter, conflict)


@pytest.mark.parametrize(
    ("reply", "method"),
    [
        ("<answer>B</answer>", "letter"),
        ("<answer>behind</answer>", "text"),
        ("\\boxed{B}", "boxed"),
        ("The answer is B.", "phrase"),
        ("B is correct, as one sees", "correct"),
        ("who knows", "nothing"),
        ("<answer>who knows</answer>", "tag"),
        ("\\boxed{?}", "boxed"),
        ("A or B", "several"),
        ("<answer>I cannot tell</answer>", "uncertain"),
        ("It is not possible to determine that.", "uncertain"),
    ],
)
def test_how_it_was_read_is_told(reply, method):
    assert parse_answer(reply, PLACES).method == method


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Three", "3", True),
        ("the dog", "Dog.", True),
        ("left side", "Left-side", True),
        ("12", "twelve", True),
        ("two dogs", "dogs", False),
        ("", "", False),
        ("a", "A", True),
    ],
)
def test_short_texts_are_compared(one, other, same):
    assert same_text(one, other) is same


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("<answer> Stop sign. </answer>", "Stop sign"),
        ("It is red.\nThe answer is: 25 mph.", "25 mph"),
        ("\\boxed{\\text{two}}", "two"),
        ("Looking closely.\n**No**", "No"),
        ("<think>x</think> 7", "7"),
        ("", ""),
    ],
)
def test_open_answers_are_cut_out(reply, text):
    assert answer_text(reply) == text


@pytest.mark.parametrize("name", ["ponder", "look", "my_notes", "deep-dive", "x:ponder"])
@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("<{0}>The answer is A.</{0}>\nB", "B"),
        ("I look.\n<{0} n='1'>\nThe answer is A.\n</{0}>\n\nThe answer is B.", "B"),
        ("[{0}]The answer is A.[/{0}] B", "B"),
        ("<{0}>The answer is A.", None),
        ("<{0}>Perhaps A.\n<answer>B</answer>", "B"),
        ("The <{0}>cup</{0}> is there. B", "B"),
        ("<{0}>B</{0}>", "B"),
        ("<{0}/>B", "B"),
        ("<{0}>B</{0}>\nIts base is at x=500.", "B"),
        ("<{0}>A</{0}>\nWith the lamp in mind, the answer is B.", "B"),
        ("<{0}>A</{0}>\n\nB", "B"),
        ("I have looked.\n<{0}>\n\n**B**\n</{0}>", "B"),
        ("<{0}>B", "B"),
        ("I have looked:\n<{0}>\nSo the answer is B.\n</{0}>", "B"),
        ("I have looked:\n<{0}>\nSo the answer is A.\n</{0}>\nB", "B"),
    ],
)
def test_a_section_of_any_name_before_the_answer_is_a_thought(name, reply, letter):
    assert parse_answer(reply.format(name), PLACES).letter == letter


@pytest.mark.parametrize("name", ["guess", "first_try", "hint", "rejected"])
def test_a_letter_in_a_tag_of_attempts_is_no_answer(name):
    assert parse_answer(f"<{name}>A</{name}>\nIts base is at x=500.", PLACES).letter is None


@pytest.mark.parametrize("token", ["loc0102", "seg017", "coord_12"])
def test_a_token_of_a_place_begins_no_section(token):
    assert parse_answer(f"<{token}><{token}> B", PLACES).letter == "B"
