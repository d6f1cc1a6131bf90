"""Images: pictures of benchmarks, each kept once, named by the SHA-256 of its bytes."""

from dataclasses import dataclass
from hashlib import sha256
from os import getpid
from pathlib import Path
from threading import get_ident


@dataclass(frozen=True, slots=True)
class ImageStore:
    """Below `root`/images; safe for several writers."""

    root: Path

    def path(self, digest: str) -> Path:
        return self.root / "images" / digest[:2] / digest

    def put(self, data: bytes) -> str:
        """The digest under which the bytes are kept."""
        digest = sha256(data).hexdigest()
        path = self.path(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{digest}.partial-{get_ident()}-{getpid()}")
            partial.write_bytes(data)
            partial.replace(path)
        return digest

    def read(self, digest: str) -> bytes:
        """ValueError where the picture is gone or is no longer what it was."""
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            data = b""
        if sha256(data).hexdigest() != digest:
            raise ValueError(
                f"the picture {self.path(digest)} is gone or damaged: remove the benchmark's "
                f"artifact below {self.root / 'artifacts' / 'benchmark'} and load it again"
            )
        return data
