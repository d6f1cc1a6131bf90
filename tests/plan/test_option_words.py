import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tasks.plan.leaning import features_of
from tasks.plan.option_words import option_words, rows_of, with_vocabulary

TEXTS = pl.List(pl.String)
QUESTIONS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["dog", "cat", "on", "é"]), min_size=2, max_size=4),
        st.lists(st.sampled_from(["", "dog", "street"]), max_size=3),
    ),
    min_size=1,
    max_size=12,
)


def table(questions):
    schema = {"offered": TEXTS, "context": TEXTS}
    return pl.DataFrame(questions, schema=schema, orient="row")


def told(offered, context, most):
    """What each column says, as text."""
    said = [*context, *[""] * (most - len(context))]
    for place, option in enumerate(offered):
        yield (option,)
        yield from (("said", text, option) for text in said)
        yield from (("beside", other, option) for at, other in enumerate(offered) if at != place)
    yield from (("whole", tuple(context), option) for option in offered)


@given(QUESTIONS)
def test_features_are_equal_exactly_where_what_they_say_is(questions):
    most = max(len(context) for _, context in questions)
    pairs = set()
    for words in option_words(table(questions)):
        for row, numbers in zip(words.rows, words.features_in_context(slice(None)), strict=True):
            texts = list(told(*questions[row], most))
            pairs |= set(zip(texts, numbers.tolist(), strict=True))
    assert len(pairs) == len({text for text, _ in pairs}) == len({number for _, number in pairs})


@given(QUESTIONS, st.integers(1, 5))
def test_features_do_not_depend_on_how_many_are_made_at_a_time(questions, at_once):
    rows = table(questions)
    batched = zip(features_of(rows), features_of(rows, at_once), strict=True)
    assert all((one == other).all() for one, other in batched)


def test_a_right_option_counts_what_the_others_lack():
    (words,) = option_words(table([(["dog", "cat"], ["on"])]))
    assert words.counts.tolist() == [0.5, 0.5, 0.5, -0.5, -0.5, -0.5]
    assert words.counts_in_context.tolist() == [*words.counts, 0.5, -0.5]
    assert words.features(slice(None)).shape == (1, 6)


def test_texts_are_kept_once_and_in_order():
    rows = with_vocabulary(table([(["dog", "cat"], ["on"]), (["on", "dog"], [])]))
    assert rows["offered"].dtype.inner.categories.to_list() == ["", "cat", "dog", "on"]
    assert with_vocabulary(rows) is rows
    assert rows.with_columns(pl.all().cast(TEXTS)).equals(
        table([(["dog", "cat"], ["on"]), (["on", "dog"], [])])
    )


@given(QUESTIONS, st.integers(0, 12))
def test_shards_have_one_vocabulary(questions, cut):
    shards = table(questions[:cut]), table(questions[cut:])
    apart = rows_of([shard.lazy() for shard in shards])
    whole = with_vocabulary(pl.concat(shards))
    assert apart.schema == whole.schema
    assert apart.equals(whole)
