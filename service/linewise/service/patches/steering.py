r"""Comments that do something: that tools or compilers read. For a verdict they count as code.

The patterns are wide on purpose. A comment that is taken for one of these without being one costs a needless run of the
tests; one that is missed breaks a promise.
"""

from __future__ import annotations

import re

LONGEST = 5_000
# Read wherever they stand, in any language.
_ANYWHERE = (
    rb"^#!|^--!",
    rb"coding[:=]\s*[-\w.]",
    rb"-\*-.*-\*-",
    rb"\b(?:vim?|ex):\s*\w",
    rb"^\W*[a-z][-\w]*:[a-z]",  # `go:build`, `pylint:disable`, `nolint:errcheck`
    rb"\b(?:type|typed|encoding|frozen_string_literal|warn_indent|shareable_constant_value|pragma|language)\s*:",
    rb"#\s*pragma\b|#(?:end)?region\b",
    rb"\b(?:no ?qa|no ?lint|nolintnextline|no ?sec|no ?pmd|no ?sonar|no ?inspection|no ?cov|nocheck|nosemgrep)\b",
    rb"(?i:\bNO(?:LINT|SONAR|PMD|SEC|QA)(?:NEXTLINE|BEGIN|END)?\b)",
    rb"\w(?:-|: ?)(?:ignore|disable|enable|suppress|skip|off|on|exclude|allow)(?:-[-\w]+)?(?=[\s:=\[(*\])]|$)",
    rb"\b(?:es|js|ts|css|style|scala|kt|swift)-?(?:lint|hint|style|fmt|fix|format)\b",
    rb"\b(?:pylint|mypy|pyright|pytype|pyre|flake8|isort|fmt|yapf|black|ruff|autopep8|doctest|cython|distutils)\s*:",
    rb"\b(?:rubocop|reek|steep|rbs|sorbet|luacheck|selene|stylua|shellcheck|sourcery|periphery|spotless|detekt)\b",
    rb"\b(?:clang|rust|google|swift)-?(?:format|fmt|tidy)|\bIWYU\b|\bcppcheck\b|\bcoverity\b|\bPRQA\b|\bPVS\b",
    rb"\b(?:[LG]COV|GCOVR)_|\b(?:istanbul|c8|v8|tarpaulin|codecov|jacoco|COVERAGE)\b|:nocov:|:nodoc:|:st(?:op|art)doc:",
    rb"(?i:fall[- ]?s?[- ]?thr(?:ough|u))|\b(?:NOTREACHED|ARGSUSED|VARARGS|LINTED|PRINTFLIKE)",
    rb"\b(?:codeql|lgtm|semgrep|gitleaks|checkov|tfsec|trivy|snyk|hadolint|cspell|codespell|jscpd|biome|deno|dprint)\b",
    rb"@(?:generated|format|preserve|license|cc_on|flow|noflow|suppress|internal|deprecated|ts-|jsx|jest|vitest)",
    rb"@(?:noinspection|psalm|phpstan|phan|codingStandards|checkstyle|babel|vite|rbs|lint)",
    rb"@(?:typedef|type|template|enum)\b",
    rb"(?i:code generated|do not edit)",
    rb"(?i:CHECKSTYLE|CPD-O|auto-?generated|resharper|phpcs|NON-NLS|\$Flow|webpack|__PURE__)",
    rb"source(?:Mapping)?URL|<reference|<amd-|<auto",
    rb"\[(?:START|END)\b|\b(?:tag|end)::|snippet[-:]",
    rb"\b(?:RUN|CHECK(?:-\w+)?|XFAIL|REQUIRES|UNSUPPORTED|DEFINE):|\bexpected-(?:error|warning|note|remark)",
    rb"\*INDENT-O",
)
_TRIGRAPH = rb"\?\?/"
# Read in one language alone.
_OF_LANGUAGE: dict[str, tuple[bytes, ...]] = {
    "bash": (
        rb"^#(?:SBATCH|PBS|BSUB|DEPENDS|\$|compdef|autoload|[A-Z]+ -)",
        rb"\bbats\b|INIT INFO|chkconfig:|^\W*(?:Default-St|Required-St|Provides:|Short-Desc)",
    ),
    "c": (_TRIGRAPH,),
    "cpp": (_TRIGRAPH,),
    "go": (rb"^//(?:\w+:|line |export |extern |sys|\s*[+@]\w)", rb"^/\*line ", rb"(?i:output:)", rb"^\W*#\s*[a-z]"),
    "javascript": (rb"^/\*!|^/\*\s*(?:globals?|exported)\s|-->|<!--", rb"@\w+\s*\{"),
    "lua": (rb"^---[@|]",),
    "php": (
        rb"\?>|-->",
        rb"@(?!author|since|see|link|copyright|license|package|subpackage|todo|version|category|example|uses"
        rb"|param|return|throws|var|inheritdoc|method|property)[\w\\]",
    ),
    "python": (rb"^#\s*%%", rb"^# ///", rb"^(?:>>>|\.\.\.)(?: |$)"),
    "ruby": (rb"^#:", rb"^\W*@!"),
    "rust": (rb"^//[@~]", rb"^//[/!].*```"),
    "scala": (rb"^//> using",),
    "swift": (rb"swift-tools-version",),
    "typescript": (rb"^/\*!|^///|^/\*\s*(?:globals?|exported)\s|-->|<!--",),
}
_COMMON = b"|".join(b"(?:" + pattern + b")" for pattern in _ANYWHERE)
_PATTERNS = {
    language: re.compile(b"|".join((_COMMON, *(b"(?:" + pattern + b")" for pattern in patterns))))
    for language, patterns in _OF_LANGUAGE.items()
}
_ANY_PATTERN = re.compile(_COMMON)
# Comments whose lines are run or compared: what follows the mark is read too, as far as the comment goes.
_RUN_BLOCKS = {
    "python": re.compile(rb"^\s*>>>", re.MULTILINE),
    "rust": re.compile(rb"```"),
    "go": re.compile(rb"(?i)^\W*(?:unordered )?output:", re.MULTILINE),
}


def steers(content: bytes, language: str | None) -> bool:
    """Whether a line that is a comment, or has one, may be read by a tool or a compiler.

    No one writes comments for people of more than `LONGEST` bytes a line; they are not looked into.
    """
    return len(content) > LONGEST or _PATTERNS.get(language or "", _ANY_PATTERN).search(content.strip()) is not None


def is_run(comment: bytes, language: str | None) -> bool:
    """Whether a comment of several lines holds examples that tests run or compare."""
    pattern = _RUN_BLOCKS.get(language or "")
    return pattern is not None and pattern.search(comment) is not None
