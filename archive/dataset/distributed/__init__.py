"""A build in tasks, on one machine or many."""

from archive.dataset.distributed.tasks import Engine, Stage, load_datatrove, plan_in, planned_in, run_tasks

__all__ = ["Engine", "Stage", "load_datatrove", "plan_in", "planned_in", "run_tasks"]
