"""What came out, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from linewise.features.labels import Group
from linewise.training.benchmark.tallies import merged

from .measuring import VIEWS, PatchFigures, View
from .truth import CODE, NON_CODE, SINGLE

VERDICTS = (*SINGLE, NON_CODE, CODE)


_INTRODUCTION = """\
# How far verdicts can be trusted

What `linewise diff` says of changes whose truth the grammars tell from both sides as a whole: those between successive
versions of packages (histories), and edits of whole files by script, for histories have too few of each kind. The rules
were made on other packages and projects than these, but for one that these showed to be lacking: an export of a file's
own names is no import. [patches.md](patches.md) says what the verdicts mean; this page is written by
`linewise bench patches --write`.

"""


def as_page(figures: PatchFigures, model_digest: str) -> str:
    """The same as `as_markdown`, as a page of the documentation, with the model that was measured."""
    return f"{_INTRODUCTION}Of the model `{model_digest[:16]}`: {as_markdown(figures)}"


def as_markdown(figures: PatchFigures) -> str:
    """The verdicts' precision and recall and the labels' F1, in each view."""
    judged = figures.n_files - figures.n_unknown - figures.n_open
    lines = [
        f"{figures.n_files:,} changed files, of which {judged:,} are judged: in {figures.n_unknown:,} the grammar "
        f"can't read what changes, of {figures.n_open:,} more than one verdict can be defended.",
        "",
    ]
    for name in VIEWS:
        view = figures.views[name]
        lines += [f"**{name.capitalize()}.**", "", *_verdict_table(view), "", _label_line(view), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _verdict_table(view: View) -> Iterator[str]:
    pairs, history = view.together(), view.verdicts["histories"]
    yield "| verdict | true of | of these in histories | given to | precision | recall | given, but truly code |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for verdict in VERDICTS:
        true, given, right = _of(pairs, verdict)
        unsafe = "" if verdict == CODE else f"{pairs[CODE, verdict]:,}"
        yield (
            f"| `{verdict}` | {true:,} | {_of(history, verdict)[0]:,} | {given:,} | {_share(right, given)} "
            f"| {_share(right, true)} | {unsafe} |"
        )


def _of(pairs: Counter[tuple[str, str]], verdict: str) -> tuple[int, int, int]:
    """How many files a verdict is true of, how many it was given to, and of how many it is both."""
    true = sum(number for (truth, _), number in pairs.items() if truth == verdict)
    given = sum(number for (_, answer), number in pairs.items() if answer == verdict)
    return true, given, pairs[verdict, verdict]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "—"


def _label_line(view: View) -> str:
    figures = view.figures()
    surface = figures.overall((Group.SURFACE, Group.CONSTRUCT))
    pooled = merged(figures.by_language.values())
    return (
        f"Labels of the {pooled.n_lines:,} added and removed lines of the histories, mean over languages of the mean "
        f"over labels: F1 {figures.overall():.3f}; of what stands on the line and begins there {surface:.3f}, of what "
        f"it is part of {figures.overall((Group.REGION,)):.3f}. Every label right on {pooled.exact:.1%} of the lines."
    )
