"""Form: the English of one category of claims: what it asks, how options are worded, and how the
words of a question and of its options are read back.

tasks/language/forms/ has one module per category, which its table lists; relation and reach share
the sentences of whether.py. No other module of the stages compares categories or types of claims to
find words.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeAlias, TypeVar

from schemas.chat import ReplyForm
from schemas.claim import Category, Claim, category_of, objects_of
from schemas.reference import Telling
from tasks.language.grammar import BLANK, START, Grammar
from tasks.language.wording import in_same_picture
from tasks.language.words.options import read_name, repeats_some
from tasks.language.words.phrases import Reading, Words
from tasks.language.words.sentences import Sentences

Names: TypeAlias = Mapping[int, str]
"""Names of objects, by id."""
C = TypeVar("C", bound=Claim)


PLACE = frozenset({Telling.SIDE, Telling.HEIGHT})
"""What the words for a thing say of where it is in the picture."""


def _nobody(claim: Claim, names: Names) -> tuple[str | None, str | None]:
    return None, None


def _name_alone(words: Words, claim: Claim, asks: str) -> Reading:
    return read_name(words)


def _repeats(
    question: str, options: Sequence[str], claims: Sequence[Claim], asks: str, names: Names
) -> bool:
    return repeats_some(question, options)


def _with_article(name: str) -> str:
    return f"the {name}"


NAMED = (str, _with_article)
"""Ways to write an option that is a name."""


def _never(claim: Claim) -> bool:
    return False


def _never_both(one: Claim, other: Claim) -> bool:
    return False


def _nothing(claim: Claim) -> None:
    return None


def _no_hint(claim: Claim) -> str:
    return ""


def topic_on_objects(claim: Claim, about: str | None = None) -> str:
    """The objects that a claim names, and its subject: `about`, or else its category."""
    return " ".join((about or category_of(claim).value, *map(str, sorted(objects_of(claim)))))


def _no_relationships(claim: Claim) -> Iterable[tuple[int, str, int]]:
    return ()


@dataclass(frozen=True)
class Form(Generic[C]):
    """Functions take a claim of the category; `asks` is one of the form's `asks`, `names` are those
    of the objects that the claim names."""

    category: Category
    claim: type[C]
    terms: type[ReplyForm]
    """How a model writes a claim: the fields of `claim` without its category, with published ids of
    objects."""
    asks: Sequence[str]
    """Parts of a claim that a question may ask for. Where a question may ask for several, they are
    tried in this order."""
    parts: Callable[[C, str], tuple[Hashable, Hashable]]
    """What a question asks about, which all its options share, and the asked part, in which they
    differ."""

    grammar: Callable[[C, str, str, Sequence[str], Names], Grammar]
    """How the template writer asks, from the claim of any option, asks, evidence, options and
    names; the same whichever of the options is right."""
    means: Callable[[C, Names], str]
    """What a claim says, in plain words."""
    wanted: Callable[[C, str, str, Names], str]
    """What a question asks, in plain words, from claim, asks, evidence and names."""
    context: Callable[[C, str, Names], Sequence[str]]
    """What a question says besides its options: the same number of entries for every question."""

    sentences: Callable[[C, str], Sentences]
    """The questions that are read for a claim and what they ask for."""
    read_question: Callable[[Words, C, str, Sequence[Words]], Reading]
    """What a question says, compared with the claim of an option, given the words of all
    options."""
    read_option: Callable[[Words, C, str], Reading] = _name_alone
    gives_away: Callable[[str, Sequence[str], Sequence[C], str, Names], bool] = _repeats
    """Whether a question names what some of its options say and others do not; not called where
    options name objects."""

    hides: frozenset[Telling] = frozenset()
    """What the words for a thing must not say, because it is near to what questions ask for."""
    evens: frozenset[Telling] = frozenset()
    """What the words for a thing may say only if those for all others say it, too."""
    asks_for_object: frozenset[str] = frozenset()
    """The `asks` whose options are names of objects, one each."""
    asks_yes_or_no: frozenset[str] = frozenset()
    """The `asks` that have two options in all, of which one is always right: yes and no."""
    text: Callable[[C, str, Names], str] | None = None
    """How the asked part reads as an option, where options do not name objects."""
    manners: Sequence[Callable[[str], str]] = (str,)
    """Ways to write an option that is no name; all options of a question are written in one of
    them, and in the first one where they fill a gap."""
    distinct_text: Callable[[C, str, Names], str] | None = None
    """The same without words that all options share, where there are such words."""
    ends: Callable[[C, Names], tuple[str | None, str | None]] = _nobody
    """Names of the subject (target, or class that exists) and of the object (reference, or other
    class) of a claim, so that readers know which thing is placed relative to which."""
    topic: Callable[[C], str] = topic_on_objects
    """What near-duplicate questions of one image share, whoever writes them: the things or classes
    that a claim is about, whatever is said or asked about them."""
    hint: Callable[[C], str] = _no_hint
    """Added to the message to a model whose words say something else than the claim."""
    is_of_plane: Callable[[C], bool] = _never
    """Whether a claim is a fact of the picture plane that words might present as one of space."""

    flaw: Callable[[C], str | None] = _nothing
    """Why the parts of a claim that a model wrote do not fit together, or None."""
    absurd_number: Callable[[C], str | None] = _nothing
    """What is wrong with the number that a claim states, or None."""
    are_opposite: Callable[[C, C], bool] = _never_both
    """Whether two claims are hardly ever both refuted."""
    may_both_hold: Callable[[C, C], bool] = _never_both
    """Whether two claims of different options may hold together."""
    relationships: Callable[[C], Iterable[tuple[int, str, int]]] = _no_relationships
    """The claim as relationships (subject, predicate, object), where it is one."""
    asks_by_evidence: bool = False
    """Whether the words of a question depend on the evidence for its answer."""
    has_contact: bool = False
    """Whether the category's predicates are those of bodily contact, which no other category
    uses."""

    @property
    def has_opposites(self) -> bool:
        """Whether some of its claims are opposite."""
        return self.are_opposite is not _never_both

    def check_asks(self, asks: str) -> None:
        """ValueError where a claim has no such part."""
        if asks not in self.asks:
            raise ValueError(f"{asks!r} is no part of a claim on {self.claim.__name__}")

    def option(self, claim: C, asks: str, names: Names) -> str:
        """How the asked part of a claim reads as an option."""
        self.check_asks(asks)
        if self.text and asks not in self.asks_for_object:
            return self.text(claim, asks, names)
        _, key = self.parts(claim, asks)
        return names[key]  # type: ignore[index]

    def worded(
        self, claims: Sequence[C], asks: str, evidence: str, names: Names, rng: Random
    ) -> tuple[str, list[str]]:
        """A question and its options, one for each claim, in words drawn by `rng`. The words
        depend on which claims are offered, not on their order, nor on which of them is right."""
        options = [self.option(claim, asks, names) for claim in claims]
        grammar = self.grammar(claims[0], asks, evidence, sorted(options), names)
        lines = [START, *map(in_same_picture, options)]
        question, *options = grammar.draw(rng, "\n".join(lines)).split("\n")
        manners = self.manners_of(asks, question)
        manner = manners[rng.randrange(len(manners))]
        return question, [manner(option) for option in options]

    def manners_of(self, asks: str, question: str) -> Sequence[Callable[[str], str]]:
        """How the options of a question may be written."""
        manners = NAMED if asks in self.asks_for_object else self.manners
        return manners[:1] if BLANK in question else manners

    def distinct_option(self, claim: C, asks: str, names: Names) -> str:
        """The option without the words that all options share."""
        if self.distinct_text and asks not in self.asks_for_object:
            return self.distinct_text(claim, asks, names)
        return self.option(claim, asks, names)

    def named_objects(self, claims: Sequence[C], asks: str) -> Sequence[int | None]:
        """The object that each option is the name of; None where options are no names."""
        if asks not in self.asks_for_object:
            return [None] * len(claims)
        return [self.parts(claim, asks)[1] for claim in claims]  # type: ignore[misc]

    def words(self, text: str, claim: C, names: Names) -> Words:
        """A text, prepared for comparison with a claim."""
        return Words(text, {names[key] for key in objects_of(claim)}, self.ends(claim, names))


AnyForm: TypeAlias = Form[Any]
