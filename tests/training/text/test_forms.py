"""Generated text: every form renders, the same seed gives the same text, no form or word serves two splits."""

import random

import pytest

from linewise.training.corpus.manifest import Split
from linewise.training.oracle import violations
from linewise.training.text.generate import generated_documents
from linewise.training.text.patterns import SlotError, alternatives, parts_of
from linewise.training.text.plain import BLANK, TEXT
from linewise.training.text.templates import FormError, all_forms, forms_of, parse_forms, render
from linewise.training.text.words import vocabulary
from linewise.training.text.writer import Writer


@pytest.mark.parametrize("form", all_forms(), ids=lambda form: f"{form.family}: {form.name}")
def test_every_form_renders_lines_that_hold_no_line_break(form):
    words = vocabulary(form.split)
    for seed in range(4):
        lines = render(form, Writer(random.Random(seed), words))
        assert any(line.strip() for line in lines)
        assert not any("\n" in line or "\r" in line for line in lines)


def test_forms_are_named_once_and_each_family_serves_training_and_evaluation():
    forms = all_forms()
    assert len({form.name for form in forms}) == len(forms)
    for family in {form.family for form in forms}:
        assert {form.split for form in forms if form.family == family} == set(Split), family


def test_no_word_or_phrase_serves_two_splits():
    kinds = [vocabulary(split).words for split in Split]
    for kind in kinds[0]:
        every = [word for words in kinds for word in words[kind]]
        assert len(every) == len(set(every))
        assert all(len(words[kind]) > 0 for words in kinds)


@pytest.mark.parametrize("split", list(Split))
def test_generated_documents_are_text_alone_and_follow_from_the_seed(split):
    words = vocabulary(split)
    first = list(generated_documents(split, 7, 4000, words))
    again = list(generated_documents(split, 7, 4000, words))
    other = list(generated_documents(split, 8, 4000, words))
    assert [(d.path, d.data) for d in first] == [(d.path, d.data) for d in again]
    assert [d.data for d in first] != [d.data for d in other]
    assert 4000 <= sum(len(d.masks) for d in first) < 5000
    assert len({d.data for d in first}) == len(first)
    names = {form.name for form in forms_of(split)}
    for document in first:
        assert document.path.rpartition("-")[0] in names
        assert document.language == "text"
        assert document.known.all()
        assert set(document.masks.tolist()) <= {TEXT, BLANK}
        assert violations(document.masks, document.data) == []


def test_slots_are_filled_kept_and_padded():
    writer = Writer(random.Random(1), vocabulary(Split.TRAIN))
    filled = writer.fill('{n=int:5-5~>3}|{=n}|{one:{lb}{hex:4}{rb}~<8}|{"key": {int:7-7}} { }')
    head, kept, padded, rest = filled.split("|")
    assert (head, kept, rest) == ("  5", "5", '{"key": 7} { }')
    assert len(padded) == 8
    assert padded.startswith("{")
    assert padded.rstrip().endswith("}")


def test_times_only_go_on():
    writer = Writer(random.Random(3), vocabulary(Split.TEST))
    times = [writer.fill("{time:%Y-%m-%d %H:%M:%S.%L}") for _ in range(50)]
    assert times == sorted(times)


@pytest.mark.parametrize("pattern", ["{nothing}", "{=unset}", "{one:a|{b"])
def test_a_slot_that_cannot_be_filled_is_an_error_that_shows_it(pattern):
    with pytest.raises(SlotError, match="in '"):
        Writer(random.Random(0), vocabulary(Split.TRAIN)).fill(pattern)


def test_bars_part_alternatives_only_where_they_stand_bare():
    assert alternatives(r"a|{one:b|c}|d\|e|") == ("a", "{one:b|c}", "d|e", "")
    assert parts_of("plain {} {0}") == ("plain {} {0}",)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("=== x | someday\nline", "x:1: unknown split 'someday'"),
        ("=== x | train\n%repeat 1-2\nline", "without its %end"),
        ("=== x | train\nline\n%end", "closes nothing"),
        ("=== x | train\n%repeat many\nline\n%end", "no range"),
        ("=== x | train\n%maybe 0.5\na\n%or\nb\n%end", "%or belongs to %one"),
        ("=== x | train\n%sometimes\n", "unknown directive"),
    ],
)
def test_a_faulty_form_is_named(content, fault):
    with pytest.raises(FormError, match=fault):
        list(parse_forms(content, "x"))


def test_directives_steer():
    (form,) = parse_forms("=== x | train\n%repeat 2-2\n%one\na\n%or\nb\n%end\n%end\n%%c\n%code 2-2 go > \n", "x")
    words = vocabulary(Split.TRAIN, code={"go": ["one", "two", "three"]})
    lines = render(form, Writer(random.Random(5), words))
    assert len(lines) == 5
    assert set(lines[:2]) <= {"a", "b"}
    assert lines[2] == "%c"
    assert lines[3:] in (["> one", "> two"], ["> two", "> three"])
