"""The trained networks: the saved-model format, the forward pass, and the classifier that people import."""

from linewise.features.languages import UnknownLanguageError

from .classifier import Classifier, Document, OptionError
from .compiled import TextTooLargeError
from .prediction import Line, Prediction
from .store import ModelError, ModelInfo

__all__ = [
    "Classifier",
    "Document",
    "Line",
    "ModelError",
    "ModelInfo",
    "OptionError",
    "Prediction",
    "TextTooLargeError",
    "UnknownLanguageError",
]
