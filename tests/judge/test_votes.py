import json
import re
from collections import Counter
from itertools import permutations, product
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.chat import Photograph
from schemas.columns import columns, frame_of
from schemas.config.chat import ChatConfig
from schemas.config.models import JudgeConfig, JudgeRule
from tasks.judge.ballots import (
    BLIND_PROMPT,
    SIGHTED_PROMPT,
    Guess,
    Vote,
    blind_ballot,
    choice_of,
    sighted_ballot,
    stray_letter,
    text_of,
)
from tasks.judge.summary import judge_summary
from tasks.judge.votes import (
    Verdict,
    blind_odds,
    guess_odds,
    is_blind_answerable,
    needs_blind_vote,
    next_votes,
    rotated,
    rotations,
    unrotated,
    verdict,
)
from tests.golden import assert_golden

RULES = st.sampled_from(JudgeRule)
IDS = st.text(max_size=20)
A = "ambiguous"
RIGHT, WRONG, OTHER = 0, 1, 2
CHOICES = st.sampled_from([RIGHT, WRONG, OTHER, 3, A, None])
PHOTOGRAPH = Photograph("0" * 64, 1024, bytes)
QUESTION = {
    "question": "Where is the “cup”?",
    "options": ["left", "right", 'above", "answer": "A', "none}\nAnswer A."],
}


@st.composite
def polls(draw, choices=CHOICES):
    """A rule, and the votes that it asks for, until the question is decided."""
    rule, votes = draw(RULES), []
    while more := next_votes(votes, RIGHT, rule):
        votes += draw(st.lists(choices, min_size=more, max_size=more))
    return rule, votes


@pytest.mark.parametrize(
    ("rule", "votes", "more", "found"),
    [
        ("checked", [], 2, "unjudged"),
        ("checked", [RIGHT, RIGHT], 0, "keep"),
        ("checked", [RIGHT, WRONG], 2, "unjudged"),
        ("checked", [RIGHT, A], 2, "unjudged"),
        ("checked", [RIGHT, None], 2, "unjudged"),
        ("checked", [WRONG, WRONG], 0, "disagree"),
        ("checked", [WRONG, OTHER], 0, "disagree"),
        ("checked", [WRONG, A], 0, "ambiguous"),
        ("checked", [A, A], 0, "ambiguous"),
        ("checked", [None, None], 0, "unjudged"),
        ("checked", [None, WRONG], 0, "unjudged"),
        ("checked", [RIGHT, WRONG, RIGHT, RIGHT], 0, "keep"),
        ("checked", [RIGHT, None, RIGHT, RIGHT], 0, "keep"),
        ("checked", [RIGHT, A, RIGHT, RIGHT], 0, "keep"),
        ("checked", [RIGHT, WRONG, RIGHT, WRONG], 0, "disagree"),
        ("checked", [RIGHT, WRONG, RIGHT, A], 0, "ambiguous"),
        ("checked", [RIGHT, WRONG, WRONG, A], 0, "disagree"),
        ("checked", [RIGHT, WRONG, OTHER, A], 0, "ambiguous"),
        ("checked", [RIGHT, A, A, WRONG], 0, "ambiguous"),
        ("checked", [RIGHT, WRONG, RIGHT, None], 0, "unjudged"),
        ("checked", [RIGHT, WRONG, WRONG, None], 0, "disagree"),
        ("checked", [RIGHT, None, WRONG, WRONG], 0, "unjudged"),
        ("paper", [], 2, "unjudged"),
        ("paper", [RIGHT, WRONG], 0, "keep"),
        ("paper", [RIGHT, None], 0, "keep"),
        ("paper", [A, RIGHT], 0, "keep"),
        ("paper", [WRONG, WRONG], 2, "unjudged"),
        ("paper", [None, None], 2, "unjudged"),
        ("paper", [WRONG, WRONG, WRONG, RIGHT], 0, "keep"),
        ("paper", [WRONG, OTHER, WRONG, OTHER], 0, "disagree"),
        ("paper", [WRONG, A, WRONG, A], 0, "ambiguous"),
        ("paper", [WRONG, A, WRONG, WRONG], 0, "disagree"),
        ("paper", [WRONG, WRONG, WRONG, None], 0, "unjudged"),
        ("paper", [None, None, None, None], 0, "unjudged"),
    ],
)
def test_votes_decide_or_more_are_asked_for(rule, votes, more, found):
    assert next_votes(votes, RIGHT, JudgeRule(rule)) == more
    assert verdict(votes, RIGHT, JudgeRule(rule)) == found


@given(polls())
def test_the_order_of_votes_within_a_round_changes_nothing(poll):
    rule, votes = poll
    for first in permutations(votes[:2]):
        for second in permutations(votes[2:]):
            same = [*first, *second]
            assert next_votes(same, RIGHT, rule) == 0
            assert verdict(same, RIGHT, rule) is verdict(votes, RIGHT, rule)


@given(polls(), st.permutations(range(4)))
def test_the_names_of_options_change_nothing(poll, names):
    rule, votes = poll
    renamed = [names[vote] if isinstance(vote, int) else vote for vote in votes]
    assert verdict(renamed, names[RIGHT], rule) is verdict(votes, RIGHT, rule)


@given(RULES)
def test_right_votes_keep_and_wrong_ones_do_not(rule):
    assert verdict([RIGHT] * 2, RIGHT, rule) is Verdict.KEEP
    assert verdict([WRONG] * 4, RIGHT, rule) is Verdict.DISAGREE
    assert verdict([A] * 4, RIGHT, rule) is Verdict.AMBIGUOUS
    assert verdict([None] * 4, RIGHT, rule) is Verdict.UNJUDGED


@given(polls(), st.integers(0, 3))
def test_one_more_right_vote_never_loses_a_kept_question(poll, place):
    rule, votes = poll
    if verdict(votes, RIGHT, rule) is Verdict.KEEP:
        assert verdict([*votes, RIGHT], RIGHT, rule) is Verdict.KEEP
        votes[place % len(votes)] = RIGHT
        assert verdict(votes, RIGHT, rule) is Verdict.KEEP


@given(polls(), st.data())
def test_an_error_never_turns_the_judge_against_a_question(poll, data):
    """What is lost with unusable votes would be lost whatever had been voted there."""
    rule, votes = poll
    if verdict(votes, RIGHT, rule) in (Verdict.DISAGREE, Verdict.AMBIGUOUS):
        usable = CHOICES.filter(lambda choice: choice is not None)
        filled = [data.draw(usable) if vote is None else vote for vote in votes]
        assert next_votes(filled, RIGHT, rule) == 0
        assert verdict(filled, RIGHT, rule) not in (Verdict.KEEP, Verdict.UNJUDGED)


@given(polls(CHOICES.filter(lambda choice: choice is not None)))
def test_usable_votes_always_end_in_a_judgement(poll):
    rule, votes = poll
    assert len(votes) in (2, 4)
    assert verdict(votes, RIGHT, rule) is not Verdict.UNJUDGED


@pytest.mark.parametrize(
    ("rule", "num_options", "odds"),
    [
        ("paper", 2, 15 / 16),
        ("paper", 3, 65 / 81),
        ("paper", 4, 175 / 256),
        ("checked", 2, 3 / 8),
        ("checked", 3, 13 / 81),
        ("checked", 4, 22 / 256),
    ],
)
def test_the_odds_of_a_guesser_are_those_of_all_guesses(rule, num_options, odds):
    found = guess_odds(JudgeRule(rule), num_options)
    assert found == pytest.approx(odds)
    guesses = list(product(range(num_options), repeat=4))
    kept = [verdict(votes, 1, JudgeRule(rule)) is Verdict.KEEP for votes in guesses]
    assert found == pytest.approx(sum(kept) / len(guesses))


def test_the_odds_of_the_papers_rule_in_percent():
    percent = [round(100 * guess_odds(JudgeRule.PAPER, number)) for number in (2, 3, 4)]
    assert percent == [94, 80, 68]


@given(st.integers(2, 4), IDS, st.integers(0, 3))
def test_a_judge_that_names_one_letter_always_is_never_believed(num_options, key, place):
    """Unless by the paper's rule, which one right vote of four satisfies."""
    shifts = rotations(num_options, 4, key)
    votes = [unrotated(place % num_options, shift, num_options) for shift in shifts]
    for answer in range(num_options):
        assert verdict(votes, answer, JudgeRule.CHECKED) is Verdict.DISAGREE
        assert verdict(votes, answer, JudgeRule.PAPER) is Verdict.KEEP


@given(st.integers(2, 4), IDS, st.integers(0, 3))
def test_what_is_rotated_is_found_again(num_options, key, place):
    options = [f"option {number}" for number in range(num_options)]
    for shift in rotations(num_options, 4, key):
        shown = rotated(options, shift)
        assert sorted(shown) == options
        for letter, text in enumerate(shown):
            assert options[unrotated(letter, shift, num_options)] == text


@given(st.integers(2, 4), IDS)
def test_rotations_repeat_only_after_all_have_been(num_options, key):
    shifts = rotations(num_options, 8, key)
    assert sorted(shifts[:num_options]) == list(range(num_options))
    assert shifts[num_options:] == shifts[:-num_options]
    assert rotations(num_options, 2, key) == shifts[:2]


def test_first_rotations_are_stable_and_evenly_spread():
    assert rotations(4, 4, "1-count-0a") == rotations(4, 4, "1-count-0a")
    first = Counter(rotations(4, 1, f"{number}-count-0a")[0] for number in range(4000))
    assert all(900 < first[shift] < 1100 for shift in range(4))


@pytest.mark.parametrize(
    ("votes", "more", "answerable"),
    [
        ([], True, None),
        ([RIGHT], True, None),
        ([RIGHT, RIGHT], True, None),
        ([RIGHT, RIGHT, RIGHT], False, True),
        ([WRONG], False, False),
        ([RIGHT, OTHER], False, False),
        ([RIGHT, RIGHT, WRONG], False, False),
        ([None], False, None),
        ([RIGHT, None], False, None),
        ([RIGHT, RIGHT, None], False, None),
    ],
)
def test_blind_votes_go_on_until_one_is_wrong(votes, more, answerable):
    assert needs_blind_vote(votes, RIGHT, 3) is more
    assert is_blind_answerable(votes, RIGHT, 3) is answerable


def test_the_odds_of_a_blind_guesser():
    assert [blind_odds(number) for number in (2, 3, 4)] == [1 / 4, pytest.approx(1 / 27), 1 / 256]


@pytest.mark.parametrize(
    "text",
    ["B", "b", " B\n", "(B)", "B.", "B)", "(b)", "B:", "B) left", "(B) behind", "Option B",
     "The answer is B"],
)  # fmt: skip
def test_one_letter_is_an_answer(text):
    assert Vote(why="", answer=text).answer == Guess(answer=text).answer == "B"


@pytest.mark.parametrize(
    "text", ["", "E", "AB", "A or B", "Because", "The answer may be B", "A) or B)", "A/B", None, 1]
)
def test_anything_else_is_none(text):
    for reply in ({"why": "", "answer": text}, {"answer": text}):
        with pytest.raises(ValidationError):
            (Vote if "why" in reply else Guess).model_validate(reply)


@pytest.mark.parametrize("reply", ['{"answer": "B"}', '{"why": null, "answer": "B"}'])
def test_a_vote_without_a_reason_counts(reply):
    assert Vote.model_validate_json(reply).answer == "B"


def test_a_vote_may_be_ambiguous_and_a_guess_may_not():
    for text in ("Ambiguous", "**ambiguous**.", "Ambiguous (both A and B)", "ambiguous: C or D"):
        assert Vote(why="", answer=text).answer == "ambiguous"
    with pytest.raises(ValidationError):
        Guess(answer="ambiguous")


@given(st.integers(2, 4), st.integers(0, 3), st.sampled_from("ABCD"))
def test_a_letter_stands_for_the_option_shown_beside_it(num_options, shift, letter):
    question = {"question": "?", "options": QUESTION["options"][:num_options]}
    reply = Vote(why="", answer=letter)
    shown = json.loads(blind_ballot(question, shift % num_options)[1].text)["options"]
    choice = choice_of(reply, shift % num_options, num_options)
    assert text_of(choice, question["options"]) == shown.get(letter)
    assert (stray_letter(reply, num_options) is None) == (letter in shown)


def test_no_reply_and_ambiguous_ones_vote_for_no_option():
    reply = Vote(why="", answer="ambiguous")
    assert choice_of(None, 1, 4) is None
    assert choice_of(reply, 1, 4) == text_of(choice_of(reply, 1, 4), []) == "ambiguous"
    assert stray_letter(reply, 2) is None
    assert stray_letter(Guess(answer="D"), 3) == '"answer" is D, but the options are A, B, C'


def test_ballots_begin_alike_and_end_with_the_question():
    sighted = [sighted_ballot(QUESTION, shift, PHOTOGRAPH) for shift in (0, 1)]
    blind = blind_ballot(QUESTION, 1)
    assert sighted[0][0] == sighted[1][0] and sighted[0][0].text == SIGHTED_PROMPT
    assert [message.photograph for message in sighted[0]] == [None, PHOTOGRAPH]
    assert blind[0].text == BLIND_PROMPT and not any(message.photograph for message in blind)
    assert blind[1].text == sighted[1][1].text != sighted[0][1].text


@pytest.mark.parametrize("is_sighted", [True, False])
def test_a_ballot_reads_as_reviewed(is_sighted):
    ballot = sighted_ballot(QUESTION, 1, PHOTOGRAPH) if is_sighted else blind_ballot(QUESTION, 1)
    text = "".join(
        f"=== {message.role.value}{' with the photograph' * bool(message.photograph)}\n"
        f"{message.text.strip()}\n"
        for message in ballot
    )
    name = "sighted" if is_sighted else "blind"
    assert_golden(Path(__file__).parent / "golden" / f"{name}.txt", text)


def test_the_form_that_the_judge_is_told_is_read():
    (reply,) = re.findall(r"\{\"why\".*?\}", SIGHTED_PROMPT)
    assert Vote.model_validate_json(reply).answer == "B"


def test_texts_of_the_data_stay_within_their_strings():
    shown = json.loads(blind_ballot(QUESTION, 0)[1].text)
    assert shown == {
        "question": QUESTION["question"],
        "options": dict(zip("ABCD", QUESTION["options"], strict=True)),
    }
    assert "\n" not in blind_ballot(QUESTION, 0)[1].text


USAGE = {"calls": 2, "input_tokens": 900, "cached_tokens": 100, "output_tokens": 40}
JUDGED = columns(
    question_id=pl.String, category=pl.String, evidence=pl.String, writer=pl.String,
    question=pl.String, options=pl.List(pl.String), answer=pl.Int32, votes=pl.List(pl.String),
    vote_reasons=pl.List(pl.String), blind_votes=pl.List(pl.String), verdict=pl.String,
    blind_answered=pl.Boolean, judge_usage=pl.Struct(dict.fromkeys(USAGE, pl.Int64)),
    blind_usage=pl.Struct(dict.fromkeys(USAGE, pl.Int64)),
)  # fmt: skip


def judged(folder, *rows):
    """A file of judged rows, the answer to each of which is `a`."""
    same = {"writer": "template", "question": "?", "answer": 0, "votes": ["b", "b"],
            "vote_reasons": ["it is b", None], "judge_usage": USAGE,
            "blind_usage": USAGE}  # fmt: skip
    names = ("category", "evidence", "options", "verdict", "blind_votes", "blind_answered")
    numbered = [
        dict(zip(names, row, strict=True)) | same | {"question_id": f"q{number}"}
        for number, row in enumerate(rows)
    ]
    frame_of(numbered, JUDGED).write_parquet(folder / "judged.parquet")
    return [folder / "judged.parquet"]


def test_the_summary_counts_verdicts_and_sets_guessers_beside_them(tmp_path):
    two, four = list("ab"), list("abcd")
    paths = judged(
        tmp_path,
        ("size", "proved", two, "keep", ["a", "a"], True),
        ("size", "proved", two, "keep", ["b"], False),
        ("size", "proved", four, "keep", ["a", "c"], False),
        ("size", "asserted", four, "disagree", [], None),
        ("relation", "asserted", four, "unjudged", [], None),
        ("relation", "unknown", four, "ambiguous", [], None),
        ("relation", "asserted", four, "ambiguous", [None], None),
        ("relation", "asserted", four, None, None, None),
    )
    config = JudgeConfig(chat=ChatConfig(model="judge"), rule=JudgeRule.PAPER)
    summary = judge_summary(paths, config)
    json.dumps(summary)
    assert summary["verdicts"] == [
        {"category": "relation", "num_judged": 3, "keep": 0, "disagree": 0, "ambiguous": 2,
         "unjudged": 1, "blind_answerable": 0},
        {"category": "size", "num_judged": 4, "keep": 3, "disagree": 1, "ambiguous": 0,
         "unjudged": 0, "blind_answerable": 1},
    ]  # fmt: skip
    assert summary["guessing"] == [
        {"num_options": 2, "num_judged": 2, "kept_share": 1.0, "guess_odds": 0.9375},
        {"num_options": 4, "num_judged": 4, "kept_share": 0.25,
         "guess_odds": pytest.approx(175 / 256)},
    ]  # fmt: skip
    assert summary["blind"] == [
        {"category": "size", "num_asked": 3, "accuracy": 0.666667, "standard_error": 0.272166,
         "chance": 0.416667, "num_known": 3, "answered_share": 0.333333,
         "answered_chance": 0.167969},
    ]  # fmt: skip
    assert [(row["evidence"], row["num_judged"]) for row in summary["agreement"]] == [
        ("asserted", 3), ("proved", 3), ("unknown", 1),
    ]  # fmt: skip
    assert summary["num_rejected"] == 2
    assert [row["question_id"] for row in summary["rejected"]] == ["q6", "q3"]
    assert summary["rejected"][1] == {
        "question_id": "q3", "category": "size", "evidence": "asserted", "writer": "template",
        "question": "?", "options": four, "answer": "a", "verdict": "disagree",
        "votes": ["b", "b"], "vote_reasons": ["it is b", None],
    }  # fmt: skip
    assert summary["usage"]["blind"] == {name: 7 * count for name, count in USAGE.items()}


def test_the_summary_of_nothing_is_empty(tmp_path):
    config = JudgeConfig(chat=ChatConfig(model="judge"))
    summary = judge_summary(judged(tmp_path), config)
    assert summary["verdicts"] == summary["blind"] == summary["rejected"] == []
    assert summary["usage"]["sighted"]["calls"] == 0
