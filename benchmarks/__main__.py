"""`make bench`: the quality table beside trafilatura, in one run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks import corpora

SCORER = corpora.ROOT.parent / "bench" / "score.py"


def main() -> int:
    """Run the scorers that lie beside the development corpora."""
    if not SCORER.exists():
        print("benchmarks: the development corpora (../shared) are not here", file=sys.stderr)
        return 2
    root = Path(__file__).resolve().parents[1]
    return subprocess.run([sys.executable, str(SCORER)], cwd=root, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
