"""Variants: their labels are the oracle's, and edits that change no statement change no statement's label."""

import random
from pathlib import Path

import numpy as np
import pytest

from linewise.features.labels import mask_of
from linewise.features.languages import LANGUAGE_NAMES
from linewise.features.plain_text import parse_plain_text
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle import label_file
from linewise.training.variants import Variation, edits, lambdas, literals, reshaping, variant_of, with_variants
from linewise.training.variants.make import place_of
from linewise.training.variants.syntax import SYNTAX

CONFORMANCE = Path(__file__).parents[2] / "conformance"
SEEDS = range(6)


def labelled(data: bytes, language: str, path: str = "a/b") -> LabelledFile:
    truth = label_file(data, language)
    return LabelledFile(language, "project", "package", path, data, truth.masks, truth.known)


def sample(language: str) -> LabelledFile:
    return labelled(parse_plain_text((CONFORMANCE / f"{language}.txt").read_bytes()).data, language)


def edited(file: LabelledFile, found: list[edits.Edit]) -> LabelledFile:
    return labelled(edits.apply_edits(file.data, found), file.language)


def test_every_language_has_its_syntax() -> None:
    assert set(SYNTAX) == set(LANGUAGE_NAMES)


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
def test_a_variant_differs_and_has_the_oracles_labels(language: str) -> None:
    file = sample(language)
    variants = [variant_of(file, random.Random(seed)) for seed in SEEDS]
    assert len({variant.data for variant in variants} - {file.data}) >= len(SEEDS) // 2
    for variant in variants:
        truth = label_file(variant.data, language, file_name=file.path)
        assert np.array_equal(variant.masks, truth.masks)
        assert np.array_equal(variant.known, truth.known)
        assert (~variant.known).sum() <= (~file.known).sum()
        assert (variant.project, variant.path) == (file.project, file.path)


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
def test_a_comment_behind_a_line_adds_that_label_and_no_other(language: str) -> None:
    file = sample(language)
    comment = np.uint32(mask_of(["comment"]))
    for seed in SEEDS:
        place = place_of(file, random.Random(seed))
        found = list(edits.comments_behind(place, 0.3))
        after = edited(file, found)
        changed = np.zeros(len(file.masks), dtype=bool)
        changed[np.searchsorted(place.lines.ends, [edit.begin for edit in found])] = True
        both = file.known & after.known
        assert found
        assert both.mean() > 0.9
        assert np.array_equal((file.masks | comment * changed)[both], after.masks[both])


@pytest.mark.parametrize("language", ["java", "javascript", "kotlin", "rust", "swift", "typescript"])
def test_a_labelled_loop_is_a_loop_as_before(language: str) -> None:
    loops = {
        "kotlin": "fun f() {\n    while (a) {\n        if (b) break\n    }\n}\n",
        "rust": "fn f() {\n    while a {\n        if b { break; }\n    }\n}\n",
        "swift": "func f() {\n    while a {\n        if b { break }\n    }\n}\n",
        "java": "class A { void f() {\n    while (a) {\n        if (b) break;\n    }\n}}\n",
    }
    file = labelled(
        loops.get(language, "function f() {\n    while (a) {\n        if (b) break;\n    }\n}\n").encode(), language
    )
    place = place_of(file, random.Random(1))
    found = list(edits.labels(place, 1.0))
    after = edited(file, found)
    assert found
    assert after.known.all()
    assert np.array_equal(after.masks, file.masks)


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("python", "def f():\n    if a:\n        g()\n    return 1\n", "def f():\n    if a: g()\n    return 1\n"),
        ("ruby", "def f\n  if a\n    g(1)\n  end\nend\n", "def f\n  g(1) if a\nend\n"),
        ("bash", "if a; then\n  b c\nfi\n", "if a; then b c; fi\n"),
        ("lua", "if a then\n  f(1)\nend\n", "if a then f(1) end\n"),
        ("kotlin", "fun f() {\n    if (a) {\n        g()\n    }\n}\n", "fun f() {\n    if (a) { g() }\n}\n"),
    ],
)
def test_a_body_of_one_line_joins_its_header(language: str, before: str, after: str) -> None:
    file = labelled(before.encode(), language)
    found = list(reshaping.joined_bodies(place_of(file, random.Random(2)), 1.0))
    assert edits.apply_edits(file.data, found).decode() == after


@pytest.mark.parametrize("language", [name for name in LANGUAGE_NAMES if name != "python"])
def test_indentation_changes_no_label(language: str) -> None:
    file = sample(language)
    changed = 0
    for seed in range(40):
        found = list(reshaping.reindented(place_of(file, random.Random(seed))))
        if not found:
            continue
        changed += 1
        after = edited(file, found)
        both = file.known & after.known
        assert both.mean() > 0.9
        assert np.array_equal(file.masks[both], after.masks[both])
    assert 1 <= changed <= 15


PROGRAMS = {
    "bash": 'say "a b"\n',
    "c": 'void f() { say("a b"); }\n',
    "cpp": 'void f() { say("a b"); }\n',
    "csharp": 'class A { void F() { Say("a b"); } }\n',
    "go": 'package a\nfunc f() { say("a b") }\n',
    "java": 'class A { void f() { say("a b"); } }\n',
    "javascript": 'say("a b");\n',
    "kotlin": 'fun f() { say("a b") }\n',
    "lua": 'say("a b")\n',
    "php": '<?php\nsay("a b");\n',
    "python": 'say("a b")\n',
    "ruby": 'say("a b")\n',
    "rust": 'fn f() { say("a b"); }\n',
    "scala": 'object A { say("a b") }\n',
    "swift": 'say("a b")\n',
    "typescript": 'say("a b");\n',
}


@pytest.mark.parametrize("language", [name for name in LANGUAGE_NAMES if name != "bash"])
def test_what_a_long_string_holds_is_that_string(language: str) -> None:
    file = labelled(PROGRAMS[language].encode(), language)
    string, silent = mask_of(["string"]), mask_of(["comment", "documentation", "loop", "return", "import"])
    made = 0
    for seed in range(30):
        found = list(literals.long_strings(place_of(file, random.Random(seed)), 1.0))
        assert len(found) == 1
        after = edited(file, found)
        lines = [index for index, mask in enumerate(after.masks.tolist()) if mask & string]
        assert after.known.all()
        assert len(after.masks) > len(file.masks)
        assert not (after.masks & np.uint32(silent)).any(), after.data
        made += len(lines)
    assert made > 60


CALLS = {
    "cpp": "void f() {\n    run(1, a);\n}\n",
    "csharp": "class A { void F() {\n    Run(1, a);\n} }\n",
    "go": "package a\nfunc f() {\n\trun(1, a)\n}\n",
    "java": "class A { void f() {\n    run(1, a);\n} }\n",
    "kotlin": "fun f() {\n    run(1, a)\n}\n",
    "php": "<?php\nrun(1, $a);\n",
    "rust": "fn f() {\n    run(1, a);\n}\n",
    "scala": "object A {\n  run(1, a)\n}\n",
}


@pytest.mark.parametrize("language", sorted(lambdas.ARGUMENTS))
def test_a_lambda_is_one_wherever_it_is_put(language: str) -> None:
    file = labelled(
        CALLS.get(language, "run(1, a);\n" if SYNTAX[language].statement_end else "run(1, a)\n").encode(), language
    )
    label, shapes = mask_of(["lambda"]), set()
    for seed in range(60):
        found = list(lambdas.lambdas(place_of(file, random.Random(seed)), 1.0))
        after = edited(file, found)
        assert len(found) == 1
        assert after.known.all(), after.data
        is_placeholder = language == "scala" and b"_" in after.data  # `_.name` is no lambda
        assert any(int(mask) & label for mask in after.masks) != is_placeholder, after.data
        shapes.add((len(after.masks) > len(file.masks), found[0].replacement.split()[0]))
    assert len({wraps for wraps, _ in shapes}) == 1 + (language in lambdas.AROUND)


def test_no_lambda_is_put_where_none_can_stand() -> None:
    source = b"import a\ndef f(a, b):\n    return 1\nclass A(b):\n    pass\nfor x in f(a):\n    pass\nx = 'g(a, b)'\n"
    file = labelled(source, "python")
    assert not list(lambdas.lambdas(place_of(file, random.Random(1)), 1.0))


def test_markup_is_put_behind_programs_of_php_alone() -> None:
    program = labelled(b"<?php\nfunction report($lines) {\n    return count($lines);\n}\n", "php")
    loop, text = mask_of(["loop"]), mask_of(["text"])
    after = [edited(program, list(literals.templates(place_of(program, random.Random(seed))))) for seed in range(20)]
    assert all(file.known.all() for file in after)
    assert all(file.data.startswith(program.data.rstrip() + b"\n?>\n") for file in after)
    assert sum(int(mask) & loop > 0 for file in after for mask in file.masks) > 5
    assert sum(int(mask) & text > 0 for file in after for mask in file.masks) > 20
    for source in (b"<?php\nf();\n?>\n<p>\n", b"<p>\n", b"<?php\n$a = [\n1];\n"):
        assert not list(literals.templates(place_of(labelled(source, "php"), random.Random(1))))
    java = labelled(b"class A {\n}\n", "java")
    assert not list(literals.templates(place_of(java, random.Random(1))))


def test_of_edits_that_overlap_the_first_counts() -> None:
    found = [edits.Edit(2, 4, b"X"), edits.Edit(0, 3, b"-"), edits.Edit(4, 4, b"!")]
    assert edits.apply_edits(b"abcdef", found) == b"-d!ef"


def test_files_keep_their_places_and_are_the_same_each_time() -> None:
    data = b"for x in y:\n    f('a b c', x)  # what it is\n    return g(x)\n" * 4
    files = [labelled(data, "python", f"{number}.py") for number in range(20)]
    varied = with_variants(files, Variation(0.5, 3), n_jobs=1)
    again = with_variants(files, Variation(0.5, 3), n_jobs=1)
    assert [file.path for file in varied] == [file.path for file in files]
    assert [file.data for file in varied] == [file.data for file in again]
    assert 3 <= sum(file.data != data for file in varied) <= 17
    assert all(file.data == data for file in with_variants(files, Variation(0.0), n_jobs=1))
