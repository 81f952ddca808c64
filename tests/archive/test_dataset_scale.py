"""A build in tasks: under datatrove, on Slurm, by hand on several machines, and at URLs; always the same bytes."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")
pytest.importorskip("datatrove", reason="the extra `scale` is not installed")

from archive import ArchiveError
from archive.dataset import Options, Shard, build
from archive.dataset.distributed import datatrove, tasks
from archive.dataset.distributed.tasks import Engine, Stage
from archive.dataset.inputs import remote, sources
from archive.dataset.rows import ShardDone
from cleaners import rule_folders
from tests.support.rule_data import HOST, has_tin, write_rules, write_warc

pytestmark = pytest.mark.slow

SUBJECTS = ("harbour", "tramway", "orchard", "library", "bakery", "lighthouse", "quarry")
PAGE = """<!doctype html><html lang="en"><head><title>The {0} opens again</title></head><body><article>
<h1>The {0} opens again</h1>
<p>After {1} years of repair the {0} of the town opens again on Monday, as its keeper said in the afternoon.</p>
<p>Visitors to the {0} will find {1} new rooms, a path that leads around it, and a bench for those who are tired.</p>
<p>Nobody had thought that the {0} would cost {1} thousand crowns, but the council has paid the last of them.</p>
</article></body></html>"""


def pages_in(folder: Path) -> Path:
    folder.mkdir()
    for number, subject in enumerate(SUBJECTS):
        (folder / f"{number}.html").write_text(PAGE.format(subject, number + 3), "utf-8")
    return folder


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is cut into four shards."""
    monkeypatch.setattr(sources, "FILES_A_SHARD", 2)
    return pages_in(tmp_path / "pages")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the dataset as one process builds it."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "FILES_A_SHARD", 2)
        build([pages_in(folder / "pages")], folder / "out", Options())
    return files_of(folder / "out")


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def files_at(url: str) -> dict[str, bytes]:
    start = remote.normal(url) + "/"
    found = {}
    for name, _ in remote.listed(url):
        with remote.opened(name) as file:
            found[name.removeprefix(start)] = file.read()
    return found


@pytest.fixture
def place(tmp_path: Path) -> str:
    return f"memory://{tmp_path}/place"


def test_two_tasks_of_datatrove_give_the_bytes_of_one_process(
    pages: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    stage = Stage.planned([pages], str(tmp_path / "tasks"), Options())
    datatrove.run(stage, Engine(tasks=2, workers=2))
    stage.finish()
    assert files_of(tmp_path / "tasks") == whole


@pytest.mark.long
def test_three_machines_take_a_part_each_and_any_of_them_finishes(
    pages: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    out = str(tmp_path / "shared")
    for machine in (3, 1, 2):
        datatrove.run(Stage.planned([pages], out, Options()), Engine(tasks=4, machine=machine, machines=3))
    tasks.planned_in(out, Options()).finish()
    assert files_of(tmp_path / "shared") == whole


@pytest.mark.parametrize("machines", [1, 2, 3, 7])
def test_the_parts_of_machines_are_all_tasks_once(machines: int) -> None:
    parts = [Engine(tasks=5, machine=number, machines=machines).own for number in range(1, machines + 1)]
    assert [task for part in parts for task in part] == list(range(5))


@pytest.mark.long
def test_another_number_of_tasks_goes_on_where_the_first_was_stopped(
    pages: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    stage = Stage.planned([pages], str(tmp_path / "tasks"), Options())
    datatrove.run(stage, Engine(tasks=3, machine=1, machines=3))
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "tasks/work/rows").iterdir()}
    assert len(before) == 2
    datatrove.run(stage, Engine(tasks=1))
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "tasks/work/rows").iterdir()}
    assert len(after) == 4
    assert before.items() <= after.items()
    stage.finish()
    assert files_of(tmp_path / "tasks") == whole


@pytest.mark.long
def test_a_shard_that_fails_stays_missing_and_ends_no_other(pages: Path, tmp_path: Path) -> None:
    stage = Stage.planned([pages], str(tmp_path / "tasks"), Options())
    (pages / "0.html").write_text("another page", "utf-8")
    with pytest.raises(ArchiveError, match=r"1 of 4 shards are missing.*has changed since the build was planned"):
        datatrove.run(stage, Engine(tasks=2, workers=1))
    assert sorted(path.name for path in (tmp_path / "tasks/work/rows").iterdir()) == [
        f"0000{number}.parquet" for number in (1, 2, 3)
    ]
    # task 0 had it: datatrove does not count that one as done
    assert [path.name for path in (tmp_path / "tasks/work/logs/completions").iterdir()] == ["00001"]


def test_a_dataset_with_a_missing_shard_is_not_finished(pages: Path, tmp_path: Path) -> None:
    stage = Stage.planned([pages], str(tmp_path / "tasks"), Options())
    list(stage.run(0, 2))
    with pytest.raises(ArchiveError, match=r"2 of 4 shards are missing.*not begun"):
        stage.finish()
    assert not (tmp_path / "tasks" / "manifest.json").exists()


@pytest.mark.parametrize("step", ["run", "finish"])
def test_a_list_of_shards_that_was_planned_anew_is_refused(pages: Path, tmp_path: Path, step: str) -> None:
    out = str(tmp_path / "tasks")
    stage = Stage.planned([pages], out, Options())
    (pages / "9.html").write_text(PAGE.format("ferry", 2), "utf-8")
    Stage.planned([pages], out, Options(), "force")
    with pytest.raises(ArchiveError, match="was planned anew"):
        list(stage.run()) if step == "run" else stage.finish()


def test_inputs_that_changed_are_refused_on_the_next_machine(pages: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "tasks")
    Stage.planned([pages], out, Options())
    (pages / "9.html").write_text(PAGE.format("ferry", 2), "utf-8")
    with pytest.raises(ArchiveError, match="begun with different inputs"):
        Stage.planned([pages], out, Options())


def test_a_plan_of_other_rules_is_not_finished(pages: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "tasks")
    Stage.planned([pages], out, Options())
    plan = tmp_path / "tasks/work/shards.json"
    plan.write_text(re.sub(r'("rules_version": ")[^"]*', r"\1another", plan.read_text("utf-8")), "utf-8")
    with pytest.raises(ArchiveError, match="another rules version"):
        tasks.planned_in(out, Options())


@pytest.mark.long
def test_a_page_that_ends_its_process_ends_no_task(pages: Path, tmp_path: Path) -> None:
    stage = Stage.planned([pages], str(tmp_path / "tasks"), Options())
    fatal = _Fatal(stage.out, stage.shards, stage.options)
    done = list(fatal.run())
    assert [one.rows for one in done] == [2, 2, 2, 1]


class _Fatal(Stage):
    """A build whose second shard takes its process down, as long as it is not cleaned page by page."""

    def _try(self, shard: Shard, jobs: int = 1) -> ShardDone:
        if shard.number == 1 and jobs == 1:
            os.abort()
        return super()._try(shard, jobs)


def test_inputs_at_urls_give_the_bytes_of_inputs_on_disk(
    pages: Path, whole: dict[str, bytes], tmp_path: Path, place: str
) -> None:
    for page in pages.iterdir():
        remote.publish(page, remote.join(place, "pages", page.name))
    stage = Stage.planned([remote.join(place, "pages")], str(tmp_path / "out"), Options())
    assert [shard.path for shard in stage.shards] == [remote.normal(remote.join(place, "pages"))] * 4
    # memory:// is this process's alone
    assert not [done.error for done in map(stage._try, stage.shards) if done.error]
    stage.finish()
    assert files_of(tmp_path / "out") == whole


def test_a_dataset_at_a_url_is_the_one_on_disk(pages: Path, whole: dict[str, bytes], place: str) -> None:
    stage = Stage.planned([pages], place, Options())
    for shard in stage.shards:
        assert not stage._try(shard).error
    assert remote.exists(remote.join(place, "work/rows/00003.parquet"))
    tasks.planned_in(place, Options()).finish()
    assert files_at(place) == whole


def test_tasks_share_nothing_but_the_url(pages: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    out = (tmp_path / "bucket").as_uri()
    stage = Stage.planned([pages.as_uri()], out, Options())
    datatrove.run(stage, Engine(tasks=2, workers=2))
    stage.finish()
    assert files_at(out) == whole


def test_a_finished_dataset_at_a_url_is_built_over_only_when_forced(pages: Path, place: str) -> None:
    stage = Stage.planned([pages], place, Options())
    for shard in stage.shards:
        stage._try(shard)
    stage.finish()
    with pytest.raises(ArchiveError, match="holds a finished dataset"):
        Stage.planned([pages], place, Options())
    Stage.planned([pages], place, Options(), "force")
    assert [*files_at(place)] == ["work/shards.json"]


def test_an_error_about_a_copy_names_the_url(pages: Path, tmp_path: Path, place: str) -> None:
    stage = Stage.planned([pages], place, Options())
    with pytest.raises(ArchiveError, match=rf"^{re.escape(place)}: was begun with different inputs"):
        Stage.planned([pages / "1.html"], place, Options())
    assert not [done.error for done in map(stage._try, stage.shards) if done.error]
    stage.finish()
    with pytest.raises(ArchiveError, match=rf"^{re.escape(place)}: holds a finished dataset"):
        Stage.planned([pages], place, Options())
    empty = tmp_path / "warcs" / "empty.warc"
    empty.parent.mkdir()
    empty.touch()
    told: list[str] = []
    with pytest.raises(ArchiveError):
        sources.shards([empty.parent.as_uri()], Options(), lambda error: told.append(str(error)))
    assert told == [f"{empty.as_uri()}: empty: get the file again, or leave it out"]


def test_a_text_corpus_at_a_url_is_cut_where_it_is_cut_on_disk(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "ROWS_A_SHARD", 3)
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(f'{{"text": "The {subject} is open."}}\n' for subject in SUBJECTS), "utf-8")
    remote.publish(corpus, remote.join(place, "corpus.jsonl"))
    here = sources.shards([corpus], Options())
    there = sources.shards([remote.join(place, "corpus.jsonl")], Options())
    assert len(here) == 3
    assert tasks._unplaced(here) == tasks._unplaced(there)
    read = [[item for shard in some for item in sources.read(shard, Options())] for some in (here, there)]
    assert read[0] == read[1]


def test_a_folder_of_several_kinds_at_a_url_is_refused(pages: Path, tmp_path: Path) -> None:
    (pages / "corpus.jsonl").write_text("{}", "utf-8")
    with pytest.raises(ArchiveError, match="holds several kinds"):
        Stage.planned([pages.as_uri()], str(tmp_path / "out"), Options())


SBATCH = """#!/bin/sh
# a cluster of one: each job is run at once, its tasks one after the other
for script; do true; done
cp "$script" "$CLUSTER/$(grep -o 'job-name=.*' "$script" | cut -d= -f2).$(ls "$CLUSTER" | wc -l)"
echo "$*" >> "$CLUSTER/sbatch.log"
if grep -q merge_stats "$script"; then echo "Submitted batch job 18"; exit; fi
last=$(grep -o 'array=0-[0-9]*' "$script" | cut -d- -f2)
export SLURM_NODELIST=here RUN_OFFSET=0
for SLURM_ARRAY_TASK_ID in $(seq 0 "$last"); do
  export SLURM_ARRAY_TASK_ID
  bash "$script" >> "$CLUSTER/output.log" 2>&1
done
echo "Submitted batch job 17"
"""
SRUN = '#!/bin/sh\n# srun  -l -n 1 COMMAND\nshift 3\nexec "$@"\n'
SCONTROL = "#!/bin/sh\necho here\n"


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Slurm's commands, as far as datatrove calls them."""
    commands, folder = tmp_path / "bin", tmp_path / "cluster"
    commands.mkdir()
    folder.mkdir()
    for name, text in (("sbatch", SBATCH), ("srun", SRUN), ("scontrol", SCONTROL)):
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(root))
    monkeypatch.setenv("CLUSTER", str(folder))
    return folder


@pytest.mark.long
def test_slurm_gets_one_job_for_the_tasks_and_one_that_finishes_after_it(
    pages: Path, whole: dict[str, bytes], tmp_path: Path, cluster: Path
) -> None:
    stage = Stage.planned([pages], str(tmp_path / "out"), Options())
    engine = Engine("slurm", tasks=2, workers=2, partition="day", time="01:00:00", sbatch=(("account", "desk"),))
    datatrove.run(stage, engine)
    scripts = {path.name.partition(".")[0]: path.read_text() for path in sorted(cluster.iterdir(), reverse=True)}
    shards, finish = scripts["pressclip-shards"], scripts["pressclip-finish"]
    for line in ("array=0-1%2", "partition=day", "time=01:00:00", "account=desk", "mem-per-cpu=2G", "cpus-per-task=1"):
        assert f"#SBATCH --{line}\n" in shards, shards
    assert "#SBATCH --array=0-0\n" in finish
    assert "qos" not in shards
    assert f"PATH={shlex.quote(str(Path(sys.executable).parent))}" in shards
    assert re.search(r"^srun +-l -n 1 launch_pickled_pipeline .*/shards/executor\.pik$", shards, re.M)
    # the second job waits for the first, and does not start when that failed
    assert [line for line in (cluster / "sbatch.log").read_text().splitlines() if "afterok:17" in line]
    assert files_of(tmp_path / "out") == whole, (cluster / "output.log").read_text()


def test_without_slurm_the_missing_command_is_told(
    pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    stage = Stage.planned([pages], str(tmp_path / "out"), Options())
    with pytest.raises(ArchiveError, match="sbatch"):
        datatrove.run(stage, Engine("slurm", tasks=2, partition="day"))


@pytest.mark.parametrize("name", ["my news", "50%", "it's", "news;ls", "$HOME", "a\nb"])
def test_a_folder_that_the_scripts_of_slurm_cannot_hold_is_refused(name: str, tmp_path: Path, cluster: Path) -> None:
    for out in (str(tmp_path / name), f"s3://corpora/{name}"):
        with pytest.raises(ArchiveError, match=r"has .*: give an --out without it$"):
            tasks.run_tasks(Stage(out, (), Options()), Engine("slurm", partition="day"))
        Engine("local").check(out)
    assert not [*cluster.iterdir()]


def test_a_relative_folder_is_refused_for_the_blank_of_the_folder_it_lies_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my work").mkdir()
    monkeypatch.chdir(tmp_path / "my work")
    with pytest.raises(ArchiveError, match=f"^{tmp_path}/my work/news: has ' '"):
        Engine("slurm").check("news")


def test_without_ray_the_package_is_named(pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    stage = Stage.planned([pages], str(tmp_path / "out"), Options())
    with pytest.raises(ArchiveError, match=r"pip install 'ray\[default\]'"):
        datatrove.run(stage, Engine("ray", tasks=2))


@pytest.fixture
def ruled(tmp_path: Path) -> tuple[Path, Options]:
    """Pages in two shards, and the options of a build with the rules that were accepted in a data root."""
    (tmp_path / "warcs").mkdir()
    for number in range(2):
        write_warc(tmp_path / "warcs" / f"{number}.warc", f"www{number}.{HOST}")
    write_rules(tmp_path / "data")
    return tmp_path / "warcs", Options(rule_paths=tuple(map(str, rule_folders(tmp_path / "data"))), form="jsonl")


@pytest.mark.long
@pytest.mark.parametrize("executor", ["local", "slurm"])
def test_accepted_rules_travel_with_the_tasks_to_machines_without_their_files(
    executor: Literal["local", "slurm"], ruled: tuple[Path, Options], tmp_path: Path, cluster: Path
) -> None:
    warcs, options = ruled
    build([warcs], tmp_path / "one", options)
    texts = [json.loads(line)["text"] for line in next((tmp_path / "one/data").iterdir()).read_text().splitlines()]
    assert texts
    assert not any(map(has_tin, texts))
    stage = Stage.planned([warcs], str(tmp_path / "out"), options)
    shutil.rmtree(tmp_path / "data")
    datatrove.run(stage, Engine(executor, tasks=2, workers=2, partition="day"))
    if executor == "local":
        stage.finish()
    assert files_of(tmp_path / "out") == files_of(tmp_path / "one")


def test_a_task_on_a_machine_with_other_rules_fails_in_one_line(
    ruled: tuple[Path, Options], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage.planned([ruled[0]], str(tmp_path / "out"), ruled[1])
    # copied as for another process, by what the options say of themselves
    task = replace(stage, options=copy(stage.options))
    monkeypatch.setattr("cleaners.rules.load.VERSION", "9.9.9")
    assert "planned with another rules version" in task._try(task.shards[0]).error
    with pytest.raises(ArchiveError, match=r"2 of 2 shards are missing.*planned with another rules version") as error:
        stage.check()
    assert "\n" not in str(error.value)
