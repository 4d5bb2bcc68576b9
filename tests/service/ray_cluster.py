"""Labelling a data set on a Ray cluster of two nodes on this machine, one of whose parts is lost: a program for tests.

``python ray_cluster.py IN OUT LOSS``, where LOSS is ``none``, ``both`` or ``poison``: nothing is lost; a worker process
is killed when the first pieces are done, and a whole node some pieces later; or there is a piece whose worker dies each
time. It prints how each piece ended, as JSON lines. Ray has a process of its own, for it changes that which it runs in.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pyarrow as pa
from ray.cluster_utils import Cluster

from linewise.models import Classifier
from linewise.service.datasets import on_ray, work
from linewise.service.datasets.options import RowOptions
from linewise.service.datasets.receipts import Job
from linewise.service.datasets.run import prepare

do_at_once = on_ray.do_pieces
POISON = "01.jsonl"
N_NODES, LONGEST_WAIT_SECONDS = 2, 120
NODE = {"num_cpus": 1, "object_store_memory": 80 << 20}
# So that a lost node is missed within seconds; by default Ray waits half a minute.
WATCH = {
    "health_check_initial_delay_ms": 3000,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 5000,
    "health_check_failure_threshold": 3,
}
WORKER_LOST_AFTER, NODE_LOST_AFTER = 2, 5
"""So many pieces are done when each is killed."""


def do_slowly(batch: pa.Table, job: Job, folder: str, loss: str) -> pa.Table:
    """Tell this process's number, and take some time, so that it is killed at work."""
    Path(folder, str(os.getpid())).touch()
    # On a loaded machine the other node's process may come later; both shall have something to do.
    begin = time.monotonic()
    while len(os.listdir(folder)) < N_NODES and time.monotonic() - begin < LONGEST_WAIT_SECONDS:
        time.sleep(0.05)
    time.sleep(0.2)
    writing = work._write
    if loss == "poison" and batch["name"][0].as_py() == POISON:
        work._write = lambda *_: os._exit(1)
    done = do_at_once(batch, job)
    work._write = writing
    return done


def main(source: str, output: str, loss: str) -> None:
    head = {**NODE, "include_dashboard": False, "_system_config": WATCH}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    other = cluster.add_node(**NODE)
    options = RowOptions(with_lines=True)
    run = prepare([source], Path(output), options, Classifier.load().info.digest)
    with tempfile.TemporaryDirectory() as folder:
        on_ray.do_pieces = partial(do_slowly, folder=folder, loss=loss)
        engine = partial(on_ray.run_on_ray, address=cluster.address)
        for number, step in enumerate(run.steps(engine, resume=False), 1):
            print(json.dumps([step.outcome.name, step.outcome.problem]), flush=True)
            if number == WORKER_LOST_AFTER and loss == "both":
                os.kill(int(min(os.listdir(folder))), signal.SIGKILL)
            elif number == NODE_LOST_AFTER and loss == "both":
                cluster.remove_node(other, allow_graceful=False)
        print(json.dumps(["workers", len(os.listdir(folder))]))
    cluster.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
