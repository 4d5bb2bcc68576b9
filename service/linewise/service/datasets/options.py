"""What holds for every row of a data set that is labelled."""

from __future__ import annotations

from dataclasses import dataclass

from linewise.models import OptionError
from linewise.models.layout import CONTEXTS
from linewise.models.store import MODES

from ..batch.job import DEFAULT_MAX_LINES
from ..reading import DEFAULT_MAX_BYTES


@dataclass(frozen=True, slots=True)
class RowOptions:
    """Where a row has its text, and how that is labelled.

    Attributes:
        text_column: the column with the text: strings, or bytes.
        language_column: the column with its language. A name that linewise does not know counts as none.
        filename_column: the column with its file name or path, which tells the language where no other column does.
        with_lines: whether to add the labels of every line, too.
        context: whether the texts are whole files (`file`), cut-outs (`fragment`), or either (`unknown`).
        mode: how sure a label must be to be given: `high-confidence`, `balanced` or `best-guess`.
        max_bytes: larger texts are skipped.
        max_lines: and so are those with more lines.
        prefix: what the names of the added columns begin with: most data sets have a column `language` of their own.

    Raises:
        OptionError: context or mode is none of the above.
    """

    text_column: str = "content"
    language_column: str | None = None
    filename_column: str | None = None
    with_lines: bool = False
    context: str = "file"
    mode: str = "balanced"
    max_bytes: int = DEFAULT_MAX_BYTES
    max_lines: int = DEFAULT_MAX_LINES
    prefix: str = "linewise_"

    def __post_init__(self) -> None:
        for name, value, allowed in (("context", self.context, CONTEXTS), ("mode", self.mode, MODES)):
            if value not in allowed:
                raise OptionError(f"{name} is {value[:40]!r}; it can be {', '.join(allowed)}")

    @property
    def read_columns(self) -> tuple[str, ...]:
        """The columns that are read of a row."""
        named = (self.text_column, self.language_column, self.filename_column)
        return tuple(name for name in named if name is not None)
