"""A test that was left out fails a run of CI, in whichever process it would have run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest

TESTS = """\
import pytest

def test_that_runs() -> None:
    assert True

@pytest.mark.skip(reason="no disk to spare")
def test_that_does_not() -> None:
    raise AssertionError
"""


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
@pytest.mark.parametrize("processes", ["0", "2"])
def test_what_is_left_out_is_named_and_fails_under_ci(
    processes: str, ci: str, code: int, tmp_path: Path
) -> None:
    here = Path(conftest.__file__)
    shutil.copy(here, tmp_path)
    (tmp_path / "test_two.py").write_text(TESTS)
    outside = {k: text for k, text in os.environ.items() if not k.startswith(("PYTEST_", "CI"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", processes, "test_two.py"],
        cwd=tmp_path,
        env=outside | {"CI": ci, "PYTHONPATH": str(here.parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "test_two.py::test_that_does_not: no disk to spare" in done.stdout
