"""Configuration files: those we ship, and overrides."""

import re
from pathlib import Path

import pytest

from schemas.config.build import load_config
from schemas.config.chat import ChatConfig, PriceConfig
from schemas.config.loading import validated

CONFIGS = sorted((Path(__file__).parents[3] / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configurations_are_valid_and_named_after_their_file(path):
    assert load_config(path).name == path.stem


@pytest.mark.parametrize(
    ("setting", "section", "field", "found"),
    [
        ("source.photographs=pictures.zip", "source", "photographs", ("pictures.zip",)),
        ('source.photographs=["a", "b"]', "source", "photographs", ("a", "b")),
        ("select.exclude=lists/*.parquet", "select", "exclude", ("lists/*.parquet",)),
        ("proof.complete_classes=dog", "proof", "complete_classes", ("dog",)),
    ],
)
def test_the_only_text_of_a_list_needs_no_brackets(setting, section, field, found):
    config = load_config(CONFIGS[0].with_name("sample.toml"), (setting,))
    assert getattr(getattr(config, section), field) == found


def test_overrides_reach_nested_keys_and_keep_their_types():
    config = load_config(
        CONFIGS[0],
        (
            "quota.num_samples=5",
            "source.kind=gqa",
            "source.path=../a b/*.json",
            'source.photographs=["x", "y"]',
            "proof.size_ratio = 2.5",
        ),
    )
    assert config.quota.num_samples == 5
    assert config.source.path == "../a b/*.json"
    assert config.source.photographs == ("x", "y")
    assert config.proof.size_ratio == 2.5


@pytest.mark.parametrize(
    ("text", "overrides", "told"),
    [
        ("seed = 1", ("seed=many",), "--set: seed: "),
        ("seed = 1", ("seed=2", "quota.size=3"), "--set: unknown key quota.size: "),
        ("seed = true", (), "FILE: seed: "),
        ("seed = true", ("quota.num_samples=5",), "FILE: seed: "),
        ("seed = true", ("seed=3",), None),
    ],
)
def test_what_is_wrong_is_named_the_file_or_the_overrides(tmp_path, text, overrides, told):
    path = tmp_path / "a.toml"
    path.write_text(text + "\n" + CONFIGS[0].read_text().replace("\nseed", "\n# seed"))
    if told is None:
        assert load_config(path, overrides).seed == 3
        return
    with pytest.raises(ValueError, match=re.escape(told.replace("FILE", str(path)))) as refused:
        load_config(path, overrides)
    assert str(refused.value).startswith(told.replace("FILE", str(path)))


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("select.budget", "exclude, val_share; it belongs to the top, before the first [table]"),
        ("num_samples", "; it belongs to [quota]"),
        ("judge.rule_name", "max_image_side, rule"),
        ("quota.blind", "; it belongs to [judge]"),
        ("write.min_quota_share", "; it belongs to [gates]"),
        ("select.temperature", "; it belongs to [judge.chat] or [write.chat]"),
        ("select.kind", "accepted here are exclude, val_share"),
        ("source.quota", "; it belongs to the table [quota]"),
        ("quota.render", "; it belongs to the table [source.render]"),
    ],
)
def test_of_a_key_in_a_wrong_section_it_is_said_where_it_belongs(key, told):
    with pytest.raises(ValueError, match=f"unknown key {re.escape(key)}: ") as refused:
        load_config(CONFIGS[0], (f"{key}=1",))
    assert str(refused.value).endswith(told)


@pytest.mark.parametrize("name", ["api_key", "api-key", "OPENAI_API_KEY", "auth_token", "password"])
def test_a_key_in_a_configuration_is_refused_and_not_shown(name):
    with pytest.raises(ValueError, match=rf"unknown key write\.chat\.{name}: ") as refused:
        load_config(CONFIGS[0], (f"write.chat.{name}=sk-proj-0123456789abcdef",))
    told = "; keys are read from the environment: api_key_env names the variable"
    assert str(refused.value).endswith(told)
    assert "0123" not in str(refused.value)


def test_where_and_how_fast_stay_out_of_what_is_digested():
    first = load_config(CONFIGS[0], ("runner.max_workers=1", "source.path=/a"))
    second = load_config(CONFIGS[0], ("runner.max_workers=9", "source.path=/b"))
    assert first.model_dump(mode="json") == second.model_dump(mode="json")


@pytest.mark.parametrize(
    ("class_name", "may_be_absent"),
    [
        ("cat", True),
        ("laptop", False),  # rows drop what was called a computer
        ("surfboard", False),  # "surf board"
        ("printer", False),  # none of the 150 names
    ],
)
def test_vg150_shows_no_absence_of_what_a_dropped_name_may_mean(class_name, may_be_absent):
    config = load_config(next(path for path in CONFIGS if path.stem == "stvqa-7k"))
    assert (class_name in config.proof_of_source.absent_classes) == may_be_absent


@pytest.mark.parametrize("name", ["input", "output", "cached"])
def test_a_price_per_token_is_refused(name):
    PriceConfig(**{"input": 0.0, "output": 0.001, name: 0.0})
    with pytest.raises(ValueError, match=r"per million tokens, and 0\.0006 is that of one token"):
        PriceConfig(**{"input": 1.0, "output": 1.0, name: 600e-6})


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [
        ("http://[::1]:8000/v1", True),
        ("http://localhost:8000/v1/", True),
        ("https://b\u00fccher.example/v1", True),
        ("http://user:secret@127.0.0.1/v1", False),
        ("http://user%3Asecret%40127.0.0.1/v1", False),
        ("http://127.0.0.1/v1?key=secret", False),
        ("http://127.0.0.1/v1#secret", False),
        ("http://127.0.0.1\\secret/v1", False),
        ("http://[::1/v1", False),
        ("http://127.0.0.1:secret/v1", False),
        ("http://127.0.0.1:99999/v1", False),
        ("http://a..b/v1", False),
        ("http://" + 64 * "a" + "/v1", False),
        ("http:///v1", False),
        ("ftp://127.0.0.1/v1", False),
        ("127.0.0.1:8000/v1", False),
    ],
)
def test_an_address_is_refused_without_being_repeated(address, is_taken):
    tree = {"model": "m", "base_url": address}
    if is_taken:
        assert validated(ChatConfig, tree, "c.toml").base_url == address
        return
    with pytest.raises(ValueError, match=r"^c\.toml: base_url: write it as") as refused:
        validated(ChatConfig, tree, "c.toml")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["https://api.anthropic.com/v1", "https://API.Anthropic.com/v1"]
)
def test_a_provider_without_openai_s_batches_is_asked_for_none(address):
    tree = {"model": "m", "base_url": address}
    validated(ChatConfig, tree, "c.toml")
    with pytest.raises(ValueError, match="has no Batch API in OpenAI's form: leave"):
        validated(ChatConfig, {**tree, "batch": True}, "c.toml")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("quota.num_samples=99999999999999999999", "quota.num_samples is a whole number of more"),
        ("quota.num_samples=9223372036854775807", "quota.num_samples: Input should be less than"),
        ("quota.max_per_image=9223372036854775807", "quota.max_per_image: Input should be less"),
        ("seed=18446744073709551616", "seed is a whole number of more than 64 bits"),
        ("source.photographs=[1, -9223372036854775809]", "source.photographs.1 is a whole number"),
    ],
)
def test_numbers_that_no_table_holds_are_refused(setting, told):
    with pytest.raises(ValueError, match=f"--set: {re.escape(told)}"):
        load_config(CONFIGS[0].parent / "sample.toml", (setting,))
