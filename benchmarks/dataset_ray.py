"""What Ray costs: the same shards labelled by two local processes and on a Ray cluster of two nodes of one core each.

    python benchmarks/dataset_ray.py --lines 1000000 --rounds 5 --output ray.json

The shards are made of the corpus's training files, which `linewise corpus fetch` and `prepare` bring. Local runs and
runs on the cluster take turns; both start their worker processes anew each time, and load the model in them. The
cluster itself is there beforehand, as it is for its users; to join it and to leave it counts. Besides the whole time it
tells the time until the first piece is done, in which workers start, for that does not grow with the work, and what
the processor did for this process and all that it started, Ray's included, which counts on a busy machine too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from joblib.externals.loky import get_reusable_executor
from ray.cluster_utils import Cluster

from linewise.features.languages import LANGUAGE_NAMES
from linewise.models import Classifier
from linewise.service.datasets.local import run_locally
from linewise.service.datasets.on_ray import run_on_ray
from linewise.service.datasets.options import RowOptions
from linewise.service.datasets.run import Engine, prepare
from linewise.training.corpus.manifest import Split
from linewise.training.corpus.shards import iter_files

LINES_OF_A_SHARD = 62_500
NODE = {"num_cpus": 1, "object_store_memory": 100 << 20}
GOAL = 1.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, help="write the figures here, as JSON")
    arguments = parser.parse_args()
    # By default Ray's workers yield to all other processes: beside a busy one they get nowhere.
    os.environ.update({"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"})
    with tempfile.TemporaryDirectory() as folder:
        n_lines = write_shards(Path(folder, "shards"), arguments.lines)
        print(f"{n_lines:,} lines", flush=True)
        cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        cluster.add_node(**NODE)
        try:
            figures = measure(Path(folder), arguments.rounds, cluster.address)
        finally:
            cluster.shutdown()
    figures["lines"] = n_lines
    if arguments.output:
        arguments.output.write_text(json.dumps(figures, indent=1) + "\n")


def write_shards(folder: Path, n_lines: int) -> int:
    """Write files of all languages, shuffled, in shards; returns how many lines they have."""
    rows = []
    for name in LANGUAGE_NAMES:
        files = list(iter_files(Split.TRAIN, name))
        random.Random(1).shuffle(files)
        left = n_lines / len(LANGUAGE_NAMES)
        while files and left > 0:
            text = files.pop().data.decode("utf-8", "replace")
            rows.append((name, text))
            left -= text.count("\n")
    random.Random(2).shuffle(rows)
    folder.mkdir()
    n_shards = max(2, n_lines // LINES_OF_A_SHARD)
    for shard in range(n_shards):
        languages, texts = zip(*rows[shard::n_shards], strict=True)
        table = pa.table({"language": languages, "content": texts})
        pq.write_table(table, folder / f"{shard:04}.parquet", compression="zstd", row_group_size=1000)
    return sum(text.count("\n") for _, text in rows)


@dataclass(frozen=True, slots=True)
class Round:
    """One run: seconds until the first piece was done, until all were and the engine had ended, and the processor's."""

    first: float
    whole: float
    cpu: float


def measure(folder: Path, rounds: int, address: str) -> dict[str, object]:
    """Both engines in turn, and once more before that, which is not counted."""
    engines: dict[str, Engine] = {
        "local": partial(run_locally, processes=2),
        "ray": partial(run_on_ray, address=address),
    }
    found: dict[str, list[Round]] = {name: [] for name in engines}
    for number in range(rounds + 1):
        for name, engine in engines.items():
            one = run_once(folder / "shards", folder / f"{name}-{number}", engine)
            get_reusable_executor().shutdown(wait=True)
            print(f"round {number}: {name:5} {asdict(one)}", flush=True)
            if number:
                found[name].append(one)
    middle = {
        name: {field: statistics.median(getattr(one, field) for one in rounds) for field in Round.__slots__}
        for name, rounds in found.items()
    }
    local, other = middle["local"], middle["ray"]
    after_start = (other["whole"] - other["first"]) / (local["whole"] - local["first"])
    ratios = {
        "whole": round(other["whole"] / local["whole"], 2),
        "after the first piece": round(after_start, 2),
        "processor": round(other["cpu"] / local["cpu"], 2),
    }
    print(f"medians: {middle}\ntimes the local run (goal {GOAL}): {ratios}")
    return {"medians": middle, "ratios": ratios}


def run_once(source: Path, output: Path, engine: Engine) -> Round:
    """Label the shards by an engine."""
    run = prepare([str(source)], output, RowOptions(language_column="language"), Classifier.load().info.digest)
    before, begin = processor_seconds(), time.monotonic()
    cpu = first = 0.0
    for step in run.steps(engine, resume=False):
        if step.outcome.counts is None:
            raise SystemExit(step.outcome.problem)
        first = first or time.monotonic() - begin
        # Asked while the workers are still there: what has ended is not told any more.
        cpu = sum(seconds - before.get(process, 0) for process, seconds in processor_seconds().items())
    return Round(first, time.monotonic() - begin, cpu)


def processor_seconds() -> dict[int, float]:
    """What the processor did so far for this process and each that it started, directly or not, by number."""
    parents, seconds = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name, in parentheses, may hold anything.
            told = path.read_text().rpartition(")")[2].split()
            process = int(path.parent.name)
            parents[process] = int(told[1])
            seconds[process] = (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    own = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in own} - own:
        own |= more
    return {process: seconds[process] for process in own}


if __name__ == "__main__":
    main()
