"""How long whole data sets take by the command line, every method in turn.

    python -m bench.whole --dataset cifar10 --ipc 10 --out runs/whole

runs `python -m distiller distill` for each method with its defaults, each in a process of its own,
so a time holds what a user waits for: starting, loading, reading references, fitting, sampling and
writing. Classes are made one after the other, so `--classes 0` says what one of them takes, and
with it that ten take no longer than ten times as much. What was kept from earlier runs (latents,
fits) is taken as it is; `DISTILLER_CACHE` at an empty folder measures without. A set that is there
is timed no second time; one that was stopped is begun anew, since half a time is none.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from distiller.methods import METHODS


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--ipc", type=int, default=10)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--classes", help="as for `distill` (all)")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--dtype", default="float32", help="as for `distill` (float32)")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    parts = [given.dataset, str(given.ipc), given.classes or "", given.dtype]
    folder = given.out / "-".join(part for part in parts if part not in ("", "float32"))
    print("| method | seconds |\n|---|---|")
    for method in given.methods.split(","):
        out = folder / method
        record = folder / f"{method}.json"
        if not record.exists():
            shutil.rmtree(out, ignore_errors=True)
            record.parent.mkdir(parents=True, exist_ok=True)
            record.write_text(json.dumps(_time(given, method, out)))
        print(f"| {method} | {json.loads(record.read_text()):.0f} |", flush=True)


def _time(given: argparse.Namespace, method: str, out: Path) -> float:
    command = ["distill", "--dataset", given.dataset, "--method", method]
    command += ["--ipc", str(given.ipc), "--steps", str(given.steps), "--out", str(out)]
    command += ["--dtype", given.dtype]
    if given.classes:
        command += ["--classes", given.classes]
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "distiller", *command], check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
