"""What the writer model is told: the golden files hold whole prompts as reviewers should read
them."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from schemas.chat import Account, Message, ReplyForm, Request, Role
from schemas.claim import Category
from schemas.config.chat import ChatConfig
from schemas.config.models import Strategy
from schemas.proof.facts import Facts
from schemas.scene_graph import Scene
from tasks.chat.answers import Answer, Chat
from tasks.chat.converse import converse
from tasks.chat.dialects import Dialect, Form
from tasks.chat.requests import request_body
from tasks.language.forms.table import FORMS, form_of
from tasks.language.terms import claim_of
from tasks.language.words.names import casefolded_words, word_set
from tasks.verify.checks import find_problem
from tasks.write.open import (
    OpenQuestion,
    open_columns,
    open_document,
    open_form,
    open_problem,
)
from tasks.write.planned import Order, WrittenQuestion, order_of, planned_document, planned_problem
from tasks.write.prompt import messages_of, prompt_digest, system_of
from tests.builds import chat_of
from tests.golden import assert_golden
from tests.scenes import NUM_OPTIONS, PROOF, scene
from tests.servers.endpoint import serve
from tests.write.test_writing import FIRST, GOOD, PREDICATE, SQUARE

GOLDEN = Path(__file__).parent / "golden"
EVERY = [
    (strategy, category, is_shown)
    for strategy in Strategy
    for category in Category
    for is_shown in (True, False)
]
ACTIONS = word_set(
    "stand stands standing hang hangs sit sits lie lies lean leans rest rests go goes look looks"
)
"""Verbs that say more of a thing than where it is."""


def prompt(system: str, document: str) -> str:
    return "".join(
        f"=== {message.role.value}\n{message.text}\n"
        for message in messages_of(system, document, None)
    )


@pytest.mark.parametrize("category", Category)
def test_a_planned_prompt_reads_as_reviewed(category: Category) -> None:
    text = planned_prompt(FIRST[category], is_shown=True)
    assert_golden(GOLDEN / f"planned-{category}.txt", text)


def test_a_prompt_without_the_photograph_reads_as_reviewed() -> None:
    text = planned_prompt(FIRST[Category.DEPTH] | {"evidence": "unknown"}, is_shown=False)
    assert_golden(GOLDEN / "planned-depth-without-photograph.txt", text)


def planned_prompt(row: Mapping[str, Any], is_shown: bool) -> str:
    order = order_of(row, SQUARE, NUM_OPTIONS, 7)
    document = planned_document(row, order, SQUARE, 900 if is_shown else None)
    return prompt(system_of(Strategy.PLANNED, Category(row["category"]), is_shown), document)


@pytest.mark.parametrize("category", Category)
def test_an_open_prompt_reads_as_reviewed(category: Category) -> None:
    document = open_document(
        category, "medium", NUM_OPTIONS[category], Facts(SQUARE, PROOF), 900, 3
    )
    text = prompt(system_of(Strategy.OPEN, category), document)
    assert_golden(GOLDEN / f"open-{category}.txt", text)


def test_a_second_try_reads_as_reviewed(tmp_path: Path) -> None:
    replies = iter([json.dumps(GOOD | {"question": "Where is it?"}), json.dumps(GOOD)])

    async def ask(chat: Chat, document: str) -> Answer[WrittenQuestion]:
        def check(written: WrittenQuestion) -> str | None:
            return planned_problem(written, PREDICATE, is_judged=False)

        told = messages_of(system_of(Strategy.PLANNED, Category.RELATION, False), document, None)
        return await chat.answer(told, WrittenQuestion, check=check)

    account = Account("test", f"sqlite:///{tmp_path}/replies.sqlite", None)
    with serve(lambda _: next(replies)) as endpoint:
        (answer,) = converse(ChatConfig(**chat_of(endpoint.url)), account, ["{}"], ask)
        assert answer.value
        turns = endpoint.requests[-1].body["messages"][2:]
    text = "".join(f"=== {turn['role']}\n{turn['content']}\n" for turn in turns)
    assert_golden(GOLDEN / "second-try.txt", text)


@pytest.mark.parametrize(("strategy", "category", "is_shown"), EVERY)
def test_the_stable_part_comes_first_and_knows_nothing_of_the_scene(
    strategy: Strategy, category: Category, is_shown: bool
) -> None:
    system = system_of(strategy, category, is_shown)
    assert len(system) > 4500, "providers cache a prefix from 1,024 tokens on"
    assert not re.search(r"@\w|\{\w+\}|square|\n\n\n", system)
    assert system.startswith(system_of(Strategy.PLANNED, Category.SIZE, is_shown)[:2000])


@pytest.mark.parametrize(("strategy", "category", "is_shown"), EVERY)
def test_nobody_is_told_to_look_at_what_is_not_sent(
    strategy: Strategy, category: Category, is_shown: bool
) -> None:
    system = system_of(strategy, category, is_shown)
    assert ("You do not see the picture" in system) is not is_shown
    told = re.sub(r"(?s)\n(?:\{unseen\} )?Reply: [^\n]*", "", system)
    looking = re.search(
        r"look at the picture|what you see|by looking|as it is sent|as you see", told
    )
    assert is_shown or not looking, looking


@pytest.mark.parametrize(("strategy", "category", "is_shown"), EVERY)
def test_rules_speak_only_of_what_documents_of_the_strategy_hold(
    strategy: Strategy, category: Category, is_shown: bool
) -> None:
    system = system_of(strategy, category, is_shown)
    of_planned = ("true_claim", "beware", "evidence", "asserted")
    foreign = of_planned if strategy is Strategy.OPEN else ("only_one", "focus")
    assert not [word for word in ("is_attached", *foreign) if word in system]


def test_the_digest_of_the_prompts_is_that_of_a_strategy_and_of_what_is_shown() -> None:
    digests = {prompt_digest(strategy, is_shown) for strategy, _, is_shown in EVERY}
    assert len(digests) == 4


def in_example(text: str) -> list[tuple[dict[str, Any], str]]:
    """Documents and replies of the examples in a system text."""
    found = re.findall(r"^Example\n(\{.*?\n\})\nReply: (\{[^\n]*\})$", text, re.M | re.S)
    return [(json.loads(document), reply) for document, reply in found]


def replies_alone(text: str) -> list[str]:
    """Replies without a document: those that cannot tell."""
    return re.findall(r"left empty:\nReply: (\{[^\n]*\})$", text, re.M)


def assert_says_no_more(question: str, about: str) -> None:
    assert not ACTIONS.intersection(casefolded_words(question)) - set(casefolded_words(about))


@pytest.mark.parametrize("is_shown", [True, False])
@pytest.mark.parametrize("category", Category)
def test_the_planned_examples_follow_our_own_rules(category: Category, is_shown: bool) -> None:
    examples = in_example(system_of(Strategy.PLANNED, category, is_shown))
    assert examples
    for document, reply in examples:
        keys = {thing["id"]: number for number, thing in enumerate(document["things"])}
        names = {number: thing["name"] for number, thing in enumerate(document["things"])}
        claims = {
            key: claim_of(category, {name: terms[name] for name in terms if name != "means"}, keys)
            for key, terms in document["claims"].items()
        }
        assert document["category"] == category
        assert document["num_options"] == len(claims)
        for key, claim in claims.items():
            assert document["claims"][key]["means"] == form_of(claim).means(claim, names)
        facts = Facts(scene_of(document), PROOF)
        standings = {key: facts.holds(claim).standing for key, claim in claims.items()}
        decided = document["true_claim"]
        others = "refuted" if decided else document["evidence"]
        assert standings == dict.fromkeys(claims, others) | (
            {decided: document["evidence"]} if decided else {}
        )
        first = claims[document["true_claim"] or "c1"]
        assert document["ask"] == form_of(first).wanted(
            first, document["asks"], document["evidence"], names
        )
        order = Order(claims, document["true_claim"], document["asks"], names)
        written = WrittenQuestion.model_validate_json(reply)
        assert planned_problem(written, order, is_judged=False) is None
        assert 0 < len(written.why.split()) <= 25
        if written.can_tell:
            assert_says_no_more(written.question, document["ask"])
        else:
            assert not is_shown and document["true_claim"] is None


@pytest.mark.parametrize("category", Category)
def test_the_open_example_follows_our_own_rules_and_holds(category: Category) -> None:
    for is_shown in (True, False):
        ((document, reply),) = in_example(system_of(Strategy.OPEN, category, is_shown))
        shown = shown_scene(document)
        number = NUM_OPTIONS[category]
        assert (document["category"], document["num_options"]) == (category, number)
        written = open_form(category).model_validate_json(reply)
        assert open_problem(written, category, number, Facts(shown, PROOF), is_judged=False) is None
        columns = open_columns(written, category, Facts(shown, PROOF))
        assert find_problem(columns, Facts(shown, PROOF)) is None  # proved, too
        assert 0 < len(written.why.split()) <= 25
        assert_says_no_more(written.question, "")


def scene_of(document: Mapping[str, Any]) -> Scene:
    """The things and relationships of an example's document."""
    places = {thing["id"]: place for place, thing in enumerate(document["things"])}
    return scene(
        [(thing["name"], thing["box"]) for thing in document["things"]],
        [(places[one], said, places[other]) for one, said, other in document["relationships"]],
    )


def shown_scene(document: Mapping[str, Any]) -> Scene:
    """The scene of an open example's document."""
    shown = scene_of(document)
    told = json.loads(open_document(Category.SIZE, "easy", 3, Facts(shown, PROOF), None))
    # The document is what the code makes of the scene.
    for name in ("picture", "things", "relationships"):
        assert told[name] == document[name]
    return shown


@pytest.mark.parametrize(("strategy", "category", "is_shown"), EVERY)
def test_a_reply_that_cannot_tell_is_shown(
    strategy: Strategy, category: Category, is_shown: bool
) -> None:
    (reply,) = replies_alone(system_of(strategy, category, is_shown))
    form = WrittenQuestion if strategy is Strategy.PLANNED else open_form(category)
    written = form.model_validate_json(reply)
    assert not written.can_tell and written.why and not written.options


def test_relations_are_shown_by_predicate_object_and_subject_and_depth_as_asserted_too() -> None:
    relations = in_example(system_of(Strategy.PLANNED, Category.RELATION))
    assert [document["asks"] for document, _ in relations] == ["predicate", "object", "subject"]
    depths = in_example(system_of(Strategy.PLANNED, Category.DEPTH))
    assert [document["evidence"] for document, _ in depths] == ["unknown", "asserted"]


class Titled(ReplyForm):
    title: str


def told_to(system: str, form: type[ReplyForm]) -> str:
    """What a server without structured replies is told before the scene."""
    request = Request(ChatConfig(model="m"), (Message(Role.SYSTEM, system),), form)
    body = json.loads(request_body(request, Dialect(Form.PROMPT)))
    return str(body["messages"][0]["content"])


@pytest.mark.parametrize("category", Category)
def test_the_schema_of_one_category_is_told_and_no_other(category: Category) -> None:
    told = told_to(system_of(Strategy.OPEN, category), open_form(category))
    schema = json.loads(told.splitlines()[-1])
    assert list(schema["properties"]) == list(OpenQuestion.model_fields)
    option = schema["$defs"]["OpenOption"]["properties"]["claim"]
    terms = FORMS[category].terms
    assert option == {"$ref": f"#/$defs/{terms.__name__}"}
    assert set(schema["$defs"][terms.__name__]["properties"]) == set(terms.model_fields)
    assert sum(name.endswith("Terms") for name in schema["$defs"]) == 1
    assert len(told) < 4 * 2500, "with the example's, a scene brings a few hundred tokens more"


def test_a_schema_is_told_without_titles_but_with_a_field_of_that_name() -> None:
    schema = json.loads(told_to("", Titled).splitlines()[-1])
    assert schema["properties"] == {"title": {"type": "string"}} and "title" not in schema
