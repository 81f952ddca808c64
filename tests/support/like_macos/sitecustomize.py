"""Makes a Python process on Linux meet what macOS lacks; Python imports it at the start where it is on PYTHONPATH."""

# ruff: noqa: ANN001, ANN002, ANN003, ANN202 - stands in for functions of the standard library
import fcntl
import multiprocessing
import os
import pathlib
import resource
import select
import signal

ABSENT = {
    os: "sched_getaffinity sched_setaffinity fdatasync posix_fallocate posix_fadvise copy_file_range "
    "memfd_create pidfd_open eventfd pipe2 getresuid O_TMPFILE O_PATH O_NOATIME O_DIRECT splice",
    select: "epoll",
    signal: "sigtimedwait sigwaitinfo SIGRTMIN SIGRTMAX SIGPWR SIGSTKFLT pidfd_send_signal",
    resource: "prlimit",
}
"""Names of the standard library's modules that macOS does not have."""

for module, names in ABSENT.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)

# Python 3.13 has it everywhere, and its own library asks it; it asks sched_getaffinity by itself on Linux
if hasattr(os, "process_cpu_count"):
    os.process_cpu_count = os.cpu_count

# a number that Linux refuses, as macOS does on a network's file system
fcntl.F_FULLFSYNC = 51

multiprocessing.set_start_method("spawn")


def _without_proc(read):
    def reading(path, *args, **options):
        if path.parts[:2] == ("/", "proc"):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return read(path, *args, **options)

    return reading


for name in ("read_bytes", "read_text"):
    setattr(pathlib.Path, name, _without_proc(getattr(pathlib.Path, name)))

_setrlimit = resource.setrlimit


def _refused(limit, bounds):
    if limit == resource.RLIMIT_AS:
        raise ValueError("current limit exceeds maximum limit")
    _setrlimit(limit, bounds)


resource.setrlimit = _refused
