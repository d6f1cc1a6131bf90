"""The graph of a build: its stages, in an order in which each comes after those that it reads.

Nothing else lists them. Building, planning, telling why, publishing, estimating, the names in
Prefect and the drawing in the README follow from this list.
"""

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
from tasks.stage import Stage
from tasks.validate import stage as validate
from tasks.verify import stage as verify
from tasks.write import stage as write

STAGES: tuple[Stage, ...] = (
    render.STAGE,
    index.STAGE,
    ingest.STAGE,
    photographs.STAGE,
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
    """A stage and all that read it, directly or through others; ValueError where there is none of
    that name."""
    names = [stage.name for stage in STAGES]
    if name not in names:
        raise ValueError(f"no stage {name}: the stages are {', '.join(names)}")
    found = {name}
    for stage in STAGES[names.index(name) + 1 :]:
        if stage.reads is None or found & set(stage.reads):
            found.add(stage.name)
    return found
