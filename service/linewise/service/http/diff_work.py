"""What ``POST /v1/diff`` asks of a thread."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from linewise.features.lines import encode, split_lines
from linewise.models import Document, ModelInfo, Prediction

from ..patches import PatchError, PatchPlan, judge, judge_all, parse_patch
from ..patches.render import Judged, closing_json, file_json
from ..patches.summary import ChangeCounts, count_changes
from ..schemas.diff import DiffRequest
from .json_body import parse_body
from .problems import ProblemError


class DiffWork:
    """One patch: from the bytes of a request to those of its answer; raises ProblemError (400, 413, 422)."""

    def __init__(self, body: bytes, *, max_lines: int) -> None:
        self.size = len(body)
        self.lines = 0
        self._body = body
        self._max_lines = max_lines
        self._plan: PatchPlan | None = None

    def documents(self) -> Sequence[Document]:
        """The texts of the patch's hunks on their sides."""
        request = parse_body(self._body, DiffRequest)
        try:
            patches = parse_patch(request.patch.encode("utf-8"))
        except PatchError as error:
            raise ProblemError(422, f"the patch cannot be read: {error}") from None
        self._plan = PatchPlan(patches, [None] * len(patches), request.mode)
        documents = self._plan.documents()
        self.lines = sum(len(split_lines(encode(document.text))) for document in documents)
        if self.lines > self._max_lines:
            raise ProblemError(413, f"the patch needs {self.lines} lines labelled; at most {self._max_lines} are taken")
        return documents

    def answer(self, info: ModelInfo, predictions: Sequence[Prediction]) -> bytes:
        """The patch's files with their labels and verdicts, as JSON."""
        assert self._plan is not None
        total = ChangeCounts()
        findings, files = [], []
        for labels in self._plan.assemble(predictions):
            judged = Judged(labels, judge(labels), count_changes(labels))
            total.add(judged.counts)
            findings.append(judged.finding)
            files.append(_json(_with_whole_names(file_json(judged))))
        closing = _json(closing_json(judge_all(findings), total, info.digest))
        return b'{"files":[' + b",".join(files) + b"]," + closing[1:]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _with_whole_names(file: dict[str, Any]) -> dict[str, Any]:
    """The file's names with replacement characters for bytes that are no UTF-8, which JSON cannot hold."""
    names = {key: file[key] for key in ("path", "old_path", "new_path") if file[key] is not None}
    return {
        **file,
        **{key: name.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for key, name in names.items()},
    }
