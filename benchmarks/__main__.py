"""`make bench`: quality beside trafilatura (cross-validated over sites), text mode, a crawl of real pages on loopback,
CPU a page, hostile pages, learned rules.

Needs the development corpora beside the checkout (../shared) and the extra `train`: a model is trained for each fold.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks import corpora

STEPS = (
    ["-m", "benchmarks.quality"],
    [str(corpora.ROOT.parent / "bench" / "text_mode.py")],
    ["-m", "benchmarks.crawl"],
    ["-m", "benchmarks.speed"],
    ["-m", "benchmarks.bounds"],
    ["-m", "benchmarks.rules"],
)


def main() -> int:
    """Run all of it; 2 where something that it needs is not there."""
    if not corpora.ROOT.exists():
        print("benchmarks: the development corpora (../shared) are not here", file=sys.stderr)
        return 2
    try:
        import lightgbm  # noqa: F401 - only to say in one line what is missing
    except ImportError:
        print("benchmarks: LightGBM is missing; install it: .venv/bin/pip install -e '.[train]'", file=sys.stderr)
        return 2
    root = Path(__file__).resolve().parents[1]
    return max(subprocess.run([sys.executable, *step], cwd=root, check=False).returncode for step in STEPS)


if __name__ == "__main__":
    sys.exit(main())
