"""The page's own functions, with node's test runner."""

import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parent / "unit").glob("*.test.mjs"))


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_unit(file):
    done = subprocess.run(["node", "--test", str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
