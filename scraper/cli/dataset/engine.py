"""`pressclip dataset build --engine datatrove` and `dataset finish`: a build in tasks, on one machine or many."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.dataset.rules import rule_files
from scraper.cli.terminal.options import data_option, json_option, rules_option
from scraper.cli.terminal.output import say

if TYPE_CHECKING:
    from archive.dataset import Built, Options
    from archive.dataset.plan import Over

Command = Callable[..., None]
EXECUTORS = ("local", "slurm", "ray")


class Place(click.ParamType[Path | str]):
    """A path, or a URL that fsspec reads, which stays text."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Return a Path, or a URL as it is."""
        return value if "://" in str(value) else Path(value)


def read_machine(context: click.Context, option: click.Parameter, value: str | None) -> tuple[int, int]:
    """Read `2/3`: the second of three machines."""
    number, _, machines = (value or "1/1").partition("/")
    if not (number.isdigit() and machines.isdigit() and 1 <= int(number) <= int(machines)):
        raise click.BadParameter(f"'{value}': give NUMBER/MACHINES, such as 2/3 for the second of three")
    return int(number), int(machines)


def read_sbatch(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Read `account=desk`."""
    pairs = [tuple(value.removeprefix("--").split("=", 1)) for value in values]
    if bad := next((value for value, pair in zip(values, pairs, strict=True) if len(pair) != 2), None):
        raise click.BadParameter(f"'{bad}': give NAME=VALUE, as sbatch's --NAME=VALUE")
    return tuple((name, value) for name, value in pairs)


OPTIONS = (
    click.option("--engine", type=click.Choice(["datatrove"]), help="Clean in tasks under datatrove (extra scale)."),
    click.option(
        "--executor", type=click.Choice(EXECUTORS), default="local", help="Who runs the tasks.", show_default=True
    ),
    click.option(
        "--tasks", type=click.IntRange(1), default=1, show_default=True, help="Into how many tasks shards go."
    ),
    click.option("--workers", type=click.IntRange(1), help="Tasks at a time. Default: all."),
    click.option("--machine", callback=read_machine, metavar="K/N", help="Run this machine's part; `finish` ends it."),
    click.option("--slurm-partition", "partition", default="", metavar="NAME", help="Where tasks run."),
    click.option("--slurm-time", "time", default="24:00:00", show_default=True, help="A task's limit."),
    click.option(
        "--slurm-option", "sbatch", multiple=True, callback=read_sbatch, metavar="NAME=VALUE", help="For sbatch."
    ),
)


def engine_options(command: Command) -> Command:
    """Add the options of engines to a command, which gets them as one: `engine`, None for its own processes."""
    names = ("executor", "tasks", "workers", "partition", "time", "sbatch")

    @wraps(command)
    def taking(engine: str | None, machine: tuple[int, int], **rest: Any) -> None:  # noqa: ANN401 - the command's
        said = {name: rest.pop(name) for name in names}
        if engine is None:
            _refuse_given({*names, "machine"})
            command(engine=None, **rest)
            return
        if said["executor"] == "slurm" and not said["partition"]:
            raise click.UsageError("--executor slurm: name a partition with --slurm-partition (`sinfo` lists them).")
        if said["executor"] != "local" and machine != (1, 1):
            raise click.UsageError("--machine is for --executor local.")
        said["workers"] = said["workers"] or said["tasks"]
        command(engine=said | {"machine": machine[0], "machines": machine[1]}, **rest)

    for option in reversed(OPTIONS):
        taking = option(taking)
    return taking


def _refuse_given(names: Container[str | None]) -> None:
    context = click.get_current_context()
    for option in context.command.params:
        given = context.get_parameter_source(option.name or "") is not click.core.ParameterSource.DEFAULT
        if option.name in names and given:
            raise click.UsageError(f"{option.opts[0]} is for --engine datatrove.")


def build_in_tasks(
    inputs: Sequence[Path | str],
    out: Path | str,
    options: Options,
    engine: dict[str, Any] | None,
    *,
    over: Over,
    seen: Callable[[str], None],
) -> Built | None:
    """Build under datatrove, or to a URL; None where others have still to do their part, which is told."""
    from archive.dataset.distributed.tasks import Stage

    # before the inputs are read, which may take long
    scale = _scale() if engine else None
    stage = Stage.planned(inputs, str(out), options, over)
    if scale is None or engine is None:
        for done in stage.run(jobs=options.jobs):
            seen(done.shard.name)
        return stage.finish()
    chosen = scale.Engine(**engine)
    scale.run(stage, chosen)
    if chosen.executor == "slurm":
        say(f"{out}: {chosen.tasks} tasks are with Slurm; the last job finishes the dataset (squeue shows them)")
        return None
    if chosen.machines > 1:
        say(f"{out}: machine {chosen.machine} of {chosen.machines} is done; after all: pressclip dataset finish {out}")
        return None
    return stage.finish()


@click.command()
@click.argument("out", type=Place(), metavar="DIR")
@click.option("--keep-work", is_flag=True, help="Leave the parts between inputs and dataset in the folder work.")
@data_option
@rules_option
@json_option
def finish(out: Path | str, keep_work: bool, data: Path, rule_paths: tuple[Path, ...], as_json: bool) -> None:
    """Make the dataset in DIR of its shards, after all machines have built theirs: duplicates, splits, files."""
    from scraper.cli.dataset.build import dataset_module, tell

    dataset = dataset_module()
    from archive.dataset.distributed.tasks import plan_in, planned_in

    shards, said = plan_in(str(out))
    inputs = [Path(shard.path) for shard in shards]
    options = dataset.Options(
        rule_paths=rule_files(inputs, data, rule_paths, said["rules_version"]), keep_work=keep_work
    )
    tell(out, planned_in(str(out), options).finish(), as_json)


def _scale() -> Any:  # noqa: ANN401 - a module
    try:
        return import_module("archive.dataset.distributed.datatrove")
    except ImportError as error:
        raise click.UsageError(
            f"{error}: --engine datatrove needs its extra: pip install 'pressclip[scale]'."
        ) from error
