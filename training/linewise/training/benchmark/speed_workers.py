"""What the speed benchmark runs in processes of its own; imports no more than labelling itself needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

from linewise.models import Classifier, Document


def documents_in(folder: Path) -> Iterator[Document]:
    """The files of a folder as they are labelled, one at a time."""
    for path in sorted(folder.iterdir()):
        yield Document(path.read_bytes(), filename=path.name, context="file")


def seconds_for_folder(model: Path, folder: Path, rounds: int, together: Barrier | None) -> float:
    """How long this process takes to label a folder's files some times over, once all others are ready too."""
    classifier = Classifier.load(model)
    documents = list(documents_in(folder))
    _drain(classifier, documents)
    if together is not None:
        together.wait()
    begin = time.perf_counter()
    for _ in range(rounds):
        _drain(classifier, documents)
    return time.perf_counter() - begin


def two_threads(model: Path, folder: Path, rounds: int) -> float:
    """Throughput of two threads of this process, relative to one."""
    classifier = Classifier.load(model)
    documents = list(documents_in(folder))

    def work() -> None:
        for _ in range(rounds):
            _drain(classifier, documents)

    work()
    taken = []
    for n_threads in (1, 2):
        threads = [threading.Thread(target=work) for _ in range(n_threads)]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        taken.append(time.perf_counter() - begin)
    return 2 * taken[0] / taken[1]


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
