"""Which rules hold for a dataset: those accepted where its inputs lie and in --data, and those given with --rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path


def rule_files(inputs: Iterable[Path | str], data: Path, given: Sequence[Path], version: str = "") -> tuple[str, ...]:
    """Return the rule files for a dataset of *inputs*, which may be URLs, with the data root *data* and *given* ones.

    *version*: of a dataset that is there already; what gives that version is returned, if need be without the rules of
    *data* or of the inputs, which may have none any more or have had none then. Where nothing does, all of them.
    """
    from archive.site_rules import accepted_rules_of
    from cleaners import load_rules

    here = [path for path in inputs if isinstance(path, Path)]
    choices = [
        (*map(str, accepted_rules_of(some, *roots)), *map(str, given)) for some in (here, []) for roots in ([data], [])
    ]
    if not version:
        return choices[0]
    return next((choice for choice in choices if load_rules(*choice).version == version), choices[0])
