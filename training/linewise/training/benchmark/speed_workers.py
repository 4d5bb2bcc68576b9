"""What the speed benchmark runs in processes of its own; imports no more than labelling itself needs."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from linewise.models import Classifier, Document


def documents_in(folder: Path) -> Iterator[Document]:
    """The files of a folder as they are labelled, one at a time."""
    for path in sorted(folder.iterdir()):
        yield Document(path.read_bytes(), filename=path.name, context="file")


def work_on_demand(model: Path, folder: Path, core: int | None, orders: Connection) -> None:
    """Label a folder's files as often as the other end asks with True, and say how many seconds it took each time.

    Says None when it is ready. Keeps to one core where a number is given.
    """
    if core is not None:
        os.sched_setaffinity(0, {core})
    classifier = Classifier.load(model)
    documents = list(documents_in(folder))
    _drain(classifier, documents)
    orders.send(None)
    while orders.recv():
        begin = time.perf_counter()
        _drain(classifier, documents)
        orders.send(time.perf_counter() - begin)


def two_threads(model: Path, folder: Path, rounds: int) -> float:
    """Throughput of two threads of this process, relative to one; the median of rounds that measure both in turn."""
    classifier = Classifier.load(model)
    documents = list(documents_in(folder))
    _drain(classifier, documents)

    def seconds(n_threads: int) -> float:
        threads = [threading.Thread(target=_drain, args=(classifier, documents)) for _ in range(n_threads)]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - begin

    return statistics.median(2 * seconds(1) / seconds(2) for _ in range(rounds))


def peak_of_folder(model: Path, folder: Path, rounds: int) -> float:
    """The most memory in MB that this process has held, after a folder's files have been labelled one by one."""
    classifier = Classifier.load(model)
    for _ in range(rounds):
        for _prediction in classifier.classify_many(documents_in(folder)):
            pass
    return _peak_megabytes()


def peak_of_text(model: Path, path: Path) -> float:
    """The most memory in MB that this process has held, after one text has been labelled."""
    Classifier.load(model).classify(path.read_bytes(), filename=path.name)
    return _peak_megabytes()


def peak_of_blocks(model: Path, path: Path) -> float:
    """The same where its lines are taken block by block."""
    for _block in Classifier.load(model).classify_blocks(Document(path.read_bytes(), filename=path.name)):
        pass
    return _peak_megabytes()


def peak_of_nothing(model: Path) -> float:
    """The same with the model loaded and nothing labelled."""
    Classifier.load(model)
    return _peak_megabytes()


def _drain(classifier: Classifier, documents: list[Document]) -> None:
    for _prediction in classifier.classify_many(documents):
        pass


def _peak_megabytes() -> float:
    # Not `ru_maxrss`: a new process inherits that from the one that started it.
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    return float("nan")
