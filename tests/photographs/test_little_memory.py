"""A machine with too little memory makes no photograph a broken one: what counts as broken is
written down, and would stay out of every later build."""

import os
import subprocess
import sys

import pytest

ROOM = 30_000_000
"""Bytes that are left; each of the photographs takes more, and has 0.5 MB when packed."""
CHILD = """
import io, resource, sys
from PIL import Image
from schemas.config.margins import IngestConfig
from schemas.photographs import as_stored, mirrored
from tasks.photographs.stage import examine

def png(mode, side):
    packed = io.BytesIO()
    Image.new(mode, (side, side)).save(packed, "PNG", compress_level=1)
    return packed.getvalue()

plain, clear = png("RGB", 4500), png("RGBA", 4500)
calls = {
    "examine": lambda: examine(plain, 4500, 4500, True, IngestConfig(max_photograph_pixels=10**8)),
    "as_stored": lambda: as_stored(clear),
    "mirrored": lambda: mirrored(plain),
}
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[1]),) * 2)
for name, call in calls.items():
    try:
        call()
    except MemoryError:
        print(name)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process as Linux does")
def test_too_little_memory_is_no_broken_photograph():
    call = [sys.executable, "-c", CHILD, str(ROOM)]
    # What was freed is given back at once, and cannot be taken again.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "1000000"}
    done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["examine", "as_stored", "mirrored"], done.stderr
