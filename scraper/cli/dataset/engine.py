"""`pressclip dataset build --engine datatrove`: build in tasks, on one machine or many."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from archive import how_to_install
from scraper.cli.dataset.inputs import dataset_module
from scraper.cli.terminal.output import say

if TYPE_CHECKING:
    from pathlib import Path

    from archive.dataset import Built, Stage

Command = Callable[..., None]
EXECUTORS = ("local", "slurm", "ray")


def read_machine(context: click.Context, option: click.Parameter, value: str | None) -> tuple[int, int]:
    """Read `2/3`: the second of three machines."""
    number, _, machines = (value or "1/1").partition("/")
    if not (number.isdecimal() and machines.isdecimal() and 1 <= int(number) <= int(machines)):
        raise click.BadParameter(f"'{value}': give NUMBER/MACHINES, such as 2/3 for the second of three")
    return int(number), int(machines)


def read_sbatch(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Read `account=desk`."""
    if bad := next((value for value in values if "=" not in value), None):
        raise click.BadParameter(f"'{bad}': give NAME=VALUE, as sbatch's --NAME=VALUE")
    pairs = (value.removeprefix("--").partition("=") for value in values)
    return tuple((name, value) for name, _, value in pairs)


OPTIONS = (
    click.option("--engine", type=click.Choice(["datatrove"]), help="Run stage 1 as tasks of datatrove (extra scale)."),
    click.option(
        "--executor", type=click.Choice(EXECUTORS), default="local", help="What runs the tasks.", show_default=True
    ),
    click.option("--tasks", type=click.IntRange(1), default=1, show_default=True, help="The number of tasks."),
    click.option("--workers", type=click.IntRange(1), help="Tasks at a time. Default: all."),
    click.option("--machine", callback=read_machine, metavar="K/N", help="Run this machine's part; `finish` ends it."),
    click.option("--slurm-partition", "partition", default="", metavar="NAME", help="The partition for the tasks."),
    click.option("--slurm-time", "time", default="24:00:00", show_default=True, help="The time limit of a task."),
    click.option(
        "--slurm-option", "sbatch", multiple=True, callback=read_sbatch, metavar="NAME=VALUE", help="For sbatch."
    ),
)


def engine_options(command: Command) -> Command:
    """Add the engine options to a command. It gets them as one argument `engine`, None without --engine."""
    names = ("executor", "tasks", "workers", "partition", "time", "sbatch")

    @wraps(command)
    def with_engine(engine: str | None, machine: tuple[int, int], **rest: Any) -> None:  # noqa: ANN401 - the command's
        chosen = {name: rest.pop(name) for name in names}
        if engine is None:
            _refuse_given({*names, "machine"})
            command(engine=None, **rest)
            return
        if chosen["executor"] == "slurm" and not chosen["partition"]:
            raise click.UsageError("--executor slurm: name a partition with --slurm-partition (`sinfo` lists them).")
        if chosen["executor"] != "local" and machine != (1, 1):
            raise click.UsageError("--machine is for --executor local.")
        chosen["workers"] = chosen["workers"] or chosen["tasks"]
        command(engine=chosen | {"machine": machine[0], "machines": machine[1]}, **rest)

    for option in reversed(OPTIONS):
        with_engine = option(with_engine)
    return with_engine


def _refuse_given(names: Container[str | None]) -> None:
    context = click.get_current_context()
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name in names and source is not click.core.ParameterSource.DEFAULT:
            raise click.UsageError(f"{option.opts[0]} is for --engine datatrove.")


def check_engine(engine: dict[str, Any] | None, out: Path | str) -> None:
    """Check before the inputs are read, which may take long, that the engine is installed and can build at `out`."""
    if engine:
        dataset = dataset_module()
        try:
            dataset.load_datatrove()
        except ImportError as error:
            problem = f"{error}: --engine datatrove needs its extra: {how_to_install('scale')}."
            raise click.UsageError(problem) from error
        dataset.Engine(**engine).check(str(out))


def build_in_tasks(stage: Stage, engine: dict[str, Any] | None, on_progress: Callable[[str], None]) -> Built | None:
    """Build under datatrove, or to a URL. Returns None, after a message, where other machines must do their part."""
    if engine is None:
        for done in stage.run(jobs=stage.options.jobs):
            on_progress(done.shard.name)
        return stage.finish()
    dataset = dataset_module()
    chosen = dataset.Engine(**engine)
    dataset.run_tasks(stage, chosen)
    out = stage.out
    if chosen.executor == "slurm":
        say(f"{out}: {chosen.tasks} tasks submitted to Slurm; its last job finishes the dataset (squeue shows them)")
    elif chosen.machines > 1:
        own = f"machine {chosen.machine} of {chosen.machines}"
        say(f"{out}: {own} is done; when all are: pressclip dataset finish {out}")
    else:
        return stage.finish()
    return None
