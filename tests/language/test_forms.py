"""Every category has one form, one proposer and one prompt, which fit its claim."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from schemas.claim import Category, Claim
from schemas.config.models import Strategy
from tasks.extract.proposers import PROPOSERS
from tasks.language.forms.table import FORMS
from tasks.write.prompt import system_of

ROOT = Path(__file__).parents[2]


def test_the_tables_list_every_category_in_its_order():
    assert list(FORMS) == list(Category)
    assert [proposer.category for proposer in PROPOSERS] == list(Category)
    assert [form.claim for form in FORMS.values()] == list(get_args(Claim))


@pytest.mark.parametrize("category", Category)
def test_a_model_writes_the_fields_of_a_claim(category):
    form = FORMS[category]
    assert form.claim.__struct_config__.tag == category == form.category
    fields = [field.name for field in msgspec.structs.fields(form.claim)]
    # A model claims what holds; only plans ask for yes or no.
    assert list(form.terms.model_fields) == [name for name in fields if name != "holds"]


@pytest.mark.parametrize("category", Category)
def test_every_part_that_is_asked_for_reads_as_an_option(category):
    form = FORMS[category]
    assert form.asks_for_object <= set(form.asks)
    assert form.text or form.asks_for_object == set(form.asks)


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("strategy", Strategy)
def test_every_category_has_a_prompt(category, strategy):
    assert f"\nCategory {category}: " in system_of(strategy, category)


def test_the_page_on_adding_a_category_names_files_that_exist():
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    section = page.split("\n## A category")[1].split("\n## ")[0]
    named = re.findall(r"`((?:schemas|tasks|tests)/[\w/.]+)`", section)
    assert len(named) > 8
    assert [name for name in named if not (ROOT / name).exists()] == []
