"""Patches: what they say of each file, the labels of their lines on both sides, and what they amount to."""

from .label import FileLabels, HunkLabels, LineLabels, PatchPlan, label_patch
from .model import Change, FilePatch, Hunk, PatchLine
from .parse import PatchError, parse_patch, read_patch
from .verdict import Finding, Verdict, judge, judge_all

__all__ = [
    "Change",
    "FileLabels",
    "FilePatch",
    "Finding",
    "Hunk",
    "HunkLabels",
    "LineLabels",
    "PatchError",
    "PatchLine",
    "PatchPlan",
    "Verdict",
    "judge",
    "judge_all",
    "label_patch",
    "parse_patch",
    "read_patch",
]
