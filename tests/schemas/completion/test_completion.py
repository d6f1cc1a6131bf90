import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.completion.publish import (
    PublishedScene,
    option_text,
    parse_completion,
    publish_scene,
    published_ids,
    published_label,
    render_completion,
    render_problem,
    render_prompt,
    render_published_prompt,
)
from tests.scenes import CORNER, scene

PAPER_ID = re.compile(r"[a-zA-Z_]+\.[0-9]+")
numbers = st.integers(-10_000, 10_000)
published = st.builds(
    PublishedScene,
    objects=st.lists(
        st.fixed_dictionaries({"id": st.text(), "bbox": st.tuples(*[numbers] * 4)}), max_size=4
    ),
    relationships=st.lists(
        st.fixed_dictionaries({"subject": st.text(), "predicate": st.text(), "object": st.text()}),
        max_size=3,
    ),
)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("dog", "dog"),
        ("fire hydrant", "fire_hydrant"),
        ("T-shirt", "t_shirt"),
        ("tv2", "tv"),
        ("  Café  table ", "cafe_table"),
        ("man's hat", "man_s_hat"),
        ("42", "object"),
        ("犬", "object"),
        ("", "object"),
    ],
)
def test_labels_pass_the_id_pattern_of_the_paper(name, label):
    assert published_label(name) == label


def test_numbers_count_per_label_in_the_order_of_object_ids():
    one = scene([("dog", CORNER), ("cat", CORNER), ("Dog", CORNER), ("d.o.g", CORNER)])
    assert published_ids(one) == {0: "dog.1", 1: "cat.1", 2: "dog.2", 3: "d_o_g.1"}


@given(st.lists(st.text(max_size=12), max_size=12))
def test_published_ids_are_unique_and_well_formed(names):
    ids = published_ids(scene([(name, CORNER) for name in names]))
    assert len(set(ids.values())) == len(names)
    assert all(PAPER_ID.fullmatch(published_id) for published_id in ids.values())


def test_a_perfect_completion_is_the_gold_scene_and_the_answer():
    one = scene([("dog", (1, 2, 30, 40)), ("couch", (0, 0, 90, 80))], [(0, "on", 1)])
    gold = publish_scene(one, published_ids(one), [0, 1], [(0, "on", 1)])
    assert render_completion(gold, "(B) couch") == (
        '<scene>{"objects":[{"id":"dog.1","bbox":[1,2,30,40]},'
        '{"id":"couch.1","bbox":[0,0,90,80]}],'
        '"relationships":[{"subject":"dog.1","predicate":"on","object":"couch.1"}]}</scene>\n'
        "<answer>(B) couch</answer>"
    )


@given(published, st.text())
def test_parsing_undoes_rendering(gold, answer):
    assert parse_completion(render_completion(gold, answer)) == (gold, answer)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<answer>(A) dog</answer>",
        '<scene>{"objects":[]}</scene>\n<answer>A</answer>',
        '<scene>{"objects":[],"relationships":[],"more":1}</scene>\n<answer>A</answer>',
        '<scene>{"objects":[],"relationships":[]}</scene> <answer>A</answer>',
        "<scene>not json</scene>\n<answer>A</answer>",
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        parse_completion(text)


def test_a_prompt_is_the_template_with_the_size_then_the_question():
    prompt = render_prompt("Where is {Width}?\n(A) here", 640, 480)
    assert prompt.startswith("You FIRST observe the image in <observe> </observe> tags")
    assert prompt.endswith("\n\nImage size: 640 x 480\n\nWhere is {Width}?\n(A) here")


def test_the_published_prompt_leaves_its_placeholders_and_states_the_size_below():
    prompt = render_published_prompt("Where is it?\n(A) here", 640, 480)
    assert "e.g., <answer> ({correct_option}) {correct_answer} </answer>." in prompt
    assert prompt.endswith(
        "\n\nImage size: {Width} x {Height}\n(640 x 480)\n\n"
        "Now answer the following question:\nWhere is it?\n(A) here"
    )


def test_the_problem_is_the_prompt_as_published_trainers_read_it():
    problem = render_problem("Where is {Width}?\n(A) here", 640, 480)
    assert problem.startswith("<image> You FIRST observe the image in <observe> </observe> tags")
    assert problem.endswith("\n\nImage size: (640 x 480)\n\nWhere is {Width}?\n(A) here")


def test_options_carry_their_letter():
    assert [option_text(place, "cat") for place in range(4)] == [
        "(A) cat", "(B) cat", "(C) cat", "(D) cat",
    ]  # fmt: skip
