"""`linewise label`: forms of output, what is skipped, exit codes, files that appear whole or not at all."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from linewise.features.labels import LABEL_INDEX, LABEL_NAMES, N_LABELS, TAXONOMY_VERSION, mask_of
from linewise.features.lines import encode, end_of_lines, split_lines
from linewise.features.plain_text import parse_plain_text
from linewise.models import Classifier, Document, ModelError, Prediction
from linewise.models.layout import CONTEXTS
from linewise.models.store import MODES
from linewise.service import labelling, reading
from linewise.service.cli import EXIT_INCOMPLETE, EXIT_UNUSABLE, linewise
from linewise.service.commands import label as label_command
from linewise.service.commands.options import wants_colour
from linewise.service.files import Source
from linewise.service.formats import JsonLinesFormat, Labelled, TextFormat, printable_name, text_lines
from linewise.service.labelling import Tally
from linewise.service.output import open_output, write_all
from linewise.service.reading import Skipped, SkipReason

SAMPLE = "for x in y:\n    f(x)\n\n"
SAMPLE_LABELS = "code,loop,in_loop | for x in y:\ncode,call,in_loop |     f(x)\nblank             |\n"


class RuleClassifier:
    """Stands in for the trained one: three rules, so that what is written can be told exactly."""

    def __init__(self) -> None:
        self.documents: list[Document] = []

    def classify_many(self, texts: Iterable[str | bytes | Document]) -> Iterator[Prediction]:
        """All the texts are taken before the first answer is given, as a batch would."""
        documents = [text if isinstance(text, Document) else Document(text) for text in texts]
        self.documents.extend(documents)
        for document in documents:
            yield self._predict(encode(document.text))

    def classify_blocks(self, document: str | bytes | Document, *, lines: int) -> Iterator[Prediction]:
        """Blocks of one, two, three lines and so on."""
        assert lines > 0
        document = document if isinstance(document, Document) else Document(document)
        self.documents.append(document)
        data, begin, count = encode(document.text), 0, 1
        while begin < len(data):
            end = end_of_lines(data, begin, count)
            yield self._predict(data[begin:end])
            begin, count = end, count + 1

    def _predict(self, data: bytes) -> Prediction:
        spans = split_lines(data)
        lines = [data[start:end] for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)]
        masks = np.array([self._mask(line) for line in lines], dtype=np.uint32)
        probabilities = np.full((len(lines), N_LABELS), 0.25, dtype=np.float32)
        for row, mask in zip(probabilities, masks.tolist(), strict=True):
            row[[index for index in range(N_LABELS) if mask >> index & 1]] = 0.9876
        uncertain = np.where(masks == 1, 0, mask_of(["string"])).astype(np.uint32)
        return Prediction(masks, uncertain, probabilities, "python", 0.75, "0" * 64, TAXONOMY_VERSION)

    @staticmethod
    def _mask(line: bytes) -> int:
        if not line.strip():
            return mask_of(["blank"])
        return mask_of(["code", "loop" if line.startswith(b"for") else "call", "in_loop"])


@pytest.fixture
def classifier(monkeypatch: pytest.MonkeyPatch) -> RuleClassifier:
    rules = RuleClassifier()
    monkeypatch.setattr(Classifier, "load", lambda: rules)
    return rules


@pytest.fixture
def run(classifier: RuleClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `linewise label` with the stand-in, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(linewise, ["label", *arguments], input=stdin)

    return call


class TestForms:
    def test_one_file_is_written_in_the_plain_text_form(self, run: Callable[..., Result]) -> None:
        Path("a.py").write_text(SAMPLE)
        result = run("a.py")
        assert (result.exit_code, result.stdout, result.stderr) == (0, SAMPLE_LABELS, "")
        assert parse_plain_text(result.stdout_bytes).data == SAMPLE.encode()

    def test_several_files_stand_under_their_names(self, run: Callable[..., Result]) -> None:
        Path("a.py").write_text("f()\n")
        Path("b.py").write_text("g()\n")
        expected = "==> a.py <==\ncode,call,in_loop | f()\n\n==> b.py <==\ncode,call,in_loop | g()\n"
        assert run("a.py", "b.py").stdout == expected

    def test_scores_stand_beside_the_labels_and_mark_what_is_uncertain(self, run: Callable[..., Result]) -> None:
        Path("a.py").write_text("f()\n")
        assert run("--scores", "a.py").stdout == "code=0.99,string=0.25?,call=0.99,in_loop=0.99 | f()\n"

    def test_json_lines(self, run: Callable[..., Result]) -> None:
        Path("a.py").write_text(SAMPLE)
        objects = [json.loads(line) for line in run("--format", "jsonl", "a.py").stdout.splitlines()]
        assert objects[0] == {
            "path": "a.py",
            "line": 1,
            "labels": ["code", "loop", "in_loop"],
            "uncertain": ["string"],
            "language": "python",
        }
        assert [each["line"] for each in objects] == [1, 2, 3]

    def test_json_lines_with_scores_have_every_label(self, run: Callable[..., Result]) -> None:
        Path("a.py").write_text(SAMPLE)
        objects = [json.loads(line) for line in run("--format", "jsonl", "--scores", "a.py").stdout.splitlines()]
        assert tuple(objects[0]["scores"]) == LABEL_NAMES
        assert objects[0]["scores"]["loop"] == 0.988
        assert objects[0]["scores"]["call"] == 0.25

    def test_colour_is_added_only_when_asked_or_on_a_terminal(self, run: Callable[..., Result]) -> None:
        Path("a.py").write_text("f()\n")
        assert "\x1b" not in run("a.py").stdout
        painted = CliRunner().invoke(linewise, ["label", "--color", "always", "a.py"], color=True).stdout
        assert "\x1b[36mcode\x1b[0m" in painted
        assert "\x1b[33mcall\x1b[0m" in painted
        assert "\x1b[34min_loop\x1b[0m" in painted

    def test_colour_keeps_the_bars_aligned(self) -> None:
        data = b"for x in y:\n\nf()\n"
        prediction = next(RuleClassifier().classify_many([data]))
        plain = TextFormat(scores=True).render(Labelled("a.py", data, prediction))
        painted = TextFormat(scores=True, colour=True).render(Labelled("a.py", data, prediction))
        assert painted != plain
        assert click.unstyle(painted) == plain

    @given(
        st.lists(st.sampled_from(["f()", "", "  ", "\u00e9\x0c", "a\u2028b", "for x", "\x1c"])),
        st.sampled_from(["\n", "\r\n", "\r"]),
    )
    def test_every_line_is_written_once(self, lines: list[str], line_break: str) -> None:
        data = "".join(line + line_break for line in lines).encode()
        prediction = next(RuleClassifier().classify_many([data]))
        text = TextFormat().render(Labelled("a", data, prediction))
        assert parse_plain_text(text.encode()).masks == tuple(prediction.masks.tolist())
        objects = JsonLinesFormat().render(Labelled("a", data, prediction)).splitlines()
        assert len(objects) == len(lines)

    @given(st.binary(max_size=200))
    def test_lines_of_text_and_of_bytes_agree(self, data: bytes) -> None:
        assert len(text_lines(data)) == len(split_lines(data))


class TestLargeTexts:
    @pytest.fixture(autouse=True)
    def all_but_the_shortest_are_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(labelling, "LARGE_BYTES", 30)

    @pytest.mark.parametrize(
        "options",
        [(), ("--scores",), ("--color", "always"), ("--format", "jsonl"), ("--format", "jsonl", "--scores")],
    )
    def test_output_is_that_of_a_text_as_a_whole(
        self, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
    ) -> None:
        Path("folder").mkdir()
        texts = (SAMPLE, "x = 1\n", SAMPLE * 20 + "  x", SAMPLE * 5, "", "a\r\n\rb\n" * 9, "y", "\u00e9\n" * 40)
        for index, text in enumerate(texts):
            Path(f"folder/{index}.py").write_bytes(text.encode())
        Path("folder/7.py").write_bytes(b"\xe9 = '\xff'\n" + b"x = 1\n" * 40)
        by_blocks = run("folder", *options)
        monkeypatch.setattr(labelling, "LARGE_BYTES", 1 << 20)
        whole = run("folder", *options)
        assert by_blocks.stdout == whole.stdout
        assert by_blocks.stderr == whole.stderr
        assert by_blocks.exit_code == whole.exit_code == 0

    def test_files_stay_in_order_and_are_told_as_ever(
        self, run: Callable[..., Result], classifier: RuleClassifier
    ) -> None:
        names = ["b.py", "a.py", "-"]
        Path("a.py").write_text("f()\n")
        Path("b.py").write_text(SAMPLE * 3)
        found = run("--format", "jsonl", *names, stdin=SAMPLE.encode() * 2)
        paths = [json.loads(line)["path"] for line in found.stdout.splitlines()]
        assert paths == ["b.py"] * 9 + ["a.py"] + ["-"] * 6
        assert [document.context for document in classifier.documents] == ["file", "file", "unknown"]


class TestOptions:
    def test_the_classifier_is_told_what_is_known(self, run: Callable[..., Result], classifier: RuleClassifier) -> None:
        Path("a.py").write_text("f()\n")
        run("a.py", "-", stdin=b"g()\n")
        assert classifier.documents == [
            Document(b"f()\n", filename="a.py", context="file"),
            Document(b"g()\n", filename=None, context="unknown"),
        ]

    def test_options_reach_the_classifier(self, run: Callable[..., Result], classifier: RuleClassifier) -> None:
        run("--language", "C++", "--context", "fragment", "--mode", "best-guess", "-", stdin=b"g()\n")
        assert classifier.documents == [Document(b"g()\n", "cpp", None, "fragment", "best-guess")]

    def test_choices_are_those_of_the_classifier(self) -> None:
        choices = {option.name: getattr(option.type, "choices", None) for option in label_command.label.params}
        assert tuple(choices["mode"]) == MODES
        assert sorted(choices["context"]) == sorted(CONTEXTS)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "Missing argument 'PATHS...'"),
            (["gone.py"], "'gone.py' does not exist"),
            (["--language", "klingon", "-"], "unknown language 'klingon'; known are bash"),
            (["--format", "xml", "-"], "'xml' is not one of"),
            (["--max-bytes", "0", "-"], "0 is not in the range"),
        ],
    )
    def test_wrong_usage(self, run: Callable[..., Result], arguments: list[str], message: str) -> None:
        result = run(*arguments)
        assert result.exit_code == EXIT_UNUSABLE
        assert message in result.stderr
        assert result.stdout == ""

    def test_model_that_cannot_be_used(self, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
        def load() -> Classifier:
            raise ModelError("model.json: no such file")

        monkeypatch.setattr(Classifier, "load", load)
        result = run("-", stdin=b"")
        assert (result.exit_code, result.stderr) == (EXIT_UNUSABLE, "Error: model.json: no such file\n")


class TestSkipping:
    def test_folder_counts_what_it_left_out(self, run: Callable[..., Result]) -> None:
        for name, content in {"a.py": b"f()\n", "b.md": b"# b\n", "c.md": b"# c\n", "d.py": b"\0"}.items():
            Path(name).write_bytes(content)
        result = run(".")
        assert result.exit_code == 0
        assert result.stdout == "==> a.py <==\ncode,call,in_loop | f()\n"
        assert result.stderr == "labelled 1 file, 1 line; skipped 3 files: 2 no known language, 1 binary\n"

    def test_verbose_names_what_was_left_out(self, run: Callable[..., Result]) -> None:
        Path("b.md").write_text("# b\n")
        assert run("--verbose", ".").stderr.splitlines() == [
            "linewise: b.md: no known language",
            "labelled 0 files, 0 lines; skipped 1 file: 1 no known language",
        ]

    def test_named_file_that_cannot_be_labelled_fails_and_the_rest_goes_on(self, run: Callable[..., Result]) -> None:
        Path("a.py").write_bytes(b"\0")
        Path("b.py").write_text("f()\n")
        result = run("--format", "jsonl", "a.py", "b.py")
        assert result.exit_code == EXIT_INCOMPLETE
        assert result.stderr == "linewise: a.py: binary\n"
        assert json.loads(result.stdout)["path"] == "b.py"

    def test_too_large(self, run: Callable[..., Result]) -> None:
        Path("a.py").write_text("x" * 1000)
        assert run("--max-bytes", "999", "a.py").stderr == "linewise: a.py: too large (1,000 bytes; see --max-bytes)\n"
        assert run("--max-bytes", "999", "-", stdin=b"x" * 1000).exit_code == EXIT_INCOMPLETE
        assert run("--max-bytes", "1000", "a.py", "-", stdin=b"x" * 1000).exit_code == 0

    def test_folder_with_nothing_in_it(self, run: Callable[..., Result]) -> None:
        result = run(".")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "labelled 0 files, 0 lines\n")

    def test_empty_input_has_no_line(self, run: Callable[..., Result]) -> None:
        assert run("-", stdin=b"").stdout == ""

    def test_unreadable_file_of_a_folder_fails(
        self, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("a.py").write_text("f()\n")

        def refuse(*arguments: object) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(reading, "_open_regular", lambda path, follow: refuse())
        result = run(".")
        assert result.exit_code == EXIT_INCOMPLETE
        assert result.stderr.splitlines()[0] == "linewise: a.py: unreadable (Permission denied)"


class TestNames:
    def test_name_that_is_no_utf8_goes_out_as_it_came_in(self, run: Callable[..., Result]) -> None:
        name = os.fsdecode(b"caf\xe9.py")
        Path(name).write_text("f()\n")
        assert b"==> caf\xe9.py <==\n" in run(".").stdout_bytes
        (line,) = run("--format", "jsonl", ".").stdout_bytes.splitlines()
        assert os.fsencode(json.loads(line)["path"]) == b"caf\xe9.py"
        assert json.loads(line.decode("ascii"))

    def test_name_with_control_characters_forges_no_line(self) -> None:
        assert printable_name("a\n==> b\x1b[2J \u202e.py") == "a\\n==> b\\x1b[2J \\u202e.py"
        assert printable_name("caf\u00e9 \u4e2d.py") == "caf\u00e9 \u4e2d.py"

    def test_content_that_is_no_utf8_gets_replacement_characters(self, run: Callable[..., Result]) -> None:
        assert run("-", stdin=b"f('caf\xe9')\n").stdout == "code,call,in_loop | f('caf\ufffd')\n"


class TestOutput:
    def test_file_is_written_and_replaced(self, run: Callable[..., Result]) -> None:
        Path("a.py").write_text("f()\n")
        Path("out.txt").write_text("old")
        Path("out.txt").chmod(0o640)
        assert run("--output", "out.txt", "a.py").stdout == ""
        assert Path("out.txt").read_text() == "code,call,in_loop | f()\n"
        assert stat.S_IMODE(Path("out.txt").stat().st_mode) == 0o640
        assert sorted(os.listdir()) == ["a.py", "out.txt"]

    def test_link_keeps_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("real")
        with open_output(tmp_path / "link") as stream:
            stream.write(b"x")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_bytes() == b"x"

    def test_device_is_written_to_and_not_replaced(self) -> None:
        with open_output(Path(os.devnull)) as stream:
            stream.write(b"x")
        assert stat.S_ISCHR(os.stat(os.devnull).st_mode)

    def test_raw_stream_that_takes_little_at_a_time_gets_everything(self) -> None:
        class Narrow(io.BytesIO):
            def write(self, data: Any) -> int:
                return super().write(memoryview(data)[:3])

        stream = Narrow()
        write_all(stream, b"0123456789")
        assert stream.getvalue() == b"0123456789"

    def test_failure_leaves_what_was_there(self, tmp_path: Path) -> None:
        def interrupted() -> None:
            with open_output(tmp_path / "out") as stream:
                stream.write(b"half")
                raise KeyboardInterrupt

        (tmp_path / "out").write_text("old")
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert os.listdir(tmp_path) == ["out"]
        assert (tmp_path / "out").read_text() == "old"

    def test_output_that_cannot_be_written(self, run: Callable[..., Result]) -> None:
        result = run("--output", "gone/out.txt", "-", stdin=b"f()\n")
        assert result.exit_code == EXIT_UNUSABLE
        assert result.stderr == "Error: cannot write gone/out.txt: No such file or directory\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_reader_that_leaves_early_ends_it_quietly(
    tmp_path: Path, unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    # More than any pipe holds, so that writing fails while the command is at it.
    (tmp_path / "a.py").write_text(("f()  # " + "x" * 900 + "\n") * 9_000)
    command = [sys.executable, "-m", "linewise", "label", "a.py"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b" | f()  # xx" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_the_shipped_model_labels_a_loop(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("for item in queue:\n    item.send()\n")
    command = [sys.executable, "-m", "linewise", "label", "--format", "jsonl", "a.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first["labels"] == ["code", "loop", "in_loop"]
    assert second["labels"] == ["code", "call", "in_loop"]
    assert first["language"] == "python"
    assert LABEL_INDEX.keys() >= set(first["labels"])


def test_bar_hands_everything_on_and_reaches_its_end() -> None:
    def label_three() -> Iterator[Labelled]:
        for _ in range(3):
            tally.files += 1
            yield labelled

    tally = Tally(skipped=[Skipped(Source("b.md", "b.md"), SkipReason.BINARY)])
    labelled = Labelled("a.py", b"f()\n", next(RuleClassifier().classify_many([b"f()\n"])))
    assert list(label_command._with_bar(label_three(), 4, tally)) == [labelled] * 3


@pytest.mark.parametrize(
    ("error_is_terminal", "output_is_terminal", "to_file", "welcome"),
    [(True, False, False, True), (True, True, True, True), (True, True, False, False), (False, False, True, False)],
)
def test_bar_is_drawn_only_where_it_disturbs_nothing(
    error_is_terminal: bool,
    output_is_terminal: bool,
    to_file: bool,
    welcome: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: error_is_terminal)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: output_is_terminal)
    assert label_command._bar_is_welcome(Path("out") if to_file else None) is welcome


@pytest.mark.parametrize(
    ("choice", "variables", "terminal", "coloured"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {}, True, False),
    ],
)
def test_colour_follows_terminal_and_environment(
    choice: str, variables: dict[str, str], terminal: bool, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert wants_colour(choice, None) is coloured
    assert wants_colour("auto", Path("out")) is False
