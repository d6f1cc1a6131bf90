"""Hub: a data set repository of the Hugging Face Hub, or of another server with its interface.

A repository that is not there is made when the first file is sent, private unless it is to be
public. Files are sent in commits of several: the Hub limits how many commits an hour may have.
The client reads the token (HF_TOKEN, or what `hf auth login` stored) and the address (HF_ENDPOINT).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import CommitOperationAdd, HfApi, get_token
from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError
from huggingface_hub.utils.tqdm import disable_progress_bars

from schemas.redaction import remember_key
from tasks.buckets import PlaceRefusedError

KIND = "dataset"
FILES_PER_COMMIT = 50


@dataclass(frozen=True)
class Hub:
    """`given` is OWNER/NAME, or NAME of whoever has the token."""

    given: str
    is_public: bool = False
    batch: int = FILES_PER_COMMIT
    api: HfApi = field(default_factory=lambda: HfApi(endpoint=os.environ.get("HF_ENDPOINT")))

    @cached_property
    def repository(self) -> str:
        if "/" in self.given:
            return self.given
        return f"{self.api.whoami()['name']}/{self.given}"

    def names(self) -> list[str]:
        try:
            found = self.api.dataset_info(self.repository)
        except RepositoryNotFoundError:
            return []
        if not found.private and not self.is_public:
            raise PlaceRefusedError(
                f"hub:{self.repository} is public: add --public to publish there, or name another "
                "repository"
            )
        return sorted(file.rfilename for file in found.siblings or ())

    def digest(self, name: str) -> str | None:
        with TemporaryDirectory() as folder:
            try:
                # Into a folder of its own: a cache would give back what it had seen before.
                read = self.api.hf_hub_download(
                    self.repository, name, repo_type=KIND, cache_dir=folder
                )
            except (RepositoryNotFoundError, EntryNotFoundError):
                return None
            with Path(read).open("rb") as stream:
                return file_digest(stream, "sha256").hexdigest()

    def send(self, files: Mapping[str, Path]) -> None:
        self.api.create_repo(
            self.repository, repo_type=KIND, private=not self.is_public, exist_ok=True
        )
        self.api.create_commit(
            self.repository,
            [CommitOperationAdd(name, path) for name, path in files.items()],
            repo_type=KIND,
            commit_message=f"spatialthinker push: {', '.join(list(files)[:3])}"
            + (f" and {len(files) - 3} more" if len(files) > 3 else ""),
        )


def open_hub(name: str, *, is_public: bool) -> Hub:
    """The repository; ValueError where there is no token."""
    token = get_token()
    if not token:
        raise ValueError(
            "hub: needs a token that may write: set HF_TOKEN in the environment, or run "
            "`hf auth login`"
        )
    remember_key(token)
    disable_progress_bars()
    return Hub(name, is_public)
