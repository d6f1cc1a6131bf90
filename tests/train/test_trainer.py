"""A trainer is a process of its own: how it ended is told, and what it cannot train."""

import json
import logging
import os
import shutil
import signal
import sys
import time
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from evaluation.leakage import LISTED
from schemas.completion.families import FamilyName
from tasks.leakage.leaks import list_of
from tasks.train.stage import is_exported, run_trainer
from tests.builds import save_config
from tests.commands import call, start
from tests.trainings import GRPO, TREE
from training.launch import FAILED


@pytest.fixture(scope="module")
def ready(prefect_server, drawn_dataset, tmp_path_factory) -> tuple[Path, Path]:
    """A root with a dataset, and the configuration of a training on it."""
    root = tmp_path_factory.mktemp("ready")
    shutil.copytree(drawn_dataset.parents[1], root / "datasets")
    return root, save_config(root / "grpo.toml", TREE | GRPO)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["data.dataset=none"], "no dataset none"),
        (["hardware.device_memory_gib=0.001"], "and hardware.device_memory_gib is 0.001"),
    ],
)
def test_what_cannot_be_trained_is_one_line_and_exit_code_2(ready, settings, message):
    root, config = ready
    changes = (f"--set={entry}" for entry in settings)
    refused = call("train", config, "--root", root, *changes)
    assert refused.returncode == 2, refused.stderr
    assert message in refused.stderr.splitlines()[-1]
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""


@pytest.mark.long
def test_a_model_whose_weights_do_not_fit_is_refused(ready, tmp_path):
    from training.tiny import tiny_folder

    root, config = ready
    folder = tiny_folder(tmp_path, FamilyName.QWEN2_5_VL)
    about = json.loads((folder / "config.json").read_bytes())
    about["text_config"]["intermediate_size"] *= 2
    (folder / "config.json").write_text(json.dumps(about))
    refused = call("train", config, "--root", root, "--check", f"--set=model.name={folder}")
    assert refused.returncode == 2
    last = refused.stderr.splitlines()[-1]
    assert last.startswith(f"error: the model {folder} cannot be loaded: its weights have other")


def test_a_dataset_that_shows_a_benchmark_is_refused(ready, tmp_path):
    root, config = ready
    shutil.copytree(root / "datasets", tmp_path / "datasets")
    (dataset,) = (tmp_path / "datasets" / "drawn").iterdir()
    samples = pl.read_parquet(dataset / "data" / "train-00000-of-00001.parquet")
    data = samples["images"][0][0]["bytes"]
    path = list_of("mmvp", tmp_path)
    path.parent.mkdir(parents=True)
    row = ("mmvp", sha256(data).hexdigest(), [], None)
    pl.DataFrame([row], LISTED, orient="row").write_parquet(path)
    refused = call("train", config, "--root", tmp_path)
    assert refused.returncode == 2
    assert "shows 1 pictures of mmvp: build it with select.exclude" in refused.stderr


BAR = "\\r 10%|#         | 30/300 [00:00<?, ?it/s]"
ABORTED = """terminate called after throwing an instance of 'c10::Error'
  what():  CUDA error: an illegal memory access was encountered
Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.

frame #0: c10::Error::Error(c10::SourceLocation, std::string) + 0x98 (0x7f in libc10.so)
frame #12: clone + 0x44 (0x7f in libc.so.6)
"""
KILLED = """Traceback (most recent call last):
  File "launch.py", line 9, in <module>
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
  exitcode  : -9 (pid: 123)
  traceback : Signal 9 (SIGKILL) received by PID 123
============================================================"""
COLOURED = (
    "\\x1b[31mTraceback (most recent call last):\\x1b[0m\\n  File\\n\\x1b[1mValueError\\x1b[0m: nan"
)
MISMATCH = "Error(s) in loading state_dict for Linear:\\n\\tsize mismatch for weight"
WORKER = """Caught ValueError in DataLoader worker process 0.
Original Traceback (most recent call last):
  File "data.py", line 3, in read
ValueError: photograph 3 is cut"""
LAUNCHED = """[rank1]: Traceback (most recent call last):
[rank1]:   File "sft.py", line 3, in <module>
[rank1]:     train()
[rank1]: KeyError: 'pixel_values'
Traceback (most recent call last):
  File "launch.py", line 9, in <module>
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
training.sft FAILED"""


@pytest.mark.parametrize(
    ("script", "kind", "message"),
    [
        ("sys.exit(0)", None, ""),
        ("print('error: bad thing', file=sys.stderr); sys.exit(2)", ValueError, "^bad thing$"),
        ("sys.exit('died')", RuntimeError, "exit code 1: died .all of it: .*trainer.err"),
        ("os.kill(os.getpid(), 9)", RuntimeError,
         "was ended by SIGKILL, which .* where memory runs out; its last line: nothing was said"),
        ("os.kill(os.getpid(), 11)", RuntimeError, "ended by SIGSEGV; its last line: nothing was"),
        ("import atexit; atexit.register(print, 'destroy_process_group() was not called', "
         "file=sys.stderr); assert False, 'no loss'", RuntimeError, "code 1: AssertionError: no l"),
        (f"print({LAUNCHED!r}, file=sys.stderr); sys.exit(1)", RuntimeError,
         "code 1: KeyError: 'pixel_values' .all of it"),
        ("print('error: XDG_RUNTIME_DIR not set', file=sys.stderr); {}['loss']", RuntimeError,
         "code 1: KeyError: 'loss' .all of it"),
        (f"print('{FAILED}no dataset', file=sys.stderr); {{}}['loss']", RuntimeError,
         "code 1: no dataset .all of it"),
        ("import atexit; atexit.register(print, 'group was not destroyed', file=sys.stderr); "
         f"print('{BAR}', end='', file=sys.stderr, flush=True); {{}}['loss']", RuntimeError,
         "code 1: KeyError: 'loss' .all of it"),
        (f"print({ABORTED!r}, file=sys.stderr, flush=True); os.abort()", RuntimeError,
         "SIGABRT; its last line: CUDA error: an illegal memory access was encountered .all"),
        ("import faulthandler; faulthandler.enable(); os.kill(os.getpid(), 11)", RuntimeError,
         "SIGSEGV; its last line: Fatal Python error: Segmentation fault .all"),
        (f"print({KILLED!r}, file=sys.stderr); sys.exit(1)", RuntimeError,
         "code 1: Signal 9 .SIGKILL. received by PID 123 .all"),
        (f"print('{COLOURED}', file=sys.stderr); sys.exit(1)", RuntimeError,
         "code 1: ValueError: nan .all"),
        (f"raise RuntimeError('{MISMATCH}')", RuntimeError,
         "code 1: RuntimeError: Error.s. in loading .* Linear: size mismatch for weight .all"),
        (f"raise RuntimeError({WORKER!r})", RuntimeError,
         "code 1: ValueError: photograph 3 is cut .all"),
        ("raise ExceptionGroup('two failed', [ValueError('row 3'), KeyError('loss')])",
         RuntimeError, "code 1: ExceptionGroup: two failed .2 sub-exceptions. .all"),
        ("\nclass Handle:\n def __del__(self): raise OSError('closed')\n"
         "handle = Handle()\nassert False, 'no loss'", RuntimeError,
         "code 1: AssertionError: no loss .all"),
        ("raise ImportError('\\nNo torch')", RuntimeError, "code 1: ImportError: No torch .all"),
    ],
)  # fmt: skip
def test_how_a_trainer_ended_is_told(script, kind, message, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    command = [sys.executable, "-c", f"import os, sys; print('said', flush=True); {script}"]
    if kind is None:
        run_trainer(command, tmp_path)
    else:
        with pytest.raises(kind, match=message):
            run_trainer(command, tmp_path)
    assert "said" in caplog.messages


def test_a_key_that_a_trainer_s_libraries_repeat_is_not_told(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c")
    script = "import os; raise ValueError('no account of ' + os.environ['WANDB_API_KEY'] + ' here')"
    with pytest.raises(RuntimeError, match=r"ValueError: no account of \[key\] here \(all of it"):
        run_trainer([sys.executable, "-c", script], tmp_path)


def test_an_error_of_an_earlier_run_is_not_told_again(tmp_path):
    for script, told in (("sys.exit('error: old')", "old"), ("sys.exit('new')", "new")):
        with pytest.raises(RuntimeError, match=f"exit code 1: {told} "):
            run_trainer([sys.executable, "-c", f"import sys; {script}"], tmp_path)
    assert (tmp_path / "trainer.err").read_text() == "error: old\nnew\n"


def test_a_log_that_is_emptied_meanwhile_tells_why_a_trainer_failed(tmp_path):
    (tmp_path / "trainer.err").write_text("error: old\n" * 100)
    script = "import os, sys; os.truncate(sys.argv[1], 0); sys.exit('new')"
    with pytest.raises(RuntimeError, match="exit code 1: new "):
        run_trainer([sys.executable, "-c", script, str(tmp_path / "trainer.err")], tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file or directory"),
        ('{"base": "ti', "Unterminated string"),
        ("[]", "it names no training"),
        ('{"name": 3}', "it names no training"),
        ("[" * 9999, "recursion"),
    ],
)
def test_a_model_that_does_not_say_how_it_was_trained_is_exported_again(text, reason, tmp_path):
    run, folder = tmp_path / "runs" / "tried" / "ab", tmp_path / "models" / "tried" / "ab"
    folder.mkdir(parents=True)
    if text is not None:
        (folder / "training.json").write_text(text)
    with pytest.raises(ValueError, match=f"training.json cannot be read .*{reason}.*: put it back"):
        is_exported(folder, run, tmp_path)
    (run / "final").mkdir(parents=True)
    assert not is_exported(folder, run, tmp_path)
    assert not folder.exists() and (tmp_path / "damaged" / "ab").is_dir()
    folder.mkdir()
    (folder / "training.json").write_text('{"name": "tried"}')
    assert is_exported(folder, run, tmp_path)


@pytest.mark.long
def test_of_two_trainings_of_one_model_the_second_waits_and_takes_it(ready):
    root, config = ready
    words = ("train", config, "--root", root, "--set=name=twice", "--set=grpo.num_rollouts=1")
    both = [start(*words), start(*words)]
    told = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    (model,) = {output for output, _ in told}
    waits = f"{Path(model.strip())} is being made by another command: waiting for it"
    assert sum(waits in errors for _, errors in told) == 1
    assert len(list((root / "runs" / "twice").iterdir())) == 1


@pytest.mark.long
def test_the_flight_check_alone_trains_nothing(ready):
    root, config = ready
    before = sorted(path for path in root.rglob("*") if "artifacts" not in path.parts)
    done = call("train", config, "--root", root, "--check")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert "flight check: spread is left out" in lines
    assert any(line.startswith("flight check: sight: log-probabilities change") for line in lines)
    assert lines[-1] == "flight check: nothing is wrong"
    failed = call("train", config, "--root", root, "--check", "--set", "check.skip=[]")
    assert failed.returncode == 2
    assert failed.stderr.splitlines()[-1].startswith("error: spread: completions of each of")
    assert "Traceback" not in failed.stderr
    after = sorted(path for path in root.rglob("*") if "artifacts" not in path.parts)
    assert after == before


@pytest.mark.long
def test_a_flight_check_that_is_stopped_leaves_no_folder(ready, tmp_path):
    root, config = ready
    with start("train", config, "--root", root, "--check", TMPDIR=str(tmp_path)) as process:
        while process.poll() is None and not list(tmp_path.glob("spatialthinker-check-*")):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("spatialthinker-check-*"))
