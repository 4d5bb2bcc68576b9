"""Batch labelling: whole trees into tables, over all cores, each file exactly once.

What needs the extra ``batch`` (pyarrow, joblib, tqdm) is imported from the modules themselves, or when it is called, so
that importing this package costs nothing and works without it.
"""

from .label_batch import label_batch, label_schema

__all__ = ["label_batch", "label_schema"]
