"""`linewise label -o FILE.parquet` from end to end: lines a second, memory, what two processes bring; a patch's cost.

    python benchmarks/label_tables.py --lines 2000000 --rounds 5 --output tables.json

The tree is made of the corpus's training files, which `linewise corpus fetch` and `prepare` bring. Runs with one
process and with two take turns. Besides the time on the clock there is the processor's time, which counts on a busy
machine too; the start of the program, as a run over one short file takes it, is told apart. The memory is that of the
largest process. Beside it stands labelling alone, of the same texts in memory. Last, `linewise diff` of a patch of
1,000 lines stands beside one of two lines.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from linewise.features.languages import LANGUAGE_NAMES
from linewise.models import Classifier, Document
from linewise.training.corpus.manifest import Split
from linewise.training.corpus.shards import iter_files

PATCH_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took."""

    seconds: float
    cpu_seconds: float


def cost(*arguments: str) -> Cost:
    """Run `linewise` and tell what it took, its own processes included."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "linewise", *arguments]
    # With compiled modules, as an installed program has them.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = os.path.join(tempfile.gettempdir(), "linewise-benchmark-modules")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def median(costs: list[Cost], of: Callable[[Cost], float]) -> float:
    return statistics.median(of(each) for each in costs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, help="write the figures here, as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        n_lines = write_tree(folder / "tree", arguments.lines)
        # In a process that has read none of the files: what a program is started from counts as memory of its own.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as small:
            figures = small.submit(measure_tables, folder, n_lines, arguments.rounds).result()
        figures |= measure_patches(folder, arguments.rounds)
    print(json.dumps(figures, indent=1))
    if arguments.output:
        arguments.output.write_text(json.dumps(figures, indent=1) + "\n")


def write_tree(folder: Path, n_lines: int) -> int:
    """Write files of all languages, in equal shares; returns how many lines they have."""
    written = 0
    for name in LANGUAGE_NAMES:
        files = list(iter_files(Split.TRAIN, name))
        random.Random(1).shuffle(files)
        left = n_lines / len(LANGUAGE_NAMES)
        while files and left > 0:
            file = files.pop()
            path = folder / name / file.package.replace("/", "_") / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
            left -= file.data.count(b"\n")
            written += file.data.count(b"\n")
    return written


def measure_tables(folder: Path, n_lines: int, rounds: int) -> dict[str, float]:
    """Labelling the tree by one process and by two, in turn, and one file alone."""
    (folder / "one.py").write_text("x = 1\n")
    costs: dict[str, list[Cost]] = {"start": [], "1": [], "2": []}
    for number in range(rounds + 1):
        for name, taken in costs.items():
            target = folder / "out.parquet"
            what = folder / "one.py" if name == "start" else folder / "tree"
            jobs = "1" if name == "start" else name
            found = cost("label", str(what), "-o", str(target), "--jobs", jobs)
            if number:  # the first round warms the caches of files
                taken.append(found)
    start = median(costs["start"], lambda each: each.cpu_seconds)
    one = median(costs["1"], lambda each: each.cpu_seconds)
    alone = statistics.median(labelling_seconds(folder / "tree") for _ in range(rounds))
    return {
        "lines": n_lines,
        "lines a second of one core, labelling alone": round(n_lines / alone),
        "lines a second of one core": round(n_lines / one),
        "... without the start of the program": round(n_lines / (one - start)),
        "megabytes of the largest process": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000),
        "times as fast with two processes": round(
            median(costs["1"], lambda each: each.seconds) / median(costs["2"], lambda each: each.seconds), 2
        ),
    }


def labelling_seconds(folder: Path) -> float:
    """What the processor takes to label a tree's texts when they are in memory already."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    documents = [Document(path.read_bytes(), filename=path.name, context="file") for path in paths]
    classifier = Classifier.load()
    begin = time.thread_time()
    for _ in classifier.classify_many(documents):
        pass
    return time.thread_time() - begin


def measure_patches(folder: Path, rounds: int) -> dict[str, float]:
    """`linewise diff` of a long patch beside a short one."""
    (folder / "short.patch").write_text("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+b\n")
    (folder / "long.patch").write_text("".join(f"{line}\n" for line in patch_of(folder / "tree" / "python")))
    costs: dict[str, list[Cost]] = {"short": [], "long": []}
    for _ in range(rounds):
        for name, taken in costs.items():
            taken.append(cost("diff", "--from-patch-alone", str(folder / f"{name}.patch")))
    long, short = (median(costs[name], lambda each: each.cpu_seconds) for name in ("long", "short"))
    return {f"times the start that a patch of {PATCH_LINES:,} lines takes": round(long / short, 2)}


def patch_of(folder: Path) -> Iterator[str]:
    """A patch of so many lines in which every seventeenth line of some files is changed."""
    left = PATCH_LINES
    for path in sorted(path for path in folder.rglob("*.py") if path.is_file()):  # a project may be called so
        lines = path.read_text("utf-8", "replace").splitlines()
        changed = [f"{line}  # changed" if row % 17 == 5 else line for row, line in enumerate(lines)]
        patch = list(difflib.unified_diff(lines, changed, f"a/{path.name}", f"b/{path.name}", lineterm=""))
        if "\r" not in "".join(patch) and len(patch) <= left:
            left -= len(patch)
            yield from patch


if __name__ == "__main__":
    main()
