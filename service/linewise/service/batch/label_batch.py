"""`label_batch`: labelling as a step of pipelines that run on other engines.

It is a plain function of a batch, so it goes where engines take one: Ray Data's ``map_batches``, Spark's
``mapInPandas`` and ``mapInArrow``, ``map`` of Hugging Face's datasets. It can be pickled, and each process loads one
classifier when the first batch arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    import pyarrow as pa

BatchT = TypeVar("BatchT")

# What does the work is imported when it is called: this package can be imported without its extra.


def label_batch(batch: BatchT, **options: Any) -> BatchT:
    """Label the rows of a batch: the same rows, with the columns added that `label_schema` tells.

    A row that cannot be labelled (no text, too large, no string) says so by its status and reason and has nulls
    besides; nothing is raised for it.

    Args:
        batch: a pyarrow table or record batch, a pandas data frame, or a mapping of column names to numpy arrays or
            lists. The answer is of the same kind; a mapping is answered by a dict.
        options: those of `linewise.service.datasets.options.RowOptions`, by name: ``text_column="content"``,
            ``language_column=None``, ``filename_column=None``, ``with_lines=False`` and so on.

    Raises:
        BatchTypeError: the batch is of another kind.
        ColumnError: a column is missing, or one is there already that is to be added.
        OptionError: an option has a value that is none of those allowed.
        ModelError: the model cannot be loaded.
    """
    from ..datasets.batches import label_any  # noqa: PLC0415
    from ..datasets.options import RowOptions  # noqa: PLC0415

    return cast("BatchT", label_any(batch, RowOptions(**options)))


def label_schema(**options: Any) -> pa.Schema:
    """The names and Arrow types of the columns that `label_batch` adds with these options."""
    from ..datasets.columns import added_schema  # noqa: PLC0415
    from ..datasets.options import RowOptions  # noqa: PLC0415

    return added_schema(RowOptions(**options))
