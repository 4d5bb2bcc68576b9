"""Running git to read a repository: it writes nothing, runs no program that the repository names, fetches nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

# Variables by which an enclosing git command (a hook, say) would point every further git at its own
# repository.
_REDIRECTIONS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
# The repository's own configuration may name a program as its file system monitor.
_SAFE = ("-c", "core.fsmonitor=false")


class GitError(RuntimeError):
    """A git command that failed, or no git at all; the message is git's own."""


def run_git(
    folder: Path,
    *arguments: str,
    given: bytes = b"",
    of_hook: bool = False,
    into: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """What a git command writes.

    Args:
        folder: where it is run.
        arguments: the command and its arguments.
        given: what it reads from standard input.
        of_hook: obey the variables by which a git command that runs this program as its hook names the
            repository and the index at hand.
        into: a file that takes what is written, which may be long; nothing is returned then.
        environment: variables that it is given besides.

    Raises:
        GitError: it fails, or there is no git.
    """
    command = ["git", *_SAFE, *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**_environment(of_hook), **(environment or {})},
            input=given,
            stdout=into or subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
    except OSError as error:
        raise GitError(f"cannot run git: {error.strerror or error}") from error
    if done.returncode != 0:
        message = done.stderr.decode("utf-8", "replace").strip() or f"git {arguments[0]} failed"
        raise GitError(message.splitlines()[0].removeprefix("fatal: ").removeprefix("error: "))
    return done.stdout or b""


class ObjectReader:
    """Reads many objects of one repository, through one process of git; a context manager."""

    def __init__(self, folder: Path) -> None:
        """Start git in a folder of the repository; raises GitError where there is no git."""
        command = ["git", *_SAFE, "cat-file", "--batch"]
        try:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise GitError(f"cannot run git: {error.strerror or error}") from error

    def read(self, name: str) -> bytes:
        """The content of the object of a hash; raises GitError where the repository lacks it."""
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        try:
            requests.write(f"{name}\n".encode())
            requests.flush()
            head = answers.readline().split()
            if len(head) != 3:
                raise GitError(f"no object {name}")
            size = int(head[2])
            content = answers.read(size + 1)
        except BrokenPipeError as error:
            raise GitError("git ended early") from error
        if len(content) != size + 1:
            raise GitError("git ended early")
        return content[:-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End git."""
        self._process.kill()
        self._process.communicate()


def _environment(of_hook: bool = False) -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if of_hook or key not in _REDIRECTIONS}
    # In a partial clone git would fetch the objects that it lacks.
    environment["GIT_NO_LAZY_FETCH"] = "1"
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    return environment
