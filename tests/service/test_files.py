"""Which files a folder holds, by git or by ignore files, and what is read of them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewise.service.files import Source, find_sources, list_folder
from linewise.service.reading import Skipped, SkipReason, Text, read_source

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True)


def write(folder: Path, **files: str) -> None:
    """Create files; a double underscore in a key stands for a slash, ``_dot_`` for a dot."""
    for key, content in files.items():
        path = folder / key.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    return tmp_path


def read_all(folder: Path) -> dict[str, SkipReason | None]:
    """What reading says of each file of a folder: a reason, or None where it was read."""
    answers = {}
    for source in find_sources([str(folder)]):
        read = read_source(source)
        name = os.path.relpath(source.path, folder)
        answers[name] = read.reason if isinstance(read, Skipped) else None
    return answers


class TestGitFolders:
    def test_tracked_and_new_files_are_listed_ignored_ones_are_not(self, repository: Path) -> None:
        write(repository, _dot_gitignore="*.log\nbuild/\n", a_dot_py="", b_dot_log="", build__c_dot_py="")
        git(repository, "add", "a.py")
        write(repository, new_dot_py="")
        assert list_folder(repository) == [".gitignore", "a.py", "new.py"]

    def test_tracked_file_is_listed_though_a_rule_names_it(self, repository: Path) -> None:
        write(repository, a_dot_log="")
        git(repository, "add", "a.log")
        write(repository, _dot_gitignore="*.log\n")
        assert "a.log" in list_folder(repository)

    def test_subfolder_lists_its_own_files_relative_to_itself(self, repository: Path) -> None:
        write(repository, top_dot_py="", sub__a_dot_py="")
        assert list_folder(repository / "sub") == ["a.py"]

    def test_deleted_file_is_not_listed(self, repository: Path) -> None:
        write(repository, a_dot_py="", b_dot_py="")
        git(repository, "add", ".")
        (repository / "a.py").unlink()
        assert list_folder(repository) == ["b.py"]

    def test_file_in_conflict_is_listed_once(self, repository: Path) -> None:
        write(repository, a_dot_py="0\n")
        git(repository, "add", ".")
        git(repository, "commit", "-qm", "base")
        git(repository, "checkout", "-qb", "other")
        write(repository, a_dot_py="1\n")
        git(repository, "commit", "-qam", "one")
        git(repository, "checkout", "-q", "-")
        write(repository, a_dot_py="2\n")
        git(repository, "commit", "-qam", "two")
        subprocess.run([*GIT, "merge", "other"], cwd=repository, check=False, capture_output=True)
        assert list_folder(repository) == ["a.py"]

    def test_ignored_folder_that_is_named_is_walked(self, repository: Path) -> None:
        write(repository, _dot_gitignore="env/\n", env__lib__a_dot_py="")
        assert list_folder(repository) == [".gitignore"]
        assert list_folder(repository / "env") == ["lib/a.py"]

    def test_repository_inside_a_repository_is_listed_through(self, repository: Path) -> None:
        write(repository, inner__a_dot_py="")
        git(repository / "inner", "init", "--quiet")
        write(repository, inner___dot_gitignore="b.py\n", inner__b_dot_py="")
        assert list_folder(repository) == ["inner/.gitignore", "inner/a.py"]

    def test_submodule_that_was_never_fetched_is_empty(self, tmp_path: Path) -> None:
        for name in ("part", "whole"):
            (tmp_path / name).mkdir()
            git(tmp_path / name, "init", "--quiet")
        write(tmp_path, part__a_dot_py="1\n")
        git(tmp_path / "part", "add", ".")
        git(tmp_path / "part", "commit", "-qm", "part")
        git(tmp_path / "whole", "submodule", "--quiet", "add", str(tmp_path / "part"), "part")
        git(tmp_path / "whole", "commit", "-qm", "whole")
        git(tmp_path, "clone", "-q", "whole", "clone")
        assert list_folder(tmp_path / "whole") == [".gitmodules", "part/a.py"]
        assert list_folder(tmp_path / "clone") == [".gitmodules"]

    def test_environment_of_an_enclosing_git_command_does_not_mislead(
        self, repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        git(elsewhere, "init", "--quiet")
        write(repository, a_dot_py="")
        monkeypatch.setenv("GIT_DIR", str(elsewhere / ".git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(elsewhere))
        assert list_folder(repository) == ["a.py"]

    def test_listing_runs_no_program_that_the_repository_names(self, repository: Path) -> None:
        write(repository, a_dot_py="", monitor="#!/bin/sh\ntouch ran\n")
        (repository / "monitor").chmod(0o755)
        git(repository, "config", "core.fsmonitor", str(repository / "monitor"))
        list_folder(repository)
        assert not (repository / "ran").exists()


class TestOtherFolders:
    def test_walk_obeys_nested_ignore_files(self, tmp_path: Path) -> None:
        write(
            tmp_path,
            _dot_gitignore="*.log\n/build/\n",
            a_dot_py="",
            a_dot_log="",
            build__x_dot_py="",
            sub__build__y_dot_py="",
            sub___dot_gitignore="!keep.log\nlocal.py\n",
            sub__keep_dot_log="",
            sub__other_dot_log="",
            sub__local_dot_py="",
        )
        listed = list_folder(tmp_path)
        assert listed == [".gitignore", "a.py", "sub/.gitignore", "sub/build/y.py", "sub/keep.log"]

    def test_nothing_below_an_ignored_folder_can_be_taken_back(self, tmp_path: Path) -> None:
        write(tmp_path, _dot_gitignore="out/\n!out/a.py\n", out__a_dot_py="", out___dot_gitignore="!*\n")
        assert list_folder(tmp_path) == [".gitignore"]

    def test_malformed_rule_spoils_no_other(self, tmp_path: Path) -> None:
        write(tmp_path, _dot_gitignore="!\n*.log\n", a_dot_log="", a_dot_py="")
        assert list_folder(tmp_path) == [".gitignore", "a.py"]

    def test_walk_agrees_with_git(self, tmp_path: Path) -> None:
        files = {
            "_dot_gitignore": "*.o\n/top\ndeep/**/x.py\n!important.o\n# note\n\\#odd\nname with space.py\n",
            "a_dot_py": "",
            "a_dot_o": "",
            "important_dot_o": "",
            "top": "",
            "sub__top": "",
            "deep__1__2__x_dot_py": "",
            "deep__y_dot_py": "",
            "#odd": "",
            "name with space_dot_py": "",
        }
        plain, repository = tmp_path / "plain", tmp_path / "repository"
        for folder in (plain, repository):
            write(folder, **files)
        git(repository, "init", "--quiet")
        assert list_folder(plain) == list_folder(repository)

    def test_version_control_folders_are_left_out(self, tmp_path: Path) -> None:
        write(tmp_path, _dot_hg__a_dot_py="", _dot_svn__b_dot_py="", c_dot_py="")
        assert list_folder(tmp_path) == ["c.py"]

    def test_folder_that_cannot_be_listed_is_reported(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, shut__a_dot_py="", b_dot_py="")
        scandir = os.scandir

        def refusing(path: Path) -> object:
            if Path(path).name == "shut":
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refusing)
        assert read_all(tmp_path) == {"b.py": None, "shut": SkipReason.UNREADABLE}

    def test_deep_folders_exhaust_nothing(self, tmp_path: Path) -> None:
        depth = 1200
        descriptor = os.open(tmp_path, os.O_RDONLY)
        try:
            for _ in range(depth):
                os.mkdir("d", dir_fd=descriptor)
                inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            os.close(os.open("a.py", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
        finally:
            os.close(descriptor)
        try:
            (only,) = list_folder(tmp_path)
            assert only == "d/" * depth + "a.py"
        finally:
            # pytest clears old folders by `shutil.rmtree`, which itself recurses once for each level.
            subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)


class TestNames:
    def test_names_continue_the_argument(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, sub__a_dot_py="")
        monkeypatch.chdir(tmp_path)
        assert [source.name for source in find_sources(["sub/", ".", "sub/a.py", "-"])] == [
            "sub/a.py",
            "sub/a.py",
            "sub/a.py",
            "-",
        ]

    def test_only_a_bare_dash_is_standard_input(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, **{"-": "x = 1\n"})
        monkeypatch.chdir(tmp_path)
        (source,) = find_sources(["./-"])
        assert not source.is_standard_input

    @pytest.mark.parametrize("inside_git", [True, False])
    def test_names_that_are_not_utf8_are_read(self, tmp_path: Path, inside_git: bool) -> None:
        if inside_git:
            git(tmp_path, "init", "--quiet")
        name = os.fsdecode(b"caf\xe9\n.py")
        (tmp_path / name).write_text("x = 1\n")
        (source,) = find_sources([str(tmp_path)])
        assert os.fsencode(source.name).endswith(b"/caf\xe9\n.py")
        assert isinstance(read_source(source), Text)


class TestReading:
    def test_folder_reads_known_languages_by_name_and_shebang(self, tmp_path: Path) -> None:
        write(
            tmp_path,
            a_dot_py="x = 1\n",
            run="#!/usr/bin/env bash\nls\n",
            README_dot_md="# Hello\n",
            data_dot_json="{}",
            Rakefile="task :x\n",
        )
        assert read_all(tmp_path) == {
            "a.py": None,
            "run": None,
            "Rakefile": None,
            "README.md": SkipReason.UNKNOWN_LANGUAGE,
            "data.json": SkipReason.UNKNOWN_LANGUAGE,
        }

    def test_named_file_is_read_whatever_its_language(self, tmp_path: Path) -> None:
        write(tmp_path, notes_dot_txt="hello\n")
        (source,) = find_sources([str(tmp_path / "notes.txt")])
        assert read_source(source) == Text(source, b"hello\n")

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", None),
            (b"x = 1\n\0\n", SkipReason.BINARY),
            ("# caf\u00e9\n".encode("latin-1") + b"x = 1\n" * 20, None),
            ("\u041f\u0440\u0438\u0432\u0435\u0442".encode("koi8-r") * 20, SkipReason.UNDECODABLE),
            ("\ufeffx = 1\n".encode("utf-16-le"), None),
            (b"\xff\xfe\x00\xd8\x00\xd8", SkipReason.UNDECODABLE),
            (b"x = 1\n" * 200_000, SkipReason.TOO_LARGE),
        ],
    )
    def test_content_decides(self, tmp_path: Path, content: bytes, reason: SkipReason | None) -> None:
        (tmp_path / "a.py").write_bytes(content)
        (source,) = find_sources([str(tmp_path)])
        read = read_source(source, max_bytes=1_000_000)
        assert (read.reason if isinstance(read, Skipped) else None) is reason

    def test_utf16_is_recoded(self, tmp_path: Path) -> None:
        for encoding in ("utf-16-le", "utf-16-be"):
            (tmp_path / "a.cs").write_bytes("\ufeffint \u00e9;\r\n".encode(encoding))
            (source,) = find_sources([str(tmp_path)])
            assert read_source(source) == Text(source, "int \u00e9;\r\n".encode())

    def test_limit_is_the_largest_size_that_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_bytes(b"x" * 100)
        (source,) = find_sources([str(tmp_path)])
        assert isinstance(read_source(source, max_bytes=100), Text)
        assert isinstance(read_source(source, max_bytes=99), Skipped)

    @pytest.mark.parametrize("inside_git", [True, False])
    def test_links_in_a_folder_are_not_followed(self, tmp_path: Path, inside_git: bool) -> None:
        folder, secret = tmp_path / "folder", tmp_path / "secret"
        write(folder, a_dot_py="")
        write(secret, key_dot_py="")
        if inside_git:
            git(folder, "init", "--quiet")
        (folder / "file.py").symlink_to(secret / "key.py")
        (folder / "inside.py").symlink_to("a.py")
        (folder / "dangling.py").symlink_to("nowhere.py")
        (folder / "loop").symlink_to(".")
        (folder / "out").symlink_to(secret)
        assert read_all(folder) == {
            "a.py": None,
            "file.py": SkipReason.SYMBOLIC_LINK,
            "inside.py": SkipReason.SYMBOLIC_LINK,
            "dangling.py": SkipReason.SYMBOLIC_LINK,
            "loop": SkipReason.SYMBOLIC_LINK,
            "out": SkipReason.SYMBOLIC_LINK,
        }

    def test_tracked_path_that_now_leads_out_is_not_read(self, tmp_path: Path) -> None:
        folder, secret = tmp_path / "folder", tmp_path / "secret"
        write(folder, sub__key_dot_py="")
        write(secret, key_dot_py="secret = 1\n")
        git(folder, "init", "--quiet")
        git(folder, "add", ".")
        (folder / "sub" / "key.py").unlink()
        (folder / "sub").rmdir()
        (folder / "sub").symlink_to(secret)
        assert read_all(folder)["sub/key.py"] is SkipReason.SYMBOLIC_LINK

    def test_named_link_is_followed(self, tmp_path: Path) -> None:
        write(tmp_path, real__a_dot_py="x = 1\n")
        (tmp_path / "link").symlink_to("real")
        (tmp_path / "file.py").symlink_to("real/a.py")
        for name in ("link", "file.py"):
            (source,) = find_sources([str(tmp_path / name)])
            assert isinstance(read_source(source), Text)

    def test_fifos_and_devices_are_never_opened(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.py")
        assert read_all(tmp_path) == {"pipe.py": SkipReason.NOT_A_FILE}
        for name in (str(tmp_path / "pipe.py"), "/dev/zero"):
            (source,) = find_sources([name])
            read = read_source(source)
            assert isinstance(read, Skipped)
            assert read.reason is SkipReason.NOT_A_FILE

    def test_file_that_is_gone_is_unreadable(self, tmp_path: Path) -> None:
        read = read_source(Source(str(tmp_path / "gone.py"), "gone.py"))
        assert read == Skipped(read.source, SkipReason.UNREADABLE, "No such file or directory")

    @given(st.binary(max_size=300))
    def test_any_bytes_are_read_or_skipped(self, content: bytes) -> None:
        # A folder of its own for each example: Hypothesis runs many in one test.
        from tempfile import TemporaryDirectory  # noqa: PLC0415

        with TemporaryDirectory() as folder:
            (Path(folder) / "a.py").write_bytes(content)
            (source,) = find_sources([str(Path(folder) / "a.py")])
            read = read_source(source)
        if isinstance(read, Text) and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            assert read.data == content
