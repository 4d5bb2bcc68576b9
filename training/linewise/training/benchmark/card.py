"""The model card: what the model is, what it was made of, how right it is, and what it should not be used for."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from linewise.features.labels import LABELS, Group
from linewise.models.store import MODES, SIZES, SavedModel
from linewise.training.corpus.manifest import Split, load_manifest

_INTRODUCTION = """\
# Model card

linewise labels every line of source text with what the line is and what it is part of: 27 labels, each with a
probability. Four small networks answer one after another: which language, what the line says by itself, and two that
see the line among its neighbours, its parent, its siblings and the brackets around it. No parser runs.

- **Digest** `{digest}`, taxonomy {taxonomy}, format {format}, {size:.1f} MB, {macs:,} multiply-adds a line.
- **Languages** {languages}. Others are read by what they share with these.
- **Trained on** {lines:,} lines of open-source packages, labelled by tree-sitter grammars (see below), whole files and
  windows of 1 to 60 lines cut from them, the language told for a quarter of them; seed {seed}.
"""

_USE = """\
## Use

Intended: labelling lines of source code in whole files, patches, snippets and broken files, to filter datasets, to
say what a change is made of, to count, to fold and to navigate. Read the probability where a wrong answer costs.

Not intended: proving anything about a program (use a parser or a compiler); data files such as JSON, YAML or CSV,
which are outside the taxonomy; judging who wrote a text or how good it is.

## What surprises people

- A prototype without a body is a `function_definition`; `yield` is a `return`; a bare `else:` is a `conditional`.
- Go has no `documentation`, since only a comment's place would tell. A Python docstring is `documentation` and
  neither `comment` nor `string`.
- `self.x = 1` is an `assignment`, the first `x = 1` in its scope a `variable_declaration`.
- Decorators are `annotation` and, where they have arguments, `call`; the region of a function begins at its header.

## Known weaknesses

- Whether a plain assignment is the first binding of its name is known from the text shown; in a fragment the first
  binding may lie outside of it.
- Regions on short fragments: where neither the header nor the end of a loop is shown, the probability says little
  more than the label's base rate.
- A fragment that begins inside a triple-quoted or back-quoted string is read from the wrong side of the quotes until
  enough lines tell otherwise.
- Heredocs of Bash, Ruby and PHP, and code generated or minified beyond the rules of the corpus.
"""


_EXAMPLES = """\
### Examples

The most confident errors on whole files, at most three of each language and of different labels; chosen by this rule
alone among short lines of permissively licensed projects that training never saw. The number is the label's
probability. Now and then it is the parser's truth that errs.
"""


def write_card(folder: Path, model: SavedModel, report: str, failures: str) -> None:
    """Write MODEL_CARD.md into a model folder; see `card_text`."""
    (folder / "MODEL_CARD.md").write_text(card_text(model, report, failures), encoding="utf-8")


def card_text(model: SavedModel, report: str, failures: str) -> str:
    """The card as Markdown.

    Args:
        model: the model.
        report: the accuracy report, as Markdown.
        failures: a table of examples of what it gets wrong, as Markdown.
    """
    info = model.info
    training_lines: dict[str, int] = info.summary["training_lines"]
    introduction = _INTRODUCTION.format(
        digest=info.digest,
        taxonomy=info.taxonomy_version,
        format=info.format_version,
        size=info.size_bytes / 1e6,
        macs=info.summary["multiply_adds_per_line"],
        languages=", ".join(info.languages),
        lines=sum(training_lines.values()),
        seed=info.summary["seed"],
    )
    return "\n".join(
        [
            introduction,
            _USE,
            _EXAMPLES,
            failures,
            "\n## Figures\n",
            report,
            "## Thresholds\n",
            _thresholds(model),
            "\n## Training data\n",
            _data(training_lines),
            "\n## How to make it again\n",
            _AGAIN,
        ]
    )


_AGAIN = """\
```
pip install 'linewise[train]'
linewise corpus fetch && linewise corpus prepare && linewise corpus text && linewise corpus label
linewise train model --output model
linewise bench accuracy --model model --card
```

The same corpus, recipe, versions and thread count give the same weights on one machine.
"""


def _thresholds(model: SavedModel) -> str:
    lines = [
        "A label is given from the second number on, and is uncertain from the first on. These are the thresholds of "
        f"texts of more than {SIZES[-1]} lines.",
        "",
        "| label | " + " | ".join(MODES) + " |",
        "| --- |" + " ---: |" * len(MODES),
    ]
    for index, label in enumerate(LABELS):
        pairs = [(model.thresholds[mode].lower[-1], model.thresholds[mode].upper[-1]) for mode in MODES]
        cells = [f"{lower[index]:.3f} / {upper[index]:.3f}" for lower, upper in pairs]
        lines.append(f"| `{label.name}` | " + " | ".join(cells) + " |")
    upper = model.thresholds["balanced"].upper
    lines += [
        "",
        "In short texts the mode `balanced` gives a region from here on, so that it does so where the text shows the "
        "region and calls it uncertain where that is a guess:",
        "",
        "| label | " + " | ".join(f"up to {size} line{'s' * (size > 1)}" for size in SIZES) + " |",
        "| --- |" + " ---: |" * len(SIZES),
    ]
    for index, label in enumerate(LABELS):
        if label.group is Group.REGION:
            cells = [f"{upper[size, index]:.3f}" for size in range(len(SIZES))]
            lines.append(f"| `{label.name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _data(training_lines: dict[str, Any]) -> str:
    lines = [
        "Lines per language: " + ", ".join(f"{name} {count:,}" for name, count in training_lines.items()) + ".",
        "",
        "Packages with their licences; one project is in one split only:",
        "",
    ]
    projects: dict[tuple[Split, str], set[str]] = defaultdict(set)
    for package in load_manifest().packages:
        projects[package.split, package.language].add(f"{package.project} ({package.licence})")
    for split in Split:
        lines += [f"**{split.value}**", ""]
        lines += [
            f"- {language}: {', '.join(sorted(names, key=str.lower))}"
            for (of_split, language), names in sorted(projects.items())
            if of_split is split
        ]
        lines.append("")
    return "\n".join(lines)
