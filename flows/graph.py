"""The graph of a build: its stages, in an order in which each comes after those that it reads.

Nothing else lists them. Building, planning, publishing, the names in Prefect and the drawing in the
README (`python -m flows.graph`) follow from this list.
"""

import sys

from schemas.config.build import PipelineConfig
from tasks.extract import stage as extract
from tasks.ingest import stage as ingest
from tasks.judge import stage as judge
from tasks.leakage import exclude
from tasks.photographs import stage as photographs
from tasks.plan import stage as plan
from tasks.publish import stage as publish
from tasks.render import stage as render
from tasks.select import stage as select
from tasks.sources import stage as index
from tasks.stage import Stage, always
from tasks.validate import stage as validate
from tasks.verify import stage as verify
from tasks.witness import look
from tasks.witness import stage as witness
from tasks.write import stage as write

STAGES: tuple[Stage, ...] = (
    render.STAGE,
    index.STAGE,
    ingest.STAGE,
    photographs.STAGE,
    look.STAGE,
    witness.STAGE,
    exclude.STAGE,
    extract.STAGE,
    plan.STAGE,
    write.STAGE,
    verify.STAGE,
    judge.STAGE,
    select.STAGE,
    validate.STAGE,
    publish.STAGE,
)


def stages_of(config: PipelineConfig) -> list[Stage]:
    """The stages that a configuration runs."""
    return [stage for stage in STAGES if stage.applies(config)]


def dependents(name: str) -> set[str]:
    """A stage and all that read it, directly or through others; ValueError where no stage has that
    name."""
    names = [stage.name for stage in STAGES]
    if name not in names:
        raise ValueError(f"no stage {name}: the stages are {', '.join(names)}")
    found = {name}
    for stage in STAGES[names.index(name) + 1 :]:
        if stage.reads is None or found & set(stage.reads):
            found.add(stage.name)
    return found


def _frame(stage: Stage) -> tuple[str, str]:
    """Mermaid's brackets: round where some configurations leave the stage out, else double where
    it runs per shard."""
    if stage.applies is not always:
        return "([", "])"
    return ("[[", "]]") if stage.is_sharded else ("[", "]")


def draw() -> str:
    """The graph in Mermaid's language, an arrow for what is read and not implied by others."""
    lines = ["flowchart LR"]
    before: dict[str, set[str]] = {}
    for stage in STAGES:
        name = stage.name
        read = set(before) if stage.reads is None else set(stage.reads)
        before[name] = read.union(*(before[one] for one in read))
        left, right = _frame(stage)
        framed = f"{name}{left}{name}{right}"
        direct = [
            one for one in before if one in read and not any(one in before[two] for two in read)
        ]
        lines += [f"  {' & '.join(direct)} --> {framed}" if direct else f"  {framed}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(f"{draw()}\n")
