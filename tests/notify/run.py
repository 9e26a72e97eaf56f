#!/usr/bin/env python3
"""Runs check.py and deliver.py, or the files that are named, in an environment under target/ that has the packages of
requirements.txt."""
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE.parent.parent / "target" / "notify-venv"


def python():
    """The environment's Python, which is set up where it is not there as wanted."""
    wanted = (HERE / "requirements.txt").read_text()
    stamp = VENV / "packages"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True)
        subprocess.run([VENV / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check",
                        "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    return VENV / "bin" / "python"


if __name__ == "__main__":
    codes = [subprocess.run([python(), HERE / name]).returncode for name in sys.argv[1:] or ("check.py", "deliver.py")]
    sys.exit(max(codes))
