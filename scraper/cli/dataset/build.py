"""`pressclip dataset build` and `finish`: build a dataset in Parquet or JSON lines from inputs of any kind."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive import ArchiveError
from scraper.cli.dataset.engine import build_in_tasks, check_engine, engine_options, read_machine
from scraper.cli.dataset.inputs import Place, dataset_module, rule_files
from scraper.cli.terminal.completion import complete_collections
from scraper.cli.terminal.options import (
    choice_options,
    cleaning_jobs_option,
    data_option,
    json_option,
    rules_option,
    sign_key_option,
)
from scraper.cli.terminal.output import Progress, print_json, print_text, say

if TYPE_CHECKING:
    from types import FrameType

    from archive import SigningKey
    from archive.dataset import Built, Over
    from cleaners import CleanOptions

NOTHING, SOME_FAILED = 3, 1
FORMS = ("parquet", "jsonl", "jsonl.gz", "jsonl.zst")

keep_work_option = click.option(
    "--keep-work", is_flag=True, help="Keep the intermediate files of the build in the folder work."
)


def read_splits(context: click.Context, option: click.Parameter, value: str) -> tuple[tuple[str, float], ...]:
    """Read `train=0.9,test=0.1`."""
    splits = []
    for part in value.split(","):
        name, _, share = part.strip().partition("=")
        try:
            splits.append((name, float(share)))
        except ValueError:
            problem = f"'{part}': give NAME=SHARE, such as train=0.9,validation=0.05,test=0.05"
            raise click.BadParameter(problem) from None
    names = {name for name, _ in splits if name.isascii() and name.isidentifier()}
    if len(names) < len(splits):
        raise click.BadParameter(f"'{value}': a split's name is made of letters, digits and _, and given once")
    if any(not 0 < share <= 1 for _, share in splits) or abs(sum(share for _, share in splits) - 1) > 1e-9:
        raise click.BadParameter(f"'{value}': shares must be above 0 and add up to 1")
    return tuple(splits)


def read_columns(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Read a list of names separated by commas."""
    names = tuple(filter(None, (name.strip() for name in (value or "").split(","))))
    if value is not None and not names:
        raise click.BadParameter("names no column: leave the option out for all of them")
    return names


@click.command()
@click.argument("inputs", nargs=-1, type=Place(), metavar="INPUT...")
@click.option("--out", type=Place(), required=True, help="The dataset's folder. It and the inputs may be s3:// URLs.")
@data_option
@click.option(
    "--collection",
    "collections",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_collections,
    help="A collection of the data root.",
)
@click.option("--text-column", default="text", show_default=True, help="The column of a text corpus with the text.")
@click.option("--where", default="", metavar="SQL", help="Keep the rows that meet this: \"language = 'en'\".")
@click.option("--format", "form", type=click.Choice(FORMS), default="parquet", show_default=True)
@click.option(
    "--columns",
    callback=read_columns,
    metavar="NAME,...",
    help="like-fineweb; names; or what to add and leave out: +blocks,-removed. Default: all but blocks.",
)
@click.option("--split", "splits", default="train=1", show_default=True, callback=read_splits, metavar="NAME=SHARE,...")
@click.option("--max-rows-per-file", "rows_a_file", type=click.IntRange(1), default=100_000, show_default=True)
@cleaning_jobs_option
@keep_work_option
@click.option(
    "--update", "over", flag_value="update", help="Accept other inputs or options; reuse the shards that are the same."
)
@click.option("--force", "over", flag_value="force", help="Delete another dataset in this folder and start anew.")
@sign_key_option("the manifest")
@engine_options
@rules_option
@choice_options
@json_option
def build(
    inputs: tuple[Path | str, ...],
    out: Path | str,
    data: Path,
    collections: tuple[str, ...],
    rule_paths: tuple[Path, ...],
    choice: CleanOptions | None,
    as_json: bool,
    over: Over | None,
    sign_key: SigningKey | None,
    engine: dict[str, Any] | None,
    **of_build: Any,  # noqa: ANN401 - the fields of Options, by name
) -> None:
    """Build a dataset from INPUTs: collections, .warc(.gz) files, folders of HTML, or text corpora (.jsonl, .parquet,
    .txt; .gz and .zst too).

    To continue a build that was stopped, run the same command again.
    """
    dataset = dataset_module()
    paths = [*inputs, *(data / "collections" / name for name in collections)]
    if not paths:
        raise click.UsageError("nothing to build from: give an INPUT, or --collection NAME.")
    options = dataset.Options(rule_paths=rule_files(paths, data, rule_paths), cleaning=choice, **of_build)
    check_engine(engine, out)
    unreadable: list[ArchiveError] = []

    def tell(error: ArchiveError) -> None:
        unreadable.append(error)
        say(error)

    over = over or "refuse"
    try:
        with Progress("building", saves=True) as progress, _ending_children():
            if engine or isinstance(out, str):
                stage = dataset.Stage.planned(paths, str(out), options, over, tell)
                built = build_in_tasks(stage, engine, progress.advance)
            else:
                built = dataset.build(paths, out, options, over=over, on_progress=progress.advance, on_unreadable=tell)
    except ArchiveError as error:
        if error not in unreadable:
            raise
        raise SystemExit(NOTHING) from None  # told already: no input can be read
    if sign_key and built:
        dataset.sign_dataset(str(out), sign_key, datetime.now(UTC))
    elif sign_key:
        say(f"{out}: is not signed yet: when it is finished, run `pressclip dataset card {out} --sign-key FILE`")
    code = _print(out, built, as_json) if built else 0
    raise SystemExit(code or (SOME_FAILED if unreadable else 0))


@click.command()
@click.argument("out", type=Place(), metavar="DIR")
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that compare and write."
)
@click.option(
    "--machine", callback=read_machine, metavar="K/N", help="Make this machine's part, and wait for the others' parts."
)
@keep_work_option
@sign_key_option("the manifest")
@data_option
@rules_option
@json_option
def finish(
    out: Path | str,
    jobs: int,
    machine: tuple[int, int],
    keep_work: bool,
    sign_key: SigningKey | None,
    data: Path,
    rule_paths: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Make the dataset in DIR from its shards, after all machines have built theirs: duplicates, splits, files.

    Several machines share this on a disk that all of them see: give the command on each, with --machine.
    """
    dataset = dataset_module()
    number, machines = machine
    if machines > 1 and isinstance(out, str):
        raise click.UsageError("--machine is for a folder that all machines see: at a URL, one finishes (--jobs).")
    if machines > 1 and dataset.is_finished(out):
        say(f"{out}: is finished")
        return
    shards, planned = dataset.plan_in(str(out))
    places = [shard.path if dataset.is_url(shard.path) else Path(shard.path) for shard in shards]
    paths = rule_files(places, data, rule_paths, planned["rules_version"])
    options = dataset.Options(rule_paths=paths, keep_work=keep_work, jobs=jobs)
    stage = dataset.planned_in(str(out), options)
    built = stage.finish_share(dataset.Share(number, machines, tell=say)) if machines > 1 else stage.finish()
    if sign_key and built:
        dataset.sign_dataset(str(out), sign_key, datetime.now(UTC))
    if built is None:
        say(f"{out}: is finished; machine 1 tells what is in it")
    else:
        raise SystemExit(_print(out, built, as_json))


def _print(out: Path | str, built: Built, as_json: bool) -> int:
    """Print what was built, and return its exit code."""
    kept = sum(built.splits.values())
    if as_json:
        fields = {name: getattr(built, name) for name in ("shards", "reused", "splits", "dropped")}
        print_json({"out": str(out)} | fields)
    else:
        splits, dropped = (
            ", ".join(f"{name} {count:,}" for name, count in counts.items()) for counts in (built.splits, built.dropped)
        )
        print_text(f"{out}: {kept:,} rows ({splits}); dropped: {dropped or 'none'}")
    return NOTHING if not kept else SOME_FAILED if built.dropped.get("failed") else 0


@contextmanager
def _ending_children() -> Iterator[None]:
    """End the worker processes on an interrupt. A shard takes minutes, and an unfinished one is built again anyway."""

    def stop(number: int, frame: FrameType | None) -> None:
        for process in multiprocessing.active_children():
            process.terminate()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
