import numpy as np
import pytest

from .golden.make import FOLDER, features


@pytest.fixture(scope="module")
def current() -> dict[str, np.ndarray]:
    return features()


def test_the_same_features_are_frozen(current: dict[str, np.ndarray]) -> None:
    with np.load(FOLDER / "features.npz") as frozen:
        assert set(frozen.files) == set(current)


@pytest.mark.parametrize("name", np.load(FOLDER / "features.npz").files)
def test_features_are_what_the_model_was_trained_on(current: dict[str, np.ndarray], name: str) -> None:
    with np.load(FOLDER / "features.npz") as frozen:
        assert np.array_equal(frozen[name], current[name])
