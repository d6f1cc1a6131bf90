from pathlib import Path

import pytest

from schemas.config.build import load_config
from schemas.config.names import model_name

BUILD = Path("configs/sample.toml")


@pytest.mark.parametrize("name", ["a", "9", "a.b_c-d", "a" * 64])
def test_name_is_kept(name: str) -> None:
    assert load_config(BUILD, (f"name={name!r}",)).name == name


@pytest.mark.parametrize("name", ["", "A", ".a", "-a", "a b", "a/b", "a\n", "\u00e4", "a" * 65])
def test_wrong_name_is_refused_in_words(name: str) -> None:
    with pytest.raises(ValueError, match="a name has 1 to 64 lower-case letters, digits, dots"):
        load_config(BUILD, (f"name={name!r}",))


@pytest.mark.parametrize(
    ("text", "name"),
    [("Qwen/Qwen3-VL", "Qwen-Qwen3-VL"), ("../a", "a"), ("\u00e4", ""), ("b" * 80, "b" * 64)],
)
def test_model_name_of_a_text(text: str, name: str) -> None:
    assert model_name(text) == name
