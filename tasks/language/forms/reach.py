"""Reach: who holds, carries, rides or otherwise touches what."""

from schemas.claim import Category, ReachClaim
from tasks.language.form import Form
from tasks.language.forms import relation

FORM = Form(
    category=Category.REACH,
    claim=ReachClaim,
    terms=relation.RelationTerms,
    asks=("object", "subject", "predicate", "holds"),
    asks_yes_or_no=frozenset({"holds"}),
    asks_for_object=frozenset({"object", "subject"}),
    parts=relation.parts,
    ends=relation.ends,
    # Only a model asks what somebody does with a thing.
    grammar=relation.grammar_on_end,
    text=relation.text,
    distinct_text=relation.distinct_text,
    means=relation.means,
    wanted=relation.wanted,
    context=relation.context,
    sentences=relation.sentences,
    read_question=relation.read_question,
    read_option=relation.read_option,
    gives_away=relation.gives_away,
    flaw=relation.flaw,
    may_both_hold=relation.may_both_hold,
    relationships=relation.relationships,
    has_contact=True,
)
