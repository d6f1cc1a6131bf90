"""A file system without locks, as some of clusters are, does without them: what one user does
alone works there."""

import platform
import subprocess
import sys

import pytest

FLOCK = {"x86_64": 73, "aarch64": 32}
"""The number of the system call."""
CHILD = """
import ctypes, struct, sys
from contextlib import ExitStack
from pathlib import Path
from tasks import fetched, root_transfer
from tasks.addresses import STORE
from tasks.artifact import Artifact
from tasks.download.folder import sole_writer
from tasks.review.book import open_book
from tasks.turns import clearing_root, sole_maker, using_root
from schemas.dataset_tags import _alone
from training.launch import _lock

# A filter of system calls, which this process cannot take off again: flock ends in ENOLCK.
rules = [(0x20, 0, 0, 0), (0x15, 0, 1, int(sys.argv[1])), (6, 0, 0, 0x50000 | 37),
         (6, 0, 0, 0x7FFF0000)]
filtered = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
program = ctypes.create_string_buffer(struct.pack("HP", len(rules), ctypes.addressof(filtered)))
prctl = ctypes.CDLL(None).prctl
if prctl(38, 1, 0, 0, 0) or prctl(22, 2, program, 0, 0):
    sys.exit(77)
folder = Path(sys.argv[2])
(folder / STORE).mkdir()
with ExitStack() as stack:
    for held in (
        sole_writer(folder), fetched._alone(folder), root_transfer._alone(folder),
        open_book(folder, "street", "ada"), _alone(folder), using_root(folder),
        clearing_root(folder), sole_maker(Artifact(folder / "artifacts/plan/a.parquet", "")),
        _lock(folder),
    ):
        stack.enter_context(held)
print("done")
"""


@pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() not in FLOCK, reason="filters system calls"
)
def test_what_one_user_does_alone_needs_no_locks(tmp_path):
    call = [sys.executable, "-c", CHILD, str(FLOCK[platform.machine()]), str(tmp_path)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=100)
    if done.returncode == 77:
        pytest.skip("may not filter system calls here")
    assert done.stdout == "done\n", done.stderr
