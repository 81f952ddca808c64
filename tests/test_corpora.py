"""The material beside the checkout, where it is there: what the seeds' scorer says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
SCORER = SHARED / "seeds" / "score.py"


@pytest.mark.skipif(not SCORER.exists(), reason="the labelled seed documents (../shared/seeds) are not here")
def test_text_mode_makes_no_wrong_line_on_the_seed_documents() -> None:
    done = subprocess.run([sys.executable, str(SCORER)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "0 wrong lines\n"), done.stderr
