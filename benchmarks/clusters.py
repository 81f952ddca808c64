"""Clusters on this machine alone, for the time of a benchmark: Slurm with one node, Ray with two.

Every process is started here and ended by its id. All ports are on loopback; all files are in a temporary folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from archive.dataset import ShardDone, Stage

SLURM_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "sinfo")
"""In Debian's packages munge, slurmctld, slurmd and slurm-client. The daemons run as root."""
ROOT = Path(__file__).resolve().parents[1]
"""The tasks run this checkout, whatever is installed beside Ray or datatrove."""
STARTS = 60
"""Seconds for a cluster to start."""
CONFIGURATION = """ClusterName=bench
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=8000
PartitionName=day Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_no_slurm() -> str:
    """Return why no Slurm can be started here; empty where one can."""
    missing = [name for name in SLURM_PROGRAMS if not shutil.which(name, path=_path())]
    if missing:
        return f"{', '.join(missing)}: not installed"
    return "" if os.geteuid() == 0 else "its daemons need root"


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Give the environment in which sbatch reaches a Slurm of one node with two processors and the partition `day`."""
    for name in ("state", "spool", "munge"):
        (folder / name).mkdir(parents=True)
    # munged refuses a socket that others cannot reach, and a key that others can read
    for parent in (folder / "munge", folder):
        parent.chmod(0o711)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(64))
    key.chmod(0o600)
    configuration = CONFIGURATION.format(host=socket.gethostname(), ports=_ports(2), folder=folder)
    (folder / "slurm.conf").write_text(configuration, "utf-8")
    # Slurm 22.05 starts one, though nothing is asked of it
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n", "utf-8")
    environment = os.environ | {
        "SLURM_CONF": str(folder / "slurm.conf"),
        "PATH": _path(),
        "PYTHONPATH": str(ROOT),
    }
    munge = [f"--{name}={folder}/munge/{name}" for name in ("socket", "pid-file", "seed-file", "log-file")]
    with ExitStack() as running:
        running.enter_context(
            _process(folder, environment, "munged", "--force", "--foreground", f"--key-file={key}", *munge)
        )
        _until(lambda: (folder / "munge/socket").exists(), "munged")
        running.enter_context(_process(folder, environment, "slurmctld", "-D", "-i"))
        running.enter_context(_process(folder, environment, "slurmd", "-D"))
        _until(lambda: "idle" in _said("sinfo", "-h", "-o", "%T", environment=environment), "slurmd")
        yield environment


def queue() -> list[str]:
    """Return the state and reason of each job that is waiting or running."""
    return _said("squeue", "-h", "-o", "%j %T %r", environment=dict(os.environ)).splitlines()


def cancel() -> None:
    """Cancel the jobs that wait."""
    waiting = _said("squeue", "-h", "-o", "%A", environment=dict(os.environ)).split()
    subprocess.run(["scancel", *{*waiting}], check=True)


@contextmanager
def none(folder: Path) -> Iterator[dict[str, str]]:
    """Give the environment of a way without a cluster."""
    yield dict(os.environ)


@contextmanager
def ray(folder: Path) -> Iterator[dict[str, str]]:
    """Give the environment in which a build joins a Ray of two nodes, each with one processor."""
    program = str(Path(sys.executable).with_name("ray"))
    head, *others = _ports(5)
    environment = os.environ | {
        "RAY_ADDRESS": f"127.0.0.1:{head}",
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(ROOT),
    }
    common = (
        "--num-cpus=1",
        "--memory=3000000000",
        "--object-store-memory=100000000",
        "--node-ip-address=127.0.0.1",
        "--block",
        "--disable-usage-stats",
    )
    with ExitStack() as running:
        first = (
            f"--port={head}",
            f"--node-manager-port={others[0]}",
            f"--object-manager-port={others[1]}",
            "--include-dashboard=false",
            f"--temp-dir={folder}",
        )
        running.enter_context(_process(folder, environment, program, "start", "--head", *first, *common, name="head"))
        _until(lambda: _nodes(environment) == 1, "the head of Ray")
        second = (
            f"--address=127.0.0.1:{head}",
            f"--node-manager-port={others[2]}",
            f"--object-manager-port={others[3]}",
        )
        running.enter_context(_process(folder, environment, program, "start", *second, *common, name="second"))
        _until(lambda: _nodes(environment) == 2, "the second node of Ray")
        yield environment


class NotedStage(Stage):
    """A build whose tasks note in work/nodes on which node of Ray they ran."""

    def run(self, rank: int = 0, tasks: int = 1, *, jobs: int = 1) -> Iterator[ShardDone]:
        """Run a task as any build does."""
        import ray  # type: ignore[import-not-found]

        notes = Path(self.out) / "work" / "nodes"
        notes.mkdir(exist_ok=True)
        (notes / str(rank)).write_text(ray.get_runtime_context().get_node_id(), "utf-8")
        return super().run(rank, tasks, jobs=jobs)


def _nodes(environment: dict[str, str]) -> int:
    """Return how many nodes are alive."""
    said = _said(str(Path(sys.executable).with_name("ray")), "status", environment=environment)
    return sum(line.startswith(" 1 node_") for line in said.splitlines())


@contextmanager
def _process(folder: Path, environment: dict[str, str], *command: str, name: str = "") -> Iterator[None]:
    """Run a process with all that it starts; end them with the block."""
    with (folder / f"{name or command[0]}.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        finally:
            # what it left behind is in its session
            for left in _of_session(process.pid):
                os.kill(left, signal.SIGKILL)


def _of_session(session: int) -> list[int]:
    return [int(line) for line in _said("ps", "-o", "pid=", "-s", str(session), environment=dict(os.environ)).split()]


def _said(*command: str, environment: dict[str, str]) -> str:
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    ).stdout


def _until(is_so: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + STARTS
    while not is_so():
        if time.monotonic() > ends:
            raise SystemExit(f"{what} has not started in {STARTS} s")
        time.sleep(0.5)


def _ports(number: int) -> list[int]:
    with ExitStack() as taken:
        sockets = [taken.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [one.getsockname()[1] for one in sockets]


def _path() -> str:
    """Return the folders of programs with those of daemons."""
    return os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
