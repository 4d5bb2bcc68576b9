"""Batch labelling: whole trees into tables, over all cores, each file exactly once.

What needs the extra ``batch`` (pyarrow, joblib, tqdm) is imported from the modules themselves, so that importing this
package costs nothing and works without it.
"""
