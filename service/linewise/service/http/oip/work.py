"""What ``POST /v2/models/linewise/infer`` asks of a thread."""

from __future__ import annotations

from collections.abc import Sequence

from linewise.features.lines import split_lines
from linewise.models import Document, ModelInfo, Prediction

from ..problems import ProblemError
from .inputs import Inputs, TensorBody, read_inputs
from .outputs import asked_outputs, render_outputs
from .schemas import OutputName


class InferWork:
    """Texts as tensors: from the bytes of a request to those of its answer; raises ProblemError (400, 413, 422).

    ``json_length`` is how many bytes of the answer are JSON, where binary data follows; known once it is answered.
    """

    def __init__(self, body: TensorBody, *, max_lines: int) -> None:
        self.size = len(body.content)
        self.lines = 0
        self.json_length: int | None = None
        self._body = body
        self._max_lines = max_lines
        self._inputs: Inputs | None = None
        self._asked: dict[OutputName, bool] = {}

    def documents(self) -> Sequence[Document]:
        """The texts, with their options."""
        self._inputs = inputs = read_inputs(self._body)
        self._asked = asked_outputs(inputs.request)
        n_lines = sum(len(split_lines(text)) for text in inputs.texts)
        if n_lines > self._max_lines:
            raise ProblemError(413, f"the texts have {n_lines} lines; at most {self._max_lines} are taken together")
        return [
            Document(text, options.language, options.filename, options.context, options.mode)
            for text, options in zip(inputs.texts, inputs.options, strict=True)
        ]

    def answer(self, info: ModelInfo, predictions: Sequence[Prediction]) -> bytes:
        """The outputs that were asked for."""
        assert self._inputs is not None
        self.lines = sum(map(len, predictions))
        answer, self.json_length = render_outputs(predictions, info, self._inputs.request.id, self._asked)
        return answer
