"""What Ray costs: the same shards labelled by two local processes and on a Ray cluster of two nodes of one core each.

    python benchmarks/dataset_ray.py --lines 1000000 --rounds 5 --output ray.json

The shards are made of the corpus's training files, which `linewise corpus fetch` and `prepare` bring. Local runs and
runs on the cluster take turns; both start their worker processes anew each time, and load the model in them. The
cluster itself is there beforehand, as it is for its users. Besides the whole time it tells the time until the first
piece is done, in which workers start, for that does not grow with the work.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import ray
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
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with tempfile.TemporaryDirectory() as folder:
        n_lines = write_shards(Path(folder, "shards"), arguments.lines)
        print(f"{n_lines:,} lines", flush=True)
        cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        cluster.add_node(**NODE)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        try:
            figures = measure(Path(folder), arguments.rounds)
        finally:
            ray.shutdown()
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


def measure(folder: Path, rounds: int) -> dict[str, object]:
    """Both engines in turn, and once more before that, which is not counted."""
    engines: dict[str, Engine] = {
        "local": partial(run_locally, processes=2),
        "ray": partial(run_on_ray, address=None),
    }
    totals: dict[str, list[float]] = {name: [] for name in engines}
    starts: dict[str, list[float]] = {name: [] for name in engines}
    for number in range(rounds + 1):
        for name, engine in engines.items():
            times = list(piece_times(folder / "shards", folder / f"{name}-{number}", engine))
            if name == "local":
                get_reusable_executor().shutdown(wait=True)
            print(f"round {number}: {name:5} {times[-1]:6.2f} s, first piece after {times[0]:5.2f} s", flush=True)
            if number:
                totals[name].append(times[-1])
                starts[name].append(times[0])
    total = {name: statistics.median(values) for name, values in totals.items()}
    start = {name: statistics.median(values) for name, values in starts.items()}
    whole = total["ray"] / total["local"]
    work = (total["ray"] - start["ray"]) / (total["local"] - start["local"])
    print(f"medians: local {total['local']:.2f} s, Ray {total['ray']:.2f} s: {whole:.2f} times (goal {GOAL}),")
    print(f"{work:.2f} times after the first piece; workers start in {start['local']:.2f} and {start['ray']:.2f} s")
    return {"totals": totals, "starts": starts, "ratio": whole, "ratio_after_start": work}


def piece_times(source: Path, output: Path, engine: Engine) -> Iterator[float]:
    """After how many seconds each piece was done."""
    run = prepare([str(source)], output, RowOptions(language_column="language"), Classifier.load().info.digest)
    begin = time.monotonic()
    for step in run.steps(engine, resume=False):
        if step.outcome.counts is None:
            raise SystemExit(step.outcome.problem)
        yield time.monotonic() - begin


if __name__ == "__main__":
    main()
