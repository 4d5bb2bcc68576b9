"""``/v1/labels``, ``/v1/languages``, ``/v1/model``: what the answers mean and where they come from."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter

from linewise.features.labels import LABELS, TAXONOMY_VERSION
from linewise.features.languages import language_named

from ...schemas.answers import LabelsAnswer, LanguagesAnswer, ModelAnswer
from ..dependencies import ClassifierDependency
from ..problems import documented

router = APIRouter(prefix="/v1", tags=["vocabulary"], responses=documented(503))


@router.get("/labels", operation_id="labels", summary="The labels, in label order", response_model=LabelsAnswer)
async def labels(classifier: ClassifierDependency) -> LabelsAnswer:
    """Every label with its group and its meaning, in the order of the probabilities of ``/v1/classify``."""
    return {
        "labels": [{"name": label.name, "group": label.group.value, "meaning": label.meaning} for label in LABELS],
        "model_digest": classifier.info.digest,
        "taxonomy_version": TAXONOMY_VERSION,
    }


@router.get(
    "/languages",
    operation_id="languages",
    summary="The languages of the model",
    response_model=LanguagesAnswer,
)
async def languages(classifier: ClassifierDependency) -> LanguagesAnswer:
    """The languages that the model was trained on, with what tells them: names, endings, file names."""
    known = [language_named(name) for name in classifier.info.languages]
    return {
        "languages": [
            {
                "name": language.name,
                "title": language.title,
                "aliases": list(language.aliases),
                "extensions": list(language.extensions),
                "file_names": list(language.file_names),
            }
            for language in known
        ],
        "model_digest": classifier.info.digest,
        "taxonomy_version": classifier.info.taxonomy_version,
    }


@router.get("/model", operation_id="model", summary="The model in service", response_model=ModelAnswer)
async def model(classifier: ClassifierDependency) -> ModelAnswer:
    """Which model answers, how large it is, how it was trained."""
    info = classifier.info
    return {
        "model_digest": info.digest,
        "taxonomy_version": info.taxonomy_version,
        "format_version": info.format_version,
        "linewise_version": version("linewise"),
        "languages": list(info.languages),
        "size_bytes": info.size_bytes,
        "summary": dict(info.summary),
    }
