"""Unified diffs as git, diff and mail programs write them."""

from __future__ import annotations

import base64
import io
import quopri
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.service.patches import Change, FilePatch, PatchError, parse_patch, read_patch

HUNK = b"@@ -1,2 +1,2 @@ def f():\n keep\n-old\n+new\n"
GIT = b"diff --git a/x.py b/x.py\nindex 1234567..89abcde 100644\n--- a/x.py\n+++ b/x.py\n" + HUNK


def one(data: bytes) -> FilePatch:
    (patch,) = parse_patch(data)
    return patch


def shape(patch: FilePatch) -> list[str]:
    return [line.marks + line.content.decode() for hunk in patch.hunks for line in hunk.lines]


def names(patch: FilePatch) -> tuple[str | None, str | None]:
    return patch.old_path, patch.new_path


class TestOrdinary:
    def test_git(self) -> None:
        patch = one(GIT)
        assert names(patch) == ("x.py", "x.py")
        assert (patch.old_blobs, patch.new_blob, patch.changes) == (("1234567",), "89abcde", frozenset())
        assert shape(patch) == [" keep", "-old", "+new"]
        hunk = patch.hunks[0]
        assert (hunk.old_starts, hunk.new_start, hunk.section) == ((1,), 1, "def f():")

    def test_lines_are_counted_so_that_content_may_look_like_a_header(self) -> None:
        data = b"--- x.py\n+++ x.py\n@@ -1,2 +1,2 @@\n--- a\n-@@ -1 +1 @@\n+++ b\n+diff --git a/y b/y\n"
        assert shape(one(data)) == ["--- a", "-@@ -1 +1 @@", "+++ b", "+diff --git a/y b/y"]

    def test_counts_of_one_may_be_left_out(self) -> None:
        assert shape(one(b"--- x\n+++ x\n@@ -3 +3 @@\n-a\n+b\n")) == ["-a", "+b"]

    def test_no_newline_at_the_end(self) -> None:
        data = b"--- x\n+++ x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n\\ Kein Zeilenumbruch am Dateiende.\n"
        assert [line.ends_file_unbroken for line in one(data).hunks[0].lines] == [True, True]

    def test_carriage_returns_belong_to_the_content(self) -> None:
        patch = one(b"--- x\n+++ x\n@@ -1 +1 @@\n-a\r\n+b\rc\r\n")
        assert [line.content for line in patch.hunks[0].lines] == [b"a\r", b"b\rc\r"]

    def test_patch_that_was_converted_as_a_whole(self) -> None:
        patch = one(GIT.replace(b"\n", b"\r\n"))
        assert names(patch) == ("x.py", "x.py")
        assert shape(patch) == [" keep\r", "-old\r", "+new\r"]

    def test_blank_context_line_that_lost_its_space(self) -> None:
        assert shape(one(b"--- x\n+++ x\n@@ -1,2 +1,3 @@\n\n a\n+b\n")) == [" ", " a", "+b"]

    def test_several_files_and_hunks(self) -> None:
        files = parse_patch(GIT + HUNK.replace(b"-1,2 +1,2", b"-9,2 +9,2") + GIT)
        assert [len(each.hunks) for each in files] == [2, 1]

    def test_hunk_alone(self) -> None:
        patch = one(HUNK)
        assert names(patch) == (None, None)
        assert patch.path == ""

    def test_diff_without_git(self) -> None:
        data = (
            b"diff -u old/x y.c new/x y.c\n--- old/x y.c\t2026-01-01 00:00:00.0 +0000\n+++ new/x y.c\t2026-01-02\n"
            + HUNK
        )
        assert names(one(data)) == ("old/x y.c", "new/x y.c")

    def test_folder_named_like_a_prefix(self) -> None:
        assert names(one(b"--- a/x.py\n+++ a/x.py\n" + HUNK)) == ("a/x.py", "a/x.py")


class TestHeaders:
    def test_renamed_without_a_change(self) -> None:
        data = b"diff --git a/b c.py b/d e.py\nsimilarity index 100%\nrename from b c.py\nrename to d e.py\n"
        patch = one(data)
        assert names(patch) == ("b c.py", "d e.py")
        assert patch.changes == {Change.RENAMED}

    def test_copied_and_changed(self) -> None:
        data = b"diff --git a/x b/y\nsimilarity index 90%\ncopy from x\ncopy to y\n--- a/x\n+++ b/y\n" + HUNK
        assert names(one(data)) == ("x", "y")
        assert one(data).changes == {Change.COPIED}

    def test_mode(self) -> None:
        patch = one(b"diff --git a/run me b/run me\nold mode 100644\nnew mode 100755\n")
        assert names(patch) == ("run me", "run me")
        assert patch.changes == {Change.MODE}

    def test_created_and_deleted(self) -> None:
        created = b"diff --git a/e b/e\nnew file mode 100644\nindex 0000000..e69de29\n"
        deleted = (
            b"diff --git a/e b/e\ndeleted file mode 100644\nindex 1..0\n--- a/e\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        )
        assert (names(one(created)), one(created).changes) == ((None, "e"), {Change.CREATED})
        assert (names(one(deleted)), one(deleted).changes) == (("e", None), {Change.DELETED})

    @pytest.mark.parametrize(
        "body", [b"Binary files a/i.png and b/i.png differ\n", b"GIT binary patch\ndelta 5\nMcmaa\n\n"]
    )
    def test_binary(self, body: bytes) -> None:
        patch = one(b"diff --git a/i.png b/i.png\nindex 1234567..89abcde 100644\n" + body)
        assert (patch.path, patch.changes) == ("i.png", {Change.BINARY})

    @pytest.mark.parametrize("mode", [b"120000", b"160000"])
    def test_links_and_submodules(self, mode: bytes) -> None:
        patch = one(b"diff --git a/l b/l\nindex 1..2 " + mode + b"\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-x\n+y\n")
        assert patch.changes == {Change.NOT_A_FILE}

    def test_quoted_names(self) -> None:
        data = (
            rb'diff --git "a/caf\303\251 \"x\".py" "b/caf\303\251 \"x\".py"' + b"\nold mode 100644\nnew mode 100755\n"
        )
        assert names(one(data)) == ('caf\u00e9 "x".py', 'caf\u00e9 "x".py')

    def test_no_prefixes(self) -> None:
        assert names(one(b"diff --git src/x.py src/x.py\n--- src/x.py\n+++ src/x.py\n" + HUNK)) == ("src/x.py",) * 2

    @pytest.mark.parametrize(
        ("line", "path", "change"),
        [
            (b"Only in src: x.py", "src/x.py", Change.NOT_SHOWN),
            (b"* Unmerged path x.py", "x.py", Change.NOT_SHOWN),
            (b"Binary files a/x.so and b/x.so differ", "x.so", Change.BINARY),
            (b"Binary files a/x and y.so and b/x and y.so differ", "x and y.so", Change.BINARY),
            (b"Binary file x.so has changed", "x.so", Change.BINARY),
            (b"Submodule lib 1234567..89abcde:", "lib", Change.NOT_A_FILE),
            (b"Property changes on: x.py", "x.py", Change.MODE),
        ],
    )
    def test_changes_that_are_not_shown(self, line: bytes, path: str, change: Change) -> None:
        first, second = parse_patch(GIT + line + b"\n")
        assert first.path == "x.py"
        assert (second.path, second.changes) == (path, {change})


def test_combined_diff_has_a_side_for_each_parent() -> None:
    patch = one(
        b"diff --cc x.py\nindex 1111111,2222222..3333333\n--- a/x.py\n+++ b/x.py\n@@@ -1,3 -1,2 +1,3 @@@ def f():\n"
        b"  keep\n- ours\n -theirs\n +from ours\n++both\n"
    )
    lines = patch.hunks[0].lines
    assert (names(patch), patch.n_old_sides, patch.old_blobs) == (("x.py", "x.py"), 2, ("1111111", "2222222"))
    assert [line.content for line in lines if line.is_old(0)] == [b"keep", b"ours", b"from ours"]
    assert [line.content for line in lines if line.is_old(1)] == [b"keep", b"theirs"]
    assert [line.content for line in lines if line.is_new] == [b"keep", b"from ours", b"both"]
    assert [line.change for line in lines] == [" ", "-", "-", "+", "+"]


class TestSurroundings:
    MAIL = b"From 1234 Mon Sep 17 00:00:00 2001\nFrom: A <a@b.c>\nSubject: [PATCH] x\n%b\nBody\n---\n x.py | 2 +-\n\n"

    def test_mail_with_its_text_and_signature(self) -> None:
        assert shape(one(self.MAIL.replace(b"%b", b"") + GIT + b"-- \n2.39.5\n\n")) == [" keep", "-old", "+new"]

    @pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
    def test_encoded_mail(self, encoding: str) -> None:
        body = GIT.replace(b"new", b"caf\xc3\xa9 = 1")
        encoded = quopri.encodestring(body) if encoding == "quoted-printable" else base64.encodebytes(body)
        header = b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
        mail = b"From 1234 Mon Sep 17 00:00:00 2001\nSubject: x\n" + header + encoding.encode() + b"\n\n" + encoded
        assert [shape(each)[-1] for each in parse_patch(mail + b"\n" + mail)] == ["+caf\u00e9 = 1"] * 2

    def test_log_of_several_commits(self) -> None:
        log = b"commit 1234\nAuthor: A\n\n    diff --git a/y b/y\n    --- a\n\n" + GIT
        assert [each.path for each in parse_patch(log + b"\n" + log)] == ["x.py", "x.py"]

    def test_coloured_by_git(self) -> None:
        coloured = b"".join(b"\x1b[1m" + line + b"\x1b[m\n" for line in GIT.splitlines())
        assert shape(one(coloured)) == [" keep", "-old", "+new"]

    @pytest.mark.parametrize("data", [b"", b"\n \n"])
    def test_nothing_is_a_patch_of_no_file(self, data: bytes) -> None:
        assert parse_patch(data) == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello\n", "there is no unified diff in the input"),
        (GIT[:-5], "the patch ends within the hunk of line 5"),
        (GIT.replace(b"-old", b"?old"), "line 7: neither added, removed nor unchanged, within the hunk of line 5"),
        (GIT.replace(b"+new", b" new"), "line 8: more lines of one side than the hunk's header says"),
        (GIT.replace(b"@@ -1,2", b"@@ -1;2"), "line 5: begins like a hunk's header and is none"),
        (b"*** a/x\n--- b/x\n***************\n*** 1 ****\n", "line 1: a context diff; only unified diffs"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, message: str) -> None:
    with pytest.raises(PatchError, match=message):
        parse_patch(data)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text("@+- \n,1ab\\", max_size=200).map(lambda text: GIT + text.encode()))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse_patch(data)
    except PatchError:
        return


LINES = st.lists(
    st.sampled_from([b"a", b"b", b"", b"-- x", b"++ y", b"@@ -1 +1 @@", b"\\", b"c\r", b" d"]), max_size=12
)


@settings(max_examples=30, deadline=None)
@given(old=LINES, new=LINES, ends=st.booleans())
def test_what_git_makes_of_two_texts_gives_both_back(
    tmp_path_factory: pytest.TempPathFactory, old: list[bytes], new: list[bytes], ends: bool
) -> None:
    folder = tmp_path_factory.mktemp("pair")
    for name, lines in (("old", old), ("new", new)):
        (folder / name).write_bytes(b"\n".join(lines) + (b"\n" if ends and lines else b""))
    command = ["git", "diff", "--no-index", "--text", "--unified=1000", "old", "new"]
    data = subprocess.run(command, cwd=folder, capture_output=True, check=False).stdout
    for patch in parse_patch(data):
        for hunk in patch.hunks:
            sides = {
                "old": [line.content for line in hunk.lines if line.is_old(0)],
                "new": [line.content for line in hunk.lines if line.is_new],
            }
            for name, lines in sides.items():
                expected = (folder / name).read_bytes().split(b"\n")
                assert lines == (expected[:-1] if not expected[-1] else expected)
    assert data or (folder / "old").read_bytes() == (folder / "new").read_bytes()


def test_a_merge_and_a_renaming_of_a_real_repository(tmp_path: Path) -> None:
    def git(*arguments: str) -> bytes:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *arguments], cwd=tmp_path, capture_output=True, check=False)
        return done.stdout

    git("init", "-q", "-b", "main")
    (tmp_path / "x.py").write_text("a = 1\nb = 2\nc = 3\n")
    git("add", "."), git("commit", "-qm", "first")
    git("switch", "-qc", "topic")
    (tmp_path / "x.py").write_text("a = 1\nb = 20\nc = 3\n")
    git("commit", "-qam", "theirs"), git("switch", "-q", "main")
    (tmp_path / "x.py").write_text("a = 1\nb = 200\nc = 3\n")
    git("commit", "-qam", "ours"), git("merge", "-q", "topic")
    (tmp_path / "x.py").write_text("a = 1\nb = 220\nc = 3\n")
    git("commit", "-qam", "merge")
    merge = one(git("show", "HEAD"))
    assert shape(merge) == ["  a = 1", "- b = 200", " -b = 20", "++b = 220", "  c = 3"]
    git("mv", "x.py", "y \u00e9.py"), git("commit", "-qm", "rename")
    assert names(one(git("show", "-M", "HEAD"))) == ("x.py", "y \u00e9.py")


class TestLongPatches:
    N_FILES = 3_000

    def stream(self) -> io.BufferedReader:
        """A patch that is made while it is read."""
        file = (
            b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-" + b"b" * 400 + b"\n+" + b"c" * 400 + b"\n"
        )
        return io.BufferedReader(Repeated(file, self.N_FILES))

    def test_files_come_one_by_one_and_none_is_kept(self) -> None:
        tracemalloc.start()
        try:
            n_files = sum(1 for _ in read_patch(self.stream()))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert n_files == self.N_FILES
        assert peak < 300_000

    def test_the_first_file_needs_no_later_one(self) -> None:
        files = read_patch(io.BytesIO(b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n"))
        assert next(files).path == "x"
        with pytest.raises(PatchError, match="within the hunk of line 8"):
            next(files)


class Repeated(io.RawIOBase):
    """The same bytes over and over."""

    def __init__(self, data: bytes, times: int) -> None:
        self._data, self._left, self._at = data, times, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            return 0
        part = self._data[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        if self._at == len(self._data):
            self._at, self._left = 0, self._left - 1
        return len(part)
