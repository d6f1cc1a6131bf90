"""The table of forms: one per category, in the order of `Category`."""

from collections.abc import Mapping

from schemas.claim import Category, Claim, category_of
from tasks.language.form import AnyForm
from tasks.language.forms import (
    count,
    depth,
    distance,
    existence,
    instance_location,
    orientation,
    reach,
    relation,
    size,
)

FORMS: Mapping[Category, AnyForm] = {
    form.category: form
    for form in (
        relation.FORM,
        reach.FORM,
        size.FORM,
        orientation.FORM,
        instance_location.FORM,
        depth.FORM,
        distance.FORM,
        count.FORM,
        existence.FORM,
    )
}


def form_of(claim: Claim) -> AnyForm:
    return FORMS[category_of(claim)]
