"""The command `difficulty` against a server on loopback: pass rates, nothing paid twice."""

import base64
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.config.training import TrainConfig
from schemas.dataset_folder import split_files
from schemas.difficulty import DIFFICULTY, difficulty_file, read_difficulty
from tasks.evaluate.difficulty import told_of
from tasks.train.stage import check_readiness
from tests.builds import save_config
from tests.commands import call
from tests.servers.endpoint import serve
from tests.servers.faults import Faults

DRAWS = 4
KEYED = 'models=[{name="eyes",chat={model="x",api_key_env="NO"}}]'
Key = tuple[str, str]


class Eyes:
    """A model that is right in the first `rights[question]` of its replies to a question; else it
    names another option, or nothing."""

    def __init__(self, dataset: Path) -> None:
        rows = pl.read_parquet(split_files(dataset, "train"))
        self.rows = {
            _key(row["images"][0]["bytes"], row["question_with_options"]): row
            for row in rows.iter_rows(named=True)
        }
        names = sorted(rows["question_id"])
        self.rights = {name: place % (DRAWS + 1) for place, name in enumerate(names)}
        self.asked: Counter[Key] = Counter()

    def __call__(self, body: dict[str, Any]) -> str:
        picture, words = body["messages"][-1]["content"]
        data = base64.b64decode(picture["image_url"]["url"].partition("base64,")[2])
        question = words["text"].split("\n\n", 1)[1]
        row = self.rows[_key(data, question)]
        key = _key(data, question)
        self.asked[key] += 1
        assert body["temperature"] == 1.0
        if self.asked[key] <= self.rights[row["question_id"]]:
            return f"<think>So.</think><answer>{row['answer_option_text_only']}</answer>"
        wrong = "B" if row["answer_only"] == "A" else "A"
        return f"<answer>{wrong}</answer>" if self.asked[key] % 2 else "I cannot say."


def _key(data: bytes, question: str) -> Key:
    return sha256(data).hexdigest(), question


@pytest.fixture
def root(drawn_dataset, tmp_path) -> Path:
    (tmp_path / "datasets").symlink_to(drawn_dataset.parents[1])
    return tmp_path


def config_of(root: Path, url: str, max_attempts: int = 8, **changes: Any) -> Path:
    chat = {"model": "eyes-1", "base_url": url, "api_key_env": "", "temperature": 0.0}
    chat["max_attempts"] = max_attempts
    eyes = {"name": "eyes", "template": "reasoning", "frame": "paper_compatible", "chat": chat}
    chat["price"] = {"input": 1.0, "output": 2.0}
    tree = {
        "name": "looked",
        "seed": 3,
        "models": [eyes, {"name": "here", "local": {"model": "tiny"}}],
        "benchmarks": [{"name": "mmvp", "path": "miniature"}],
    }
    return save_config(root / "looked.toml", tree | changes)


def measure(root: Path, config: Path, *words: str) -> Any:
    return call("difficulty", "drawn", "--config", config, "--root", root, *words)


def test_pass_rates_are_written_once_paid(root, drawn_dataset):
    eyes = Eyes(drawn_dataset)
    with serve(eyes) as endpoint:
        config = config_of(root, endpoint.url)
        planned = measure(root, config, "--model", "eyes", "--draws", "4", "--plan")
        assert f"{4 * len(eyes.rights)} draws to ask, " in planned.stdout
        assert "for about $" in planned.stdout and not endpoint.requests
        done = measure(root, config, "--model", "eyes", "--draws", str(DRAWS))
        assert done.returncode == 0, done.stderr
        path = difficulty_file(drawn_dataset, "eyes", root)
        assert done.stdout.splitlines()[-1] == str(path)
        rates = read_difficulty(path)
        assert len(endpoint.requests) == DRAWS * rates.height == DRAWS * len(eyes.rights)
        found = dict(rates.select("question_id", "num_right").iter_rows())
        assert found == eyes.rights
        assert rates["pass_rate"].to_list() == [right / DRAWS for right in found.values()]
        categories = {row["question_id"]: row["category"] for row in eyes.rows.values()}
        assert dict(rates.select("question_id", "category").iter_rows()) == categories
        for name, value in {
            "model": "eyes", "draws": DRAWS, "dataset": f"drawn/{drawn_dataset.name}"
        }.items():  # fmt: skip
            assert rates[name].unique().to_list() == [value]
        written = path.read_bytes()
        path.unlink()
        assert measure(root, config, "--model", "eyes", "--draws", "4").returncode == 0
        assert path.read_bytes() == written
        assert len(endpoint.requests) == 4 * rates.height
        planned = measure(root, config, "--model", "eyes", "--draws", "6", "--plan")
        assert f"{2 * rates.height} draws to ask, " in planned.stdout
        assert len(endpoint.requests) == 4 * rates.height
        # More draws ask for those that are new.
        assert measure(root, config, "--model", "eyes", "--draws", "6").returncode == 0
        assert len(endpoint.requests) == 6 * rates.height
    more = read_difficulty(path)
    assert more["draws"].unique().to_list() == [6]
    assert more["asked"].unique().to_list() == rates["asked"].unique().to_list()


def test_a_run_that_was_cut_short_asks_only_for_the_rest(root, drawn_dataset):
    eyes = Eyes(drawn_dataset)
    whole = DRAWS * len(eyes.rights)
    with serve(eyes, quota=whole - 30) as endpoint:
        config = config_of(root, endpoint.url)
        ended = measure(root, config, "--model", "eyes", "--draws", str(DRAWS))
        assert ended.returncode == 2
        assert "wants to be paid first" in ended.stderr.splitlines()[-1]
        assert not difficulty_file(drawn_dataset, "eyes", root).exists()
        endpoint.quota, before = None, endpoint.num_replies
        assert measure(root, config, "--model", "eyes", "--draws", "4").returncode == 0
        assert endpoint.num_replies - before == 30
    found = read_difficulty(difficulty_file(drawn_dataset, "eyes", root))
    assert dict(found.select("question_id", "num_right").iter_rows()) == eyes.rights


def test_draws_without_a_reply_are_counted_and_asked_again(root, drawn_dataset):
    eyes = Eyes(drawn_dataset)
    with serve(eyes, faults=Faults(rates={"500": 0.2})) as endpoint:
        config = config_of(root, endpoint.url, max_attempts=1)
        ended = measure(root, config, "--model", "eyes", "--draws", str(DRAWS))
        missing = DRAWS * len(eyes.rights) - endpoint.num_replies
        assert missing > 5
        assert ended.returncode == 1
        told = f"eyes gave no reply to {missing} of {DRAWS * len(eyes.rights)} draws ("
        assert told in ended.stderr.splitlines()[-1]
        assert not difficulty_file(drawn_dataset, "eyes", root).exists()
        endpoint.faults = Faults()
        assert measure(root, config, "--model", "eyes", "--draws", "4").returncode == 0
        assert endpoint.num_replies == DRAWS * len(eyes.rights)


def test_the_budget_ends_it(root, drawn_dataset):
    eyes = Eyes(drawn_dataset)
    with serve(eyes) as endpoint:
        config = config_of(root, endpoint.url, budget=0.005)
        ended = measure(root, config, "--model", "eyes", "--draws", str(DRAWS))
        assert ended.returncode != 0
        assert "budget" in ended.stderr.splitlines()[-1]
        few = endpoint.num_replies
        assert few < DRAWS * len(eyes.rights)
        config = config_of(root, endpoint.url, budget=5.0)
        assert measure(root, config, "--model", "eyes", "--draws", "4").returncode == 0
        assert endpoint.num_replies == DRAWS * len(eyes.rights)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--model", "nose"), "looked has no model nose: it has eyes, here; name another with"),
        (("--model", "here"), "here has no section chat: difficulty asks models behind endpoints"),
        (
            ("--model", "eyes", "--temperature", "0"),
            "at temperature 0, 8 draws of eyes are one: give --temperature 1, or --draws 1",
        ),
        (
            ("--model", "eyes", "--set", KEYED),
            "no key for x: set the environment variable NO",
        ),
        (("--model", "eyes", "--config", "nowhere.toml"), "nowhere.toml"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_one_line_and_exit_code_2(root, words, told):
    refused = measure(root, config_of(root, "http://127.0.0.1:9/v1"), *words)
    assert refused.returncode == 2, refused.stderr
    assert told in refused.stderr.strip().splitlines()[-1]
    assert "Traceback" not in refused.stderr


def test_a_training_without_its_pass_rates_is_refused_before_it_starts(root, drawn_dataset):
    data = {"dataset": "drawn", "keep": "0 < pass < 1"}
    config = TrainConfig.model_validate(
        {
            "name": "tried", "method": "sft", "seed": 3, "model": {"name": "tiny"}, "data": data,
            "sft": {},
        }
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"no pass rates on drawn/\w+ in .*: run spatialthinker"):
        check_readiness(config, root)
    path = difficulty_file(drawn_dataset, "eyes", root)
    path.parent.mkdir(parents=True)
    pl.DataFrame(schema=DIFFICULTY).write_parquet(path)
    assert check_readiness(config, root) == root / "datasets" / "drawn" / drawn_dataset.name


def test_what_is_told_by_category():
    rates = pl.DataFrame(
        {"category": ["size", "depth", "size", "size"], "pass_rate": [0.0, 0.5, 1.0, 1.0]}
    )
    assert told_of(rates) == [
        ("depth", 1, 0.5, 0, 0),
        ("size", 3, pytest.approx(2 / 3), 1, 2),
        ("all", 4, 0.625, 1, 2),
    ]
