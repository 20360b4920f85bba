"""Tests that take minutes: processes are killed while they work. Run with bin/test --long."""

from __future__ import annotations

import sys


def report(line: str) -> None:
    """What was done and found, for whoever reads the run (pytest -s)."""
    sys.stdout.write(f"\n{line}\n")
