import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features import kernel
from linewise.features.labels import LABEL_INDEX, N_LABELS, Group, group_mask
from linewise.features.lines import encode, split_lines
from linewise.models import Classifier, Document, OptionError, UnknownLanguageError, pipeline
from linewise.models.network import LanguageLayer
from linewise.models.store import N_SIZES, SavedModel, load, save, sizes_of

from .networks import plain_thresholds, random_networks

SOURCES = sorted((Path(__file__).parents[2] / "features").rglob("*.py"))
ANY_TEXT = st.text(st.sampled_from("abIf01 \t\n\r\f\v\x1c\u2028'\"`#/*-+=()[]{}<>,;:.\\$@é\ud800\x00"), max_size=200)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    folder = tmp_path_factory.mktemp("model")
    save(folder, random_networks(), plain_thresholds(), {})
    return load(folder)


@pytest.fixture(scope="module")
def classifier(model: SavedModel) -> Classifier:
    return Classifier(model)


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(ANY_TEXT, min_size=1, max_size=5))
def test_an_answer_does_not_depend_on_its_neighbours(classifier: Classifier, texts: list[str]) -> None:
    together = list(classifier.classify_many(texts))
    for text, prediction in zip(texts, together, strict=True):
        alone = classifier.classify(text)
        assert np.array_equal(alone.probabilities, prediction.probabilities)
        assert np.array_equal(alone.masks, prediction.masks)
        assert (alone.language, alone.language_score) == (prediction.language, prediction.language_score)
        assert len(prediction) == len(split_lines(encode(text)))


def test_real_files_are_answered_alike_alone_and_in_any_company(classifier: Classifier) -> None:
    texts = [path.read_bytes() for path in SOURCES]
    forward = list(classifier.classify_many(texts))
    backward = list(classifier.classify_many(reversed(texts)))[::-1]
    for text, first, second in zip(texts, forward, backward, strict=True):
        assert np.array_equal(first.probabilities, second.probabilities)
        assert np.array_equal(first.probabilities, classifier.classify(text).probabilities)


@settings(max_examples=150, deadline=None)
@given(text=ANY_TEXT)
def test_blank_lines_are_blank_and_no_more(classifier: Classifier, text: str) -> None:
    data = encode(text)
    spans = split_lines(data.removeprefix(b"\xef\xbb\xbf"))
    prediction = classifier.classify(data)
    regions = group_mask(Group.REGION)
    for start, end, mask in zip(spans.starts, spans.ends, prediction.masks.tolist(), strict=True):
        blank = not data.removeprefix(b"\xef\xbb\xbf")[start:end].strip(b" \t\n\v\f\r")
        assert bool(mask >> LABEL_INDEX["blank"] & 1) == blank
        if blank:
            assert mask & ~regions == 1 << LABEL_INDEX["blank"]


def test_shapes_and_versions(classifier: Classifier) -> None:
    prediction = classifier.classify("x = 1\n\nfor a in b:\n    pass")
    assert prediction.probabilities.shape == (4, N_LABELS)
    assert prediction.probabilities.dtype == np.float32
    assert prediction.masks.dtype == prediction.uncertain_masks.dtype == np.uint32
    assert not (prediction.masks & prediction.uncertain_masks).any()
    assert [line.number for line in prediction.lines] == [1, 2, 3, 4]
    assert prediction.lines[1].labels[0] == "blank"
    assert prediction.model_digest == classifier.info.digest
    assert prediction.taxonomy_version == classifier.info.taxonomy_version


@pytest.mark.parametrize("compiled", [True, False])
def test_blocks_are_the_whole_in_parts(classifier: Classifier, monkeypatch: pytest.MonkeyPatch, compiled: bool) -> None:
    if not compiled:
        monkeypatch.setattr(kernel, "load", lambda: None)
    document = Document(b"\n".join(path.read_bytes() for path in SOURCES) * 2, "python", mode="high-confidence")
    whole = next(classifier.classify_many([document]))
    blocks = list(classifier.classify_blocks(document, lines=2_048))
    assert len(blocks) > 2
    assert max(len(block) for block in blocks) <= 2_048
    for name in ("masks", "uncertain_masks", "probabilities"):
        assert np.array_equal(np.concatenate([getattr(block, name) for block in blocks]), getattr(whole, name))
    assert {block.language for block in blocks} == {whole.language}
    assert list(classifier.classify_blocks("")) == []
    with pytest.raises(OptionError, match="context is 'page'"):
        next(classifier.classify_blocks(Document("x", context="page")))


@pytest.mark.parametrize("compiled", [True, False])
def test_a_text_is_decided_by_its_own_length_however_it_is_read(
    classifier: Classifier, model: SavedModel, monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    if not compiled:
        monkeypatch.setattr(kernel, "load", lambda: None)
    lines = b"\n".join(path.read_bytes() for path in SOURCES).split(b"\n")
    lengths = [1, 29, 4, 5, 11, 12, 80, 28, 81, 2, 4_100]
    texts = [b"\n".join(line or b"x" for line in lines[:length]) for length in lengths]
    thresholds, regions = model.thresholds["best-guess"], np.uint32(group_mask(Group.REGION))
    bits = np.uint32(1) << np.arange(N_LABELS, dtype=np.uint32)
    rows = []
    documents = [Document(text, mode="best-guess") for text in texts]
    for text, together in zip(texts, classifier.classify_many(documents), strict=True):
        rows.append(int(sizes_of(np.array([len(together)]))[0]))
        given = (together.probabilities >= thresholds.upper[rows[-1]]) @ bits
        possible = (together.probabilities >= thresholds.lower[rows[-1]]) @ bits
        assert np.array_equal(together.masks & regions, given & regions)
        assert np.array_equal(together.uncertain_masks & regions, possible & ~given & regions)
        alone = classifier.classify(text, mode="best-guess")
        blocks = list(classifier.classify_blocks(Document(text, mode="best-guess"), lines=2_048))
        for name in ("masks", "uncertain_masks"):
            assert np.array_equal(getattr(alone, name), getattr(together, name))
            assert np.array_equal(np.concatenate([getattr(block, name) for block in blocks]), getattr(together, name))
    assert set(rows) == set(range(N_SIZES))


def test_the_empty_text_has_no_line(classifier: Classifier) -> None:
    assert len(classifier.classify("")) == 0
    assert classifier.classify("").language is None
    assert list(classifier.classify_many([])) == []
    assert [len(prediction) for prediction in classifier.classify_many(["", "a", ""])] == [0, 1, 0]


def test_given_language_wins_over_name_and_name_over_detection(classifier: Classifier) -> None:
    assert classifier.classify("x", language="Rust", filename="a.py").language == "rust"
    assert classifier.classify("x", filename="src/a.py").language == "python"
    assert classifier.classify("x", filename="a.py").language_score == 1.0
    assert classifier.classify("#!/bin/bash\nx", filename="unknown.zzz").language == "bash"


def test_a_text_of_no_known_language_has_none(model: SavedModel) -> None:
    layer = model.networks.language
    strange = replace(model.networks, language=LanguageLayer(layer.weight, layer.bias, 100.0))
    classifier = Classifier(replace(model, networks=strange))
    of_none, told = classifier.classify("some words"), classifier.classify("some words", language="go")
    assert (of_none.language, round(of_none.language_score, 3)) == (None, 1.0)
    assert (told.language, told.language_score) == ("go", 1.0)
    familiar = replace(model.networks, language=LanguageLayer(layer.weight, layer.bias, -100.0))
    known = Classifier(replace(model, networks=familiar)).classify("some words")
    assert known.language_score < 1.0
    scores = pipeline.answer(familiar, [pipeline.Document(b"some words")]).language_scores
    assert np.isclose(scores.sum(), 1.0)


def test_wrong_options_are_named(classifier: Classifier) -> None:
    with pytest.raises(UnknownLanguageError, match="'cobol'"):
        classifier.classify("x", language="cobol")
    with pytest.raises(OptionError, match="context is 'page'"):
        classifier.classify("x", context="page")
    with pytest.raises(OptionError, match="mode is 'bold'"):
        list(classifier.classify_many([Document("x", mode="bold")]))


def test_many_threads_get_the_same_answers(classifier: Classifier) -> None:
    texts = [path.read_bytes() for path in SOURCES[:6]]
    expected = [classifier.classify(text).probabilities for text in texts]
    wrong: list[int] = []

    def work() -> None:
        for index, text in enumerate(texts):
            if not np.array_equal(classifier.classify(text).probabilities, expected[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    "text",
    [
        b"x" * 300_000,
        b"\n" * 100_000,
        b"(" * 100_000,
        b"'" * 50_000,
        b"\\" * 50_001,
        b"/*" * 20_000,
        b"".join(b" " * depth + b"x\n" for depth in range(1_000)),
        bytes(range(256)) * 50,
    ],
    ids=["long line", "empty lines", "brackets", "quotes", "backslashes", "comments", "indentation", "all bytes"],
)
def test_awkward_texts_are_answered(classifier: Classifier, text: bytes) -> None:
    prediction = classifier.classify(text)
    assert len(prediction) == len(split_lines(text))
    assert np.isfinite(prediction.probabilities).all()
