import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features.labels import LABEL_INDEX, N_LABELS, mask_of, names_of
from linewise.models.decision import reconcile


def decided(labels: list[str], complete: bool = True, **probabilities: float) -> tuple[str, ...]:
    row = np.full((1, N_LABELS), 0.01, np.float32)
    for name, value in probabilities.items():
        row[0, LABEL_INDEX[name]] = value
    return names_of(int(reconcile(np.array([mask_of(labels)], np.uint32), row, complete=complete)[0]))


@pytest.mark.parametrize(
    ("labels", "probabilities", "expected"),
    [
        (["call"], {"call": 0.6, "code": 0.45}, ("code", "call")),
        (["comment", "string"], {"comment": 0.9, "string": 0.6, "code": 0.45}, ("code", "comment", "string")),
        (["comment", "conditional", "in_loop"], {"comment": 0.99, "conditional": 0.8}, ("comment", "in_loop")),
        (
            ["comment", "conditional", "call"],
            {"comment": 0.9, "call": 0.98, "code": 0.1},
            ("code", "comment", "conditional", "call"),
        ),
        (["string"], {"string": 0.6, "documentation": 0.3}, ("documentation",)),
        (["text", "code", "call"], {"text": 0.8, "code": 0.6}, ("text",)),
        (["text", "code", "call"], {"text": 0.5, "code": 0.6}, ("code", "call")),
        (["text", "comment", "in_loop"], {"text": 0.9, "comment": 0.6}, ("text", "in_loop")),
        (["in_function"], {"code": 0.2, "comment": 0.3}, ("comment", "in_function")),
        (["blank", "in_type"], {"code": 0.0}, ("blank", "in_type")),
        (["documentation"], {"documentation": 0.7}, ("documentation",)),
    ],
)
def test_the_more_probable_side_wins(labels: list[str], probabilities: dict[str, float], expected: tuple[str]) -> None:
    assert decided(labels, **probabilities) == expected


def test_a_line_may_stay_undecided_where_only_certainty_counts() -> None:
    assert decided(["in_function"], complete=False, code=0.6) == ("in_function",)
    assert decided(["call"], complete=False, call=0.99, code=0.9) == ("code", "call")


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, (1 << N_LABELS) - 1), st.integers(0, 2**32 - 1)), min_size=1, max_size=20))
def test_every_outcome_keeps_the_rules_and_is_final(rows: list[tuple[int, int]]) -> None:
    # A blank line's mask comes from the text itself and never holds more than regions.
    masks = np.array([mask & ~1 for mask, _ in rows], np.uint32)
    probabilities = np.stack([np.random.default_rng(seed).random(N_LABELS, np.float32) for _, seed in rows])
    outcome = reconcile(masks, probabilities)
    for mask in outcome.tolist():
        names = set(names_of(mask))
        assert names & {"code", "comment", "documentation", "text"}
        assert not (names & {"call", "loop", "string", "delimiter"}) or "code" in names
        assert "text" not in names or not names & {"code", "comment", "documentation"}
    assert np.array_equal(reconcile(outcome, probabilities), outcome)
