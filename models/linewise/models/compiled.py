"""The whole pipeline in the compiled kernel: the same answers, without a step of numpy between two stages.

The first layers of the context networks are cut by what their columns show: what a line itself adds to a layer, what
its neighbours do, and what rows do that many lines share (a parent, an enclosing bracket). The kernel multiplies a
shared row once, and leaves out rows of zeros. For most lines the nearest opaque rows are the adjacent ones, so their
weights are summed, and the difference is added where they are not.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from linewise.features import kernel
from linewise.features.documents import WHITE_SPACE
from linewise.features.heredocs import ARROW_APPENDS, HAS_HEREDOCS
from linewise.features.labels import LABELS, N_LABELS, Group
from linewise.features.languages import LANGUAGE_INDEX
from linewise.features.lexis import transition_table
from linewise.features.novelty import BINDS_IN_TEXT, local_hashes
from linewise.features.structure import HAS_DIRECTIVES
from linewise.features.tokens import class_table, shape_table, vocabulary_bitmap, word_hash

from . import interior, layout
from .network import Float32Array, Layer, Network
from .sparse import CodedLayer

if TYPE_CHECKING:
    from .pipeline import Networks

MAX_BYTES = (1 << 31) - (1 << 16)
"""Of a batch of texts: the kernel counts bytes, lines and rows in 32 bits."""
STAGES = (
    "lines",
    "tokens and their hashes",
    "language",
    "comments and strings",
    "n-grams and line network",
    "beginnings inside",
    "structure",
    "names",
    "first context network",
    "second context network",
)
"""The parts of an answer that the kernel can time."""
SECTION_LINES = 2048
"""The kernel answers for so many lines at a time, at most."""
_PANEL = 16
_N_LOGARITHMS = 4096

# Columns of the input side by side, or summed where two parts show the same row.
_FIRST_GROUPS = (
    ("hidden", "own"),
    (
        "previous+previous_opaque",
        "next+next_opaque",
        "previous_2",
        "next_2",
        "sibling",
        "place",
        "novelty",
        "whole",
        "shown",
    ),
    ("previous_opaque",),
    ("next_opaque",),
    ("parent", "ancestors", "after_parent"),
    ("enclosing", "enclosing_ancestors"),
    ("matching",),
    ("next_lower",),
    ("opener",),
)
_FIRST_ROWS = ("state", "state_after", "language", "context", "first_line")
_SECOND_GROUPS = (
    ("own", "others", "hidden"),
    ("previous+previous_opaque", "next+next_opaque", "sibling"),
    ("previous_opaque",),
    ("next_opaque",),
    ("parent", "ancestors"),
    ("enclosing", "enclosing_ancestors"),
    ("matching",),
    ("next_lower",),
    (),
)


class TextTooLargeError(ValueError):
    """A text of 2 GiB or more, which the compiled kernel cannot count."""


class Running:
    """Texts that are being labelled, whose lines are had one after the other; a context manager.

    Attributes:
        scores, line_offsets: as in `pipeline.Answers`.
        n_lines: of all texts.
    """

    def __init__(
        self,
        compiled: kernel.Kernel,
        handle: int,
        scores: Float32Array,
        line_offsets: NDArray[np.int64],
        room: Float32Array | None,
        alive: tuple[object, ...],
    ) -> None:
        """Take over what `lw_begin` returned; `room` and `alive` are what it points to."""
        self._kernel, self._handle, self._room, self._alive = compiled, handle, room, alive
        self.scores, self.line_offsets = scores, line_offsets
        self.n_lines = int(line_offsets[-1])

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Give up what the kernel holds; nothing can be read any more."""
        handle, self._handle = self._handle, 0
        self._kernel.call("lw_end", handle)

    def read(self, probabilities: Float32Array) -> int:
        """The next lines' probabilities, as many as there are and as there is room for.

        Args:
            probabilities: where to write them, float32 of shape (n, n_labels); n is at least `SECTION_LINES`, or the
                number of all lines that are left.

        Returns:
            How many lines were written, 0 after the last one.
        """
        return self._kernel.call("lw_next", self._handle, len(probabilities), probabilities)

    def read_all(self) -> Float32Array:
        """All lines' probabilities, (n_lines, n_labels); nothing may have been read before."""
        room, self._room = self._room, None
        if room is None:
            room = np.empty((self.n_lines, N_LABELS), dtype=np.float32)
        self._kernel.call("lw_next", self._handle, self.n_lines, room)
        room.resize((self.n_lines, N_LABELS), refcheck=False)
        return room


class CompiledNetworks:
    """The weights and tables as `answer.c` takes them: its `Model`, and all arrays that this points to."""

    def __init__(self, compiled: kernel.Kernel, networks: Networks, min_language_score: float) -> None:
        """Cut and pack the weights of a model."""
        self._kernel = compiled
        self._arrays: list[NDArray[Any]] = []
        words = networks.words
        fields = [*self._layer(networks.language)[:2], networks.language.weight.shape[1]]
        if isinstance(words, CodedLayer):
            fields += [self._keep(words.codes), 0, self._keep(words.scale), self._keep(words.bias)]
            fields.append(words.codes.shape[1])
        else:
            fields += [0, self._keep(words.weight), 0, self._keep(words.bias), words.weight.shape[1]]
        fields += self._packed(networks.line)
        n_hidden = networks.first_context.layers[0].weight.shape[1]
        order = np.concatenate([layout.REFINED, layout.NOT_REFINED])
        fields += self._context(networks.first_context, layout.FIRST_LAYOUT, _FIRST_GROUPS, _FIRST_ROWS, order)
        fields += self._context(
            networks.second_context,
            layout.second_layout(n_hidden),
            _SECOND_GROUPS,
            ("", "", "", "context", ""),
            slice(None),
        )
        fields += [self._keep(table) for table in _tables()]
        columns = (
            layout.CARRIED,
            layout.OPENER,
            layout.FAR,
            layout.REFINED,
            layout.NOT_REFINED,
            layout.FIRST_LINE,
        )
        constructs = np.array([label.group is Group.CONSTRUCT for label in LABELS])
        not_region = np.array([label.group is not Group.REGION for label in LABELS])
        pairs = [LANGUAGE_INDEX[name] for name in ("c", "cpp", "javascript", "typescript")]
        fields += [N_LABELS, [label.name for label in LABELS].index("blank")]
        fields += [self._keep(constructs), self._keep(not_region)]
        carried_next = np.argsort(order)[layout.CARRIED]
        chosen_columns = (*columns, layout.SCOPES, pairs, carried_next)
        fields += [self._keep(np.array(chosen, dtype=np.int32)) for chosen in chosen_columns]
        fields += [len(chosen) for chosen in columns]
        local = local_hashes()
        fields += [self._keep(np.array([word_hash(b"where")], dtype=np.uint32)), self._keep(local), len(local)]
        limits = (
            min_language_score,
            interior.LOWEST_LOGIT,
            interior.HIGHEST_LOGIT,
            layout.LOGIT_LIMIT,
            layout.LOGIT_SCALE,
            networks.language.unfamiliar,
        )
        fields.append(self._keep(np.array(limits, dtype=np.float32)))
        self._model = np.array(fields, dtype=np.int64)
        self._n_scores = int(networks.language.weight.shape[1])
        # The bytes that the kernel holds of each line as sums, in 16 bits or 32.
        self._sum_bytes = 2 * words.codes.shape[1] if isinstance(words, CodedLayer) else 4 * words.weight.shape[1]

    def answer(
        self,
        texts: Sequence[bytes],
        languages: Sequence[int],
        contexts: Sequence[int],
        seconds: NDArray[np.float64] | None = None,
    ) -> tuple[Float32Array, Float32Array, NDArray[np.int64]]:
        """Label some texts.

        Args:
            texts: the texts.
            languages: the index of each one's language, -1 where it is to be found.
            contexts: an index into `CONTEXTS` for each.
            seconds: the processor time of each of `STAGES`, (len(STAGES),), is added to it.

        Returns:
            The fields of `pipeline.Answers`.

        Raises:
            TextTooLargeError: if they are longer than `MAX_BYTES`.
        """
        with self.begin(texts, languages, contexts, seconds, in_place=True) as running:
            probabilities = running.read_all()
        return probabilities, running.scores, running.line_offsets

    def begin(
        self,
        texts: Sequence[bytes],
        languages: Sequence[int],
        contexts: Sequence[int],
        seconds: NDArray[np.float64] | None = None,
        *,
        in_place: bool = False,
    ) -> Running:
        """Begin to label some texts, see `answer`; all that comes before the context networks is done.

        With `in_place`, all lines must be read at once, by `read_all`: their answers take the place of what was held of
        them.
        """
        count = len(texts)
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        if int(lengths.sum()) + count > MAX_BYTES:
            raise TextTooLargeError(f"a text of {lengths.max():,} bytes; at most {MAX_BYTES:,} can be labelled at once")
        pointers = (ctypes.c_char_p * count)(*texts)
        addresses = ctypes.addressof(pointers) if count else None
        offsets = np.empty(count + 1, dtype=np.int64)
        self._kernel.call("lw_line_offsets", addresses, lengths, count, offsets)
        scores = np.empty((count, self._n_scores), dtype=np.float32)
        room = None
        if in_place and self._sum_bytes >= 4 * N_LABELS:
            room = np.empty((int(offsets[-1]), -(-self._sum_bytes // 4)), dtype=np.float32)
        handle = self._kernel.call(
            "lw_begin",
            self._model,
            addresses,
            lengths,
            count,
            offsets,
            np.array(languages, dtype=np.int32),
            np.array(contexts, dtype=np.uint8),
            scores,
            seconds,
            room,
        )
        return Running(self._kernel, handle, scores, offsets, room, (self, seconds))

    def _keep(self, array: NDArray[Any]) -> int:
        """The address of an array that lives as long as this object."""
        array = np.ascontiguousarray(array)
        self._arrays.append(array)
        return kernel.address(array)

    def _layer(self, layer: Layer) -> list[int]:
        return [self._keep(layer.weight), self._keep(layer.bias), *layer.weight.shape]

    def _panels(self, weight: Float32Array) -> int:
        n_in, n_out = weight.shape
        panels = kernel.aligned_empty((-(-n_out // _PANEL) * n_in, _PANEL), np.float32)
        self._kernel.call("lw_pack", np.ascontiguousarray(weight), n_in, n_out, panels)
        return self._keep(panels)

    def _packed(self, layer: Layer) -> list[int]:
        return [self._panels(layer.weight), self._keep(layer.bias), *layer.weight.shape]

    def _context(
        self,
        network: Network,
        columns: dict[str, slice],
        groups: Sequence[Sequence[str]],
        looked_up: Sequence[str],
        order: NDArray[np.intp] | slice,
    ) -> list[int]:
        """The fields of a `Context`; `order` is that of its outputs."""
        first, last = network.layers
        fields = []
        for names in groups:
            parts = [sum(first.weight[columns[part]] for part in name.split("+")) for name in names]
            rows = np.concatenate(parts) if parts else first.weight[:0]
            fields += [self._panels(rows), len(rows)]
        for name in looked_up:
            rows = first.weight[columns[name]] if name else first.weight[:0]
            fields += [self._keep(rows), len(rows)]
        return [
            *fields,
            self._keep(first.bias),
            first.weight.shape[1],
            *self._packed(Layer(last.weight[:, order], last.bias[order])),
        ]


@cache
def _tables() -> tuple[NDArray[Any], ...]:
    """Of bytes, languages and numbers, in the order of `Model`."""
    logarithms = np.log2(np.maximum(np.arange(_N_LOGARITHMS), 1).astype(np.float64))
    return (
        class_table(),
        shape_table(),
        vocabulary_bitmap(),
        WHITE_SPACE,
        transition_table(),
        HAS_DIRECTIVES,
        HAS_HEREDOCS,
        ARROW_APPENDS,
        BINDS_IN_TEXT,
        interior.spans_lines(),
        logarithms,
        interior.slips(),
        np.array([interior.MARGIN]),
    )


_PREPARED: WeakKeyDictionary[Networks, CompiledNetworks] = WeakKeyDictionary()


def prepared(compiled: kernel.Kernel, networks: Networks, min_language_score: float) -> CompiledNetworks:
    """The networks as the kernel takes them, made at their first use."""
    known = _PREPARED.get(networks)
    if known is None:
        known = _PREPARED[networks] = CompiledNetworks(compiled, networks, min_language_score)
    return known
