"""Markdown tables of what stands apart from the views: text, languages, files labelled by hand, examples of errors."""

from __future__ import annotations

from linewise.features.labels import LABEL_INDEX
from linewise.training.oracle.unseen import UNSEEN

from .accuracy import REGION, SURFACE_AND_CONSTRUCT, Accuracy
from .cases import WHOLE, Told
from .conformance import TOLD, Conformance
from .tables import percent, shown, table
from .unseen.measuring import Unseen


def text_table(accuracy: Accuracy) -> str:
    """Is text told from code?"""
    rows = []
    column = LABEL_INDEX["text"]
    for (view, _), result in accuracy.text.views.items():
        total = result.scores.all.total
        wrong = total.false_positives[column] + total.false_negatives[column]
        rows.append(
            [
                view,
                shown(float(total.f1[column])),
                percent(float(1 - wrong / max(total.n_lines, 1))),
                percent(total.exact),
                f"{int(total.support[column]):,}",
                f"{total.n_lines:,}",
            ]
        )
    return table(["view", "F1 of `text`", "lines told apart", "every label right", "text lines", "lines"], rows)


def detection_table(accuracy: Accuracy) -> str:
    """Which language is it?"""
    rows = [[row.name, f"{row.apart:.1%}", f"{row.merged:.1%}", f"{row.n_documents:,}"] for row in accuracy.detection()]
    return table(["view", "right", "C/C++ and JavaScript/TypeScript merged", "documents"], rows)


def unseen_table(unseen: Unseen) -> str:
    """Languages that no training data holds."""
    rows = []
    for language, counts in unseen.views[WHOLE].by_language.items():
        cells = []
        for figures in unseen.views.values():
            cells += [shown(figures.of_languages(groups)[language]) for groups in (SURFACE_AND_CONSTRUCT, REGION)]
        title = UNSEEN[language].title + (" (close)" if UNSEEN[language].close else "")
        overall = shown(unseen.views[WHOLE].of_languages()[language])
        rows.append(
            [title, overall, *cells, percent(counts.exact), percent(unseen.known[language]), f"{counts.n_lines:,}"]
        )
    header = ["language", f"{WHOLE}: all"]
    for view in unseen.views:
        header += [f"{view}: surface + construct", "region, all"]
    return table([*header, "every label right", "lines the parser read", "lines"], rows)


def code_called_text(accuracy: Accuracy, view: str) -> float:
    """The share of the languages' lines that are called `text` and are none."""
    totals = [result.scores.all.total for result in accuracy.views(view).values()]
    wrong = sum(int(total.false_positives[LABEL_INDEX["text"]]) for total in totals)
    return wrong / max(sum(total.n_lines for total in totals), 1)


def conformance_table(found: Conformance) -> str:
    """Files labelled by hand."""
    rows = [
        [language, *[percent(found.counts[told][language].exact) for told in TOLD], f"{counts.n_lines:,}"]
        for language, counts in found.counts[Told.NOTHING].items()
    ]
    n_lines = sum(counts.n_lines for counts in found.counts[Told.NOTHING].values())
    rows.append(["**all lines**", *[percent(found.exact(told)) for told in TOLD], f"{n_lines:,}"])
    return table(["language", *[f"every label right, {told.value} told" for told in TOLD], "lines"], rows)


def failures_table(accuracy: Accuracy) -> str:
    """The most confident errors of each language."""
    lines = ["| language | what the model says | the line | where |", "| --- | --- | --- | --- |"]
    for language, result in accuracy.languages.items():
        for one in result.failures:
            said = (
                f"`{one.label}` ({one.probability:.3f}), wrongly"
                if one.given
                else f"no `{one.label}` ({one.probability:.3f}), wrongly"
            )
            lines.append(
                f"| {language} | {said} | `{one.text}` | {one.project}, {one.path.rsplit('/', 1)[-1]}:{one.line} |"
            )
    return "\n".join(lines)
