"""`pressclip dataset build`: inputs of any kind into Parquet or JSON lines."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from scraper.cli.dataset.engine import Place, build_in_tasks, engine_options
from scraper.cli.dataset.rules import rule_files
from scraper.cli.terminal.options import data_option, json_option, rules_option
from scraper.cli.terminal.output import Progress, print_json, print_text

if TYPE_CHECKING:
    from types import FrameType

    from archive.dataset import Built
    from archive.dataset.plan import Over

NOTHING, SOME_FAILED = 3, 1
FORMS = ("parquet", "jsonl", "jsonl.gz", "jsonl.zst")


def read_splits(context: click.Context, option: click.Parameter, value: str) -> tuple[tuple[str, float], ...]:
    """Read `train=0.9,test=0.1`."""
    splits = []
    for part in value.split(","):
        name, _, share = part.strip().partition("=")
        try:
            splits.append((name, float(share)))
        except ValueError:
            raise click.BadParameter(
                f"'{part}': give NAME=SHARE, such as train=0.9,validation=0.05,test=0.05"
            ) from None
    names = [name for name, _ in splits]
    bad = [name for name in names if not (name.isascii() and name.isidentifier())]
    if bad or len(set(names)) < len(names):
        raise click.BadParameter(f"'{value}': a split's name is letters, digits and _, and is there once")
    if any(not 0 < share <= 1 for _, share in splits) or abs(sum(share for _, share in splits) - 1) > 1e-9:
        raise click.BadParameter(f"'{value}': shares are above 0 and make 1 together")
    return tuple(splits)


def read_columns(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Read a list of names."""
    return tuple(filter(None, (name.strip() for name in (value or "").split(","))))


@click.command()
@click.argument("inputs", nargs=-1, type=Place(), metavar="INPUT...")
@click.option(
    "--out", type=Place(), required=True, help="The dataset's folder; inputs and it may be s3:// and the like."
)
@data_option
@click.option("--collection", "collections", multiple=True, metavar="NAME", help="A collection of the data root.")
@click.option("--text-column", default="text", show_default=True, help="Where a text corpus has its texts.")
@click.option("--where", default="", metavar="SQL", help="Keep the rows for which this holds: \"language = 'en'\".")
@click.option("--format", "form", type=click.Choice(FORMS), default="parquet", show_default=True)
@click.option("--columns", callback=read_columns, help="like-fineweb, or names of columns with commas. Default: all.")
@click.option("--split", "splits", default="train=1", show_default=True, callback=read_splits, metavar="NAME=SHARE,...")
@click.option("--max-rows-per-file", "rows_a_file", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that clean.")
@click.option("--keep-work", is_flag=True, help="Leave the parts between inputs and dataset in the folder work.")
@click.option(
    "--update", "over", flag_value="update", help="Other inputs or options: use the shards that are the same."
)
@click.option("--force", "over", flag_value="force", help="Build anew over another dataset in this folder.")
@engine_options
@rules_option
@json_option
def build(
    inputs: tuple[Path | str, ...],
    out: Path | str,
    data: Path,
    collections: tuple[str, ...],
    rule_paths: tuple[Path, ...],
    as_json: bool,
    over: Over | None,
    engine: dict[str, Any] | None,
    **wanted: Any,  # noqa: ANN401 - the options of a build, by name
) -> None:
    """Build a dataset from INPUTs: collections, .warc(.gz) files, folders of HTML, or text corpora (.jsonl, .parquet,
    .txt; .gz and .zst too).

    A build that was stopped goes on with the same command.
    """
    dataset = dataset_module()
    paths = [*inputs, *(data / "collections" / name for name in collections)]
    if not paths:
        raise click.UsageError("nothing to build from: give an INPUT, or --collection NAME.")
    options = dataset.Options(rule_paths=rule_files(paths, data, rule_paths), **wanted)
    with Progress("building") as progress, _ending_children():
        if engine or isinstance(out, str):
            built = build_in_tasks(paths, out, options, engine, over=over or "refuse", seen=progress.advance)
        else:
            built = dataset.build(paths, out, options, over=over or "refuse", seen=progress.advance)
    if built:
        tell(out, built, as_json)


def tell(out: Path | str, built: Built, as_json: bool) -> NoReturn:
    """Say what was built, and end with the exit code for it."""
    kept = sum(built.splits.values())
    if as_json:
        said = {name: getattr(built, name) for name in ("shards", "reused", "splits", "dropped")}
        print_json({"out": str(out)} | said)
    else:
        counts = [
            ", ".join(f"{name} {count:,}" for name, count in some.items()) for some in (built.splits, built.dropped)
        ]
        print_text(f"{out}: {kept:,} rows ({counts[0]}); dropped: {counts[1] or 'none'}")
    raise SystemExit(NOTHING if not kept else SOME_FAILED if built.dropped.get("failed") else 0)


@contextmanager
def _ending_children() -> Iterator[None]:
    """End the processes that clean at an interrupt: a shard takes minutes, and what is not whole is made again."""

    def stop(number: int, frame: FrameType | None) -> None:
        for process in multiprocessing.active_children():
            process.terminate()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def dataset_module() -> Any:  # noqa: ANN401 - a module
    """Import what the commands work with; a missing package is told with the extra that has it."""
    try:
        import archive.dataset
    except ImportError as error:
        raise click.UsageError(f"{error}: datasets need their extra: pip install 'pressclip[datasets]'.") from error
    return archive.dataset
