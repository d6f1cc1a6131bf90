"""Inputs of publish: what a build has made, stage by stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.stage import Job


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a build has made, stage by stage."""

    index: Path
    scenes: Sequence[Path]
    photographs: Sequence[Path]
    subgraphs: Sequence[Path]
    plan: Path
    questions: Sequence[Path]
    verified: Sequence[Path]
    judged: Sequence[Path]
    samples: Path
    validation: Path
    excluded: Sequence[Path] = ()
    testimony: Sequence[Path] = ()

    @classmethod
    def of(cls, job: Job) -> "Inputs":
        return cls(
            index=job.path("index"),
            scenes=job.paths("ingest"),
            photographs=job.paths("photographs"),
            subgraphs=job.paths("extract"),
            plan=job.path("plan"),
            questions=job.paths("write"),
            verified=job.paths("verify"),
            judged=job.paths("judge"),
            samples=job.path("select"),
            validation=job.path("validate"),
            excluded=job.paths("exclude"),
            testimony=job.paths("witness"),
        )

    @property
    def last(self) -> Sequence[Path]:
        """The questions that select reads: judged, or else verified."""
        return self.judged or self.verified
