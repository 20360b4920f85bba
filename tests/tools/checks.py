"""All checks in order, quick ones first: what bin/test runs; its arguments go to pytest."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.tools import postgres

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_FINISH = 20


@dataclass(frozen=True)
class Outcome:
    """How one check ended."""

    name: str
    passed: bool
    seconds: float

    def __str__(self) -> str:
        return f"{'ok' if self.passed else 'FAILED':<7} {self.name:<32} {self.seconds:6.1f} s"


def quick_checks() -> dict[str, list[str]]:
    """Name and command of everything that needs no running application."""
    python = [sys.executable, "-m"]
    checks = {
        "Style": [*python, "ruff", "check", "."],
        "Format": [*python, "ruff", "format", "--check", "."],
        "Types": [*python, "mypy"],
        "Direction of imports": [
            *(sys.executable, "-c"),
            "from importlinter.cli import lint_imports_command as c; c(['--no-logo'])",
        ],
        "Translations": [*python, "tests.tools.translations"],
    }
    compiler = ROOT / "node_modules/typescript/bin/tsc"
    if (ROOT / "tsconfig.json").exists():
        checks["Types of the front end"] = [
            *(shutil.which("node") or "node", str(compiler), "--noEmit", "--project", "tsconfig.json")
        ]
    return checks


def run(name: str, command: list[str], environment: Mapping[str, str] = os.environ) -> Outcome:
    """Run one check with its output as it comes; asked to stop, let it end properly first."""
    print(f"\n== {name}", flush=True)
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        code = process.wait()
    except BaseException as stop:
        if not isinstance(stop, KeyboardInterrupt):  # Ctrl-C in a terminal has reached it already
            process.send_signal(signal.SIGINT)
        try:
            process.wait(SECONDS_TO_FINISH)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    return Outcome(name, code == 0, time.monotonic() - start)


def run_tests(arguments: list[str]) -> Outcome:
    """The test suite, on a PostgreSQL of its own unless one is given."""
    long = ["-m", ""] if os.environ.get("WANDELWERK_LONG") == "1" else []
    command = [sys.executable, "-m", "pytest", *long, *arguments]
    if os.environ.get("TEST_POSTGRES_URL"):
        return run("Tests", command)
    with postgres.temporary() as url:
        return run("Tests", command, {**os.environ, "TEST_POSTGRES_URL": url})


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a caller's “&” would have us ignore it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    outcomes = [run(name, command) for name, command in quick_checks().items()]
    outcomes.append(run_tests(arguments))
    print("\n== Summary", *outcomes, sep="\n", flush=True)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
