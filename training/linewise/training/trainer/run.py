"""A whole training: corpus in, model folder out."""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
from joblib import Parallel, delayed

from linewise.features.languages import LANGUAGE_NAMES
from linewise.models import store
from linewise.models.cost import multiply_adds
from linewise.models.layout import NOT_REFINED, REFINED
from linewise.models.network import LanguageLayer
from linewise.models.pipeline import Networks
from linewise.training.corpus.code_digest import digest_of_modules
from linewise.training.corpus.manifest import Split, load_manifest
from linewise.training.corpus.shards import LabelledFile, current_oracle, labelled_files
from linewise.training.oracle.anatomy import Anatomy, anatomy_of
from linewise.training.text.documents import shown_documents, text_documents
from linewise.training.variants import Variation, with_variants

from .calibration import Affine, calibrated, fit_calibration
from .evaluation import answer_with, measure, random_windows, whole_files
from .familiarity import with_familiarity
from .folds import may_be_held
from .sampling import Sample
from .stages import Recipe, Run, fit_first_context, fit_language, fit_line, fit_second_context, initial_networks
from .thresholds import fit_thresholds, histograms

TEXT_SEED = 1
_FILES_AT_ONCE = 50
MAX_PROJECT_LINES = 6000
"""Of a project when what is fitted is how sure the answers are: no project is to speak for its language alone."""
WINDOW_LENGTHS = (1, 3, 7, 20, 40)
_CODE = {
    "linewise.features": (
        "documents.py",
        "lexis.py",
        "lines.py",
        "states.py",
        "structure.py",
        "tokens.py",
        "vectors.py",
        "novelty.py",
    ),
    "linewise.models": ("context.py", "interior.py", "layout.py", "network.py", "pipeline.py"),
    "linewise.training.variants": (
        "contents.py",
        "edits.py",
        "lambdas.py",
        "literals.py",
        "make.py",
        "reshaping.py",
        "syntax.py",
    ),
    "linewise.training.trainer": (
        "calibration.py",
        "familiarity.py",
        "folds.py",
        "perceptron.py",
        "sampling.py",
        "stages.py",
    ),
}


@dataclass(frozen=True, slots=True)
class Corpus:
    """The labelled files of one split: code by language, the text part, and code that documents show.

    `further` are files of languages that the model has no name for; `projects_of_test_cases` names the projects whose
    files stand each for itself.
    """

    code: dict[str, list[LabelledFile]]
    further: list[LabelledFile]
    text: list[LabelledFile]
    shown: list[LabelledFile]
    projects_of_test_cases: frozenset[str]

    @property
    def n_lines(self) -> int:
        """Lines, those of unknown truth included."""
        return sum(len(file.masks) for file in self)

    def __iter__(self) -> Iterator[LabelledFile]:
        for files in self.code.values():
            yield from files
        yield from self.further
        yield from self.text
        yield from self.shown


def load_corpus(
    split: Split, languages: tuple[str, ...] = LANGUAGE_NAMES, variation: Variation | None = None
) -> Corpus:
    """All labelled files of a split, with variants where asked for.

    Raises:
        CorpusMissingError: where something is missing, naming the command that makes it.
    """
    code = {language: list(labelled_files(split, language)) for language in languages}
    if variation is not None:
        code = {language: _varied(files, variation) for language, files in code.items()}
    manifest = load_manifest()
    further = [file for language in manifest.further_languages(split) for file in labelled_files(split, language)]
    shown = [document for document in shown_documents(split) if document.language in languages]
    return Corpus(code, further, list(text_documents(split, TEXT_SEED)), shown, manifest.projects_of_test_cases())


def _varied(files: Sequence[LabelledFile], variation: Variation) -> list[LabelledFile]:
    """Variants of what may fit something; answers are calibrated on files as they are."""
    fitting = [file for file in files if not may_be_held(file.project)]
    return [*with_variants(fitting, variation), *(file for file in files if may_be_held(file.project))]


def calibration_corpus(held: Sequence[LabelledFile], validation: Corpus) -> Corpus:
    """What calibration and thresholds are fitted on: the projects held back from training and the validation split.

    Of each project some files are taken, by a digest of their paths, until they have `MAX_PROJECT_LINES`.

    Args:
        held: the files of the projects held back.
        validation: the validation split.
    """
    code = {
        language: _some_of_each([*files, *(file for file in held if file.language == language)])
        for language, files in validation.code.items()
    }
    return replace(validation, code=code, text=_some_of_each(validation.text))


def _some_of_each(files: Sequence[LabelledFile]) -> list[LabelledFile]:
    counts: Counter[str] = Counter()
    chosen = []
    for file in sorted(files, key=lambda file: hashlib.sha256(file.path.encode("utf-8", "replace")).digest()):
        if counts[file.project] < MAX_PROJECT_LINES:
            counts[file.project] += len(file.masks)
            chosen.append(file)
    return chosen


def training_key(recipe: Recipe, corpus: Corpus, validation: Corpus) -> str:
    """A digest of all that the weights depend on: recipe, corpus, features, forward pass and trainer.

    The validation split is a part of it: on it the first context network is calibrated, from which the second learns.
    """
    digest = hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode())
    for split, files in ((Split.TRAIN, corpus), (Split.VALIDATION, validation)):
        for language in (*files.code, *load_manifest().further_languages(split)):
            digest.update(f"{language} {current_oracle(split, language)}".encode())
        for file in files:
            digest.update(f"{file.project} {file.path} {len(file.data)} {int(file.known.sum())}\n".encode())
    for package, names in _CODE.items():
        digest.update(digest_of_modules(package, names).encode())
    digest.update("\n".join((sklearn.__version__, np.__version__, scipy.__version__)).encode())
    return digest.hexdigest()[:24]


def fit_stages(
    line_files: Sequence[LabelledFile], context_files: Sequence[LabelledFile], unseen: Corpus, run: Run
) -> Networks:
    """Fit the line network on some files, and the context networks on others.

    None learns from languages that were found by its own files' words: the line network sees those of a language layer
    that was fitted on the files of the context networks, these see those of one that was fitted on its files. The one
    that the model keeps is fitted on both.

    Each context network is calibrated as soon as it is fitted, on projects that fit nothing, the first one for the
    labels that the second leaves as they are, so that the second learns from answers as they are given.
    """

    def calibration(networks: Networks) -> Affine:
        return fit_calibration(views_of(unseen), answer_with(replace(networks, language=language)))

    def language_of(name: str, files: Sequence[LabelledFile]) -> LanguageLayer:
        return with_familiarity(fit_language(name, files, run), [*unseen.code.values(), unseen.text])

    networks = initial_networks()
    of_context_files = language_of("language of context", context_files)
    words, line = fit_line(line_files, replace(networks, language=of_context_files), run).layers
    networks = replace(networks, language=language_of("language of line", line_files))
    language = language_of("language of all", [*line_files, *context_files])
    # The later networks learn from answers of the weights as they are stored.
    stored = store.compact(replace(networks, words=words, line=line))
    first = fit_first_context(context_files, stored, run)
    first = calibrated(first, calibration(replace(stored, first_context=first)).chosen(NOT_REFINED))
    stored = replace(stored, first_context=first)
    second = fit_second_context(context_files, stored, run)
    second = calibrated(second, calibration(replace(stored, second_context=second)).taken(REFINED))
    return replace(stored, language=language, second_context=second, words=words)


def views_of(corpus: Corpus) -> list[dict[str, Iterator[Sample]]]:
    """Whole files and windows, code by language and the text part as a language of its own."""
    groups = {**corpus.code, "text": corpus.text}
    views = [{language: whole_files(files) for language, files in groups.items()}]
    views += [
        {language: random_windows(files, length, seed=1, per_file=20) for language, files in groups.items()}
        for length in WINDOW_LENGTHS
    ]
    return views


def write_model(
    folder: Path, networks: Networks, recipe: Recipe, corpus: Corpus, unseen: Corpus, validation: Corpus
) -> None:
    """Fit the thresholds on what fitted no network, write the model folder, and note what storing it small has cost."""
    counts = histograms(views_of(unseen), answer_with(store.compact(networks)), _anatomies(unseen))
    thresholds = fit_thresholds(counts)
    summary: dict[str, Any] = {
        "recipe": asdict(recipe),
        "seed": recipe.seed,
        "training_lines": {
            **{name: sum(len(file.masks) for file in files) for name, files in corpus.code.items()},
            "languages without a name": sum(len(file.masks) for file in corpus.further),
            "text": sum(len(file.masks) for file in corpus.text),
            "shown in documents": sum(len(file.masks) for file in corpus.shown),
        },
        "multiply_adds_per_line": multiply_adds(networks),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }
    store.save(folder, networks, thresholds, summary)
    stored = store.load(folder).networks
    summary["validation_macro_f1"] = {
        name: round(_whole_file_f1(candidate, thresholds["balanced"], validation), 5)
        for name, candidate in (("as trained", networks), ("as stored", stored))
    }
    store.save(folder, networks, thresholds, summary)


def _anatomies(corpus: Corpus, n_jobs: int = 2) -> dict[str, list[Anatomy]]:
    """Those of all files of code, by language."""
    results = Parallel(n_jobs=n_jobs)(
        delayed(_anatomies_of)(files[begin : begin + _FILES_AT_ONCE])
        for files in corpus.code.values()
        for begin in range(0, len(files), _FILES_AT_ONCE)
    )
    parts = iter(results)
    return {
        language: [anatomy for _ in range(0, len(files), _FILES_AT_ONCE) for anatomy in next(parts)]
        for language, files in corpus.code.items()
    }


def _anatomies_of(files: Sequence[LabelledFile]) -> list[Anatomy]:
    return [anatomy_of(file.data, file.language, file.masks, file_name=file.path) for file in files]


def _whole_file_f1(networks: Networks, thresholds: store.Thresholds, validation: Corpus) -> float:
    samples = {language: whole_files(files) for language, files in validation.code.items()}
    return measure(samples, answer_with(networks), thresholds).overall()
