"""Labels of documents: prose is text, a fence of a known language is code, what nothing tells is not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewise.features.labels import mask_of, names_of
from linewise.features.lines import split_lines
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle import label_file, violations
from linewise.training.text.markup import label_document, shown_code
from linewise.training.text.plain import BLANK, TEXT, lines_of, text_masks


def labels(document: str, path: str = "README.md") -> list[str]:
    """What each line came out as: its surface in one letter, ``?`` where it is not known."""
    masks, known = label_document(document.encode(), path)
    assert len(masks) == len(known) == len(split_lines(document.encode()))
    letters = {TEXT: "t", BLANK: "b"}
    return [letters.get(int(m), "c") if k else "?" for m, k in zip(masks, known, strict=True)]


def test_the_inside_of_a_fence_has_the_labels_of_its_language():
    source = "for item in queue:\n\n    item.send()\n"
    document = f"# Usage\n\nRun this:\n```python\n{source}```\nDone.\n"
    masks, known = label_document(document.encode(), "README.md")
    assert known.all()
    assert masks[4:7].tolist() == label_file(source.encode(), "python").masks.tolist()
    assert names_of(int(masks[6])) == ("code", "call", "in_loop")
    assert [int(mask) for mask in (*masks[:4], *masks[7:])] == [TEXT, BLANK, TEXT, TEXT, TEXT, TEXT]


def test_shown_code_stands_by_itself_without_its_indentation():
    lines = b"Text\n\n- so:\n  ```py\n  def f():\n      return 1\n  ```\n\n```js\nlet x = (\n```\n```text\na\n```\n"
    masks, known = label_document(lines, "README.md")
    document = LabelledFile("text", "project", "package", "README.md", lines, masks, known)
    (shown,) = shown_code(document)
    assert (shown.language, shown.path) == ("python", "README.md#5")
    assert shown.data == b"def f():\n    return 1\n"
    assert shown.known.all()
    assert shown.masks.tolist() == label_file(shown.data, "python").masks.tolist()


@pytest.mark.parametrize("info", ["js", "JavaScript", "js {1,3}", "{.js}", "js title=a"])
def test_a_fence_names_its_language_in_many_ways(info):
    assert labels(f"```{info}\nlet x = f();\n```\n") == ["t", "c", "t"]


def test_a_fence_in_a_list_is_read_without_its_indentation():
    assert labels("- so:\n\n  ```py\n  def f():\n      return 1\n  ```\n") == ["t", "b", "t", "c", "c", "t"]


def test_php_needs_no_opening_tag_in_a_fence():
    masks, known = label_document(b"```php\nforeach ($a as $b) {\n  f($b);\n}\n```\n", "x.md")
    assert known.all()
    assert int(masks[1]) & mask_of(["loop"])
    assert len(masks) == 5


@pytest.mark.parametrize(
    "fence",
    [
        "```\nplain\n```",
        "```json\n{}\n```",
        "```console\n$ ls\n```",
        "```bash\n$ ls -l\n```",
        "```python\ndef (:\n```",
        "```python\n>>> f()\n```",
        "```haskell\nmain = f\n```",
    ],
)
def test_what_a_block_is_stays_open_where_nothing_tells(fence):
    assert labels(fence + "\n") == ["t", "?", "t"]


def test_an_open_fence_and_front_matter_are_not_known():
    assert labels("A\n```python\nx = 1\n") == ["t", "t", "?"]
    assert labels("---\ntitle: x\n---\nText\n") == ["t", "?", "t", "t"]


def test_indented_blocks_are_not_known_but_lists_are_text():
    assert labels("So:\n\n    x = 1\n    y = 2\n\nAnd\n    wrapped\n") == ["t", "b", "?", "?", "b", "t", "t"]
    assert labels("* a\n\n    * b\n") == ["t", "b", "t"]


def test_restructured_text_blocks():
    document = "Like this::\n\n    make all\n\nand\n\n.. code-block:: python\n   :linenos:\n\n   import os\n\nEnd.\n"
    assert labels(document, "a.rst") == ["t", "b", "?", "b", "t", "b", "t", "t", "b", "c", "b", "t"]
    assert labels("A\n\n>>> 1\n1\n\nB\n", "a.rst") == ["t", "b", "?", "?", "b", "t"]


def test_manuals_and_listings():
    assert labels(".TH A 1\n.SH NAME\na\n.nf\nx = f(1);\n.fi\nb\n", "a.1") == ["t", "t", "t", "t", "?", "t", "t"]
    assert labels("A\n----\nx = 1\n----\nB\n", "a.adoc") == ["t", "t", "?", "t", "t"]


def test_code_that_nothing_marks_is_not_taught_as_prose():
    assert labels("Then call\nint main() {\nand so on.\n", "README") == ["t", "?", "t"]


def test_a_byte_order_mark_is_not_visible():
    assert text_masks(lines_of(b"\xef\xbb\xbf\nA\n")).tolist() == [BLANK, TEXT]


@given(
    st.lists(
        st.sampled_from(["```", "```py", "~~~", "x = 1", "    f();", "", "- a", "a::", ".nf", "----", "---", "\f"])
    ),
    st.sampled_from(["a.md", "a.rst", "a.adoc", "a.1", "README"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_every_known_line_keeps_the_rules(lines, path, line_break):
    data = line_break.join(lines).encode()
    masks, known = label_document(data, path)
    assert len(masks) == len(split_lines(data))
    assert not [v for v in violations(masks, data) if known[v.line - 1]]
