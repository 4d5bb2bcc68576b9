"""`linewise dataset --engine ray`, on a cluster of two nodes: the same rows as on one machine, whatever is lost."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from linewise.service.cli import linewise

# A cluster takes half a minute to come and go; .ci/run has the one beside the short tests in which most is lost.
of_a_cluster = pytest.mark.full
N_SHARDS = 12
PROGRAM = Path(__file__).with_name("ray_cluster.py")
TEXT = "import os\n\n\ndef names(path):\n    return [name for name in os.listdir(path)]  # all\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for shard in range(N_SHARDS):
        rows = [{"id": [shard, row], "content": TEXT * row} for row in range(20)]
        rows[7]["content"] = None
        (folder / f"{shard:02}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


def label_here(source: Path, output: Path) -> dict[str, bytes]:
    arguments = ["dataset", str(source), str(output), "--with-lines", "--jobs", "1"]
    result = CliRunner().invoke(linewise, arguments)
    assert result.exit_code == 0, result.output
    return contents(output)


def contents(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(output.iterdir()) if path.is_file()}


def environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    # On a loaded machine a cluster takes longer to come up than Ray would wait, and its workers, which by default yield
    # to all other processes, get nowhere.
    patience = {
        "RAY_raylet_start_wait_time_s": "300",
        "RAY_worker_register_timeout_seconds": "300",
        "RAY_worker_niceness": "0",
    }
    return {**own, **patience, "RAY_USAGE_STATS_ENABLED": "0"}


def label_on_cluster(source: Path, output: Path, loss: str) -> dict[str, str | None]:
    """How each piece ended, and how many workers there were."""
    command = [sys.executable, str(PROGRAM), str(source), str(output), loss]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]
    return dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))


@of_a_cluster
@pytest.mark.parametrize("loss", ["none", "both"])
def test_a_cluster_gives_the_same_rows_whatever_is_lost(source: Path, tmp_path: Path, loss: str) -> None:
    told = label_on_cluster(source, tmp_path / "out", loss)
    assert int(told.pop("workers") or 0) >= 2
    assert told == dict.fromkeys(f"{shard:02}.jsonl" for shard in range(N_SHARDS))
    assert contents(tmp_path / "out") == label_here(source, tmp_path / "here")


@of_a_cluster
def test_a_piece_that_kills_its_workers_is_given_up_and_no_other(source: Path, tmp_path: Path) -> None:
    told = label_on_cluster(source, tmp_path / "out", "poison")
    del told["workers"]
    assert {name for name, problem in told.items() if problem is not None} == {"01.jsonl"}
    assert told["01.jsonl"] == "the process that labelled it died, 3 times"
    whole = label_here(source, tmp_path / "here")
    del whole["01.jsonl"]
    assert contents(tmp_path / "out") == whole


@of_a_cluster
def test_without_a_cluster_one_is_started_here(source: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "linewise", "dataset", str(source), str(tmp_path / "out"), "--with-lines"]
    done = subprocess.run(
        [*command, "--engine", "ray"], capture_output=True, text=True, timeout=600, env=environment(), check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"labelled {19 * N_SHARDS} of {20 * N_SHARDS} rows")
    assert contents(tmp_path / "out") == label_here(source, tmp_path / "here")


def test_an_address_without_a_cluster_is_told(source: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    arguments = ["dataset", str(source), str(tmp_path / "out"), "--engine", "ray", "--address", address]
    result = CliRunner().invoke(linewise, arguments)
    assert result.exit_code == 2
    assert f"no Ray cluster at {address}" in result.output
