"""The object of a reply is read, whatever a model and its server put around it."""

import json
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tasks.chat.model_text import read_object


class Vote(BaseModel):
    why: str
    choice: str


WHY = (
    "", "It is left.", "The {red} car", 'He said "go"', "a\nb", "uses `code`", "100 % ok }",
    "<think> is a tag", "</think> here", "see ```json``` blocks", "q: why?", "\u65e5\u672c",
    "a sign that reads </s>", "<|im_end|> is a token", "a <|box|>",
)  # fmt: skip
THOUGHTS = (
    ("<think>", "</think>"), ("<thinking>", "</thinking>"), ("[THINK]", "[/THINK]"),
    ("\u25c1think\u25b7", "\u25c1/think\u25b7"), ("<seed:think>", "</seed:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"), ("", "</think>"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
)  # fmt: skip
BEFORE = ("", "Here is the JSON:\n", "Sure!\n\n", "Answer: ", "**Result**\n")
AROUND = (
    "{}", "```json\n{}\n```", "```\n{}\n```", "<answer>{}</answer>", "<output>\n{}\n</output>",
    "`{}`", '{{"result": {}}}', "[{}]",
)  # fmt: skip
BEHIND = (
    "", "\n", "\nHope this helps!", "\n\nLet me know if you need {anything} else.", "<|im_end|>",
    "</s>", "<|eot_id|>", "<|return|>", "\n\nNote: the answer is final.",
)  # fmt: skip
OTHER = json.dumps({"why": "x", "choice": "Z"})
NEXT = (
    "", f"\n\nUser: another?\nAssistant: {OTHER}", f"\n\nQ: more?\nA: {OTHER}",
    f"<|im_end|>\n<|im_start|>user\nNext<|im_end|>\n<|im_start|>assistant\n{OTHER}",
)  # fmt: skip


@st.composite
def votes(draw: st.DrawFn, choice: str) -> str:
    vote = {"why": draw(st.sampled_from(WHY)), "choice": choice}
    return json.dumps(
        vote, indent=draw(st.sampled_from([None, 2])), ensure_ascii=draw(st.booleans())
    )


@st.composite
def replies(draw: st.DrawFn) -> str:
    """With the choice A, and perhaps others in thoughts and in turns that a model made up."""
    thought = ""
    if draw(st.booleans()):
        start, end = draw(st.sampled_from(THOUGHTS))
        drafted = draw(st.one_of(st.just(""), votes("B")))
        thought = f"{start}Let me see. {drafted} so A.\n{end}"
    around = draw(st.sampled_from(AROUND)).format(draw(votes("A")))
    before, behind = draw(st.sampled_from(BEFORE)), draw(st.sampled_from(BEHIND))
    return f"{thought}{before}{around}{behind}{draw(st.sampled_from(NEXT))}"


@settings(max_examples=300, deadline=None)
@given(replies())
def test_the_object_of_a_reply_is_read_whatever_is_around_it(reply):
    assert read_object(reply, Vote).choice == "A"


@settings(max_examples=200, deadline=None)
@given(replies().filter(lambda reply: "Let me see" not in reply), st.data())
def test_nothing_is_read_of_a_reply_that_was_cut_off_but_its_own_object(reply, data):
    part = reply[: data.draw(st.integers(1, len(reply)))]
    with suppress(ValueError):
        assert read_object(part, Vote).choice == "A"
