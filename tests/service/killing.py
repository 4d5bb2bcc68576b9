"""Kills runs of batch labelling at random points until one ends, and compares what it leaves; see `test_batch_run`.

``python -m tests.service.killing TREE WORK KILLS SEED`` forks a child for each run, so that a run costs little. The
kernel kills the child by SIGPROF, as abruptly as by SIGKILL, when it has used a random amount of the processor's
time: so the points are as random on a busy machine as on a quiet one.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sys
from pathlib import Path

from linewise.service.batch import plan

from .batches import contents, label

OUTPUTS = ("out.parquet", "parts/")


def run_child(output: str, tree: str, seconds: float | None) -> tuple[bool, float]:
    """Label in a child that is killed after so many seconds of its processor time.

    Returns:
        Whether it ended by itself, and the processor time that it took.
    """
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        if seconds is not None:
            signal.setitimer(signal.ITIMER_PROF, seconds)
        label(output, tree, resume=True)
        signal.setitimer(signal.ITIMER_PROF, 0)
        os._exit(0)
    _, status, usage = os.wait4(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        sys.exit("the child failed")
    return os.WIFEXITED(status), usage.ru_utime + usage.ru_stime


def main(tree: str, work: Path, kills: int, seed: int) -> None:
    """Kill so many runs, and print how many there were, or how the outputs differ."""
    plan._SMALLEST_PART = 4_000
    chance = random.Random(seed)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    expected, whole = {}, {}
    for output in OUTPUTS:
        folder = work / "whole" / output.strip("/").replace(".", "_")
        folder.mkdir(parents=True)
        os.chdir(folder)
        _, whole[output] = run_child(output, tree, None)
        expected[output] = contents(folder)
    killed, finished = 0, 0
    while killed < kills:
        output = OUTPUTS[finished % len(OUTPUTS)]
        folder = work / "killed"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        os.chdir(folder)
        while not run_child(output, tree, chance.uniform(0.01, 1.2) * whole[output])[0]:
            killed += 1
        finished += 1
        found = contents(folder)
        if found != expected[output]:
            differing = [name for name in found | expected[output] if found.get(name) != expected[output].get(name)]
            sys.exit(f"after {killed} kills {differing} differ")
    print(json.dumps({"killed": killed, "finished": finished}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
