"""Settings: from options and the environment, with errors that name what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from linewise.service.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LINEWISE_{name.upper()}", raising=False)


def test_the_defaults_serve_this_machine_alone() -> None:
    settings = Settings.load()
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.max_body_bytes == 16 * 1024 * 1024
    assert settings.max_lines == 200_000
    assert settings.model_folder is None
    assert settings.threads >= 1


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWISE_PORT", "9000")
    monkeypatch.setenv("LINEWISE_MAX_LINES", "10")
    settings = Settings.load(port=9001, max_lines=None)
    assert (settings.port, settings.max_lines) == (9001, 10)


def test_the_environment_wins_over_the_file_and_an_option_over_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "linewise.toml"
    file.write_text('port = 9000\nmax_lines = 10\nqueue = 7\nmodel_folder = "some/folder"\n', "utf-8")
    monkeypatch.setenv("LINEWISE_MAX_LINES", "20")
    monkeypatch.setenv("LINEWISE_PORT", "9001")
    settings = Settings.load(settings_file=file, port=9002)
    assert (settings.port, settings.max_lines, settings.queue) == (9002, 20, 7)
    assert settings.model_folder == Path("some/folder")
    monkeypatch.setenv("LINEWISE_SETTINGS_FILE", str(file))
    assert Settings.load().queue == 7


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such place/linewise.toml: No such file or directory"),
        (b"port = = 1", "the file is not TOML: "),
        (b"\xff\xfe", "the file is not TOML: "),
        (b"porch = 1", "--porch (LINEWISE_PORCH): Extra inputs are not permitted"),
        (b"port = 70000", "--port (LINEWISE_PORT): "),
    ],
)
def test_a_wrong_file_is_a_clear_error(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / ("linewise.toml" if content is not None else "no such place/linewise.toml")
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        Settings.load(settings_file=file)
    assert reason in str(caught.value)


def test_an_empty_variable_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWISE_MODEL_FOLDER", "")
    assert Settings.load().model_folder is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "65536"),
        ("port", "http"),
        ("host", ""),
        ("workers", "0"),
        ("threads", "0"),
        ("max_body_bytes", "12"),
        ("max_lines", "-1"),
        ("log_level", "loud"),
    ],
)
def test_a_wrong_setting_is_named_by_option_and_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(**{name: value})
    message = str(caught.value)
    assert message.startswith(f"--{name.replace('_', '-')} (LINEWISE_{name.upper()}): ")
    assert "\n" not in message


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWISE_WORKERS", "many")
    with pytest.raises(SettingsError) as caught:
        Settings.load(port=-1)
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == ["--port", "--workers"]


def test_the_environment_of_a_worker_gives_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load(port=1234, threads=3, model_folder=Path("some/folder"), log_level="debug")
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == settings


def test_settings_never_change_while_serving() -> None:
    with pytest.raises(ValidationError):
        Settings.load().port = 1


def test_every_setting_is_documented_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "http.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        option = f"| `--{name.replace('_', '-')}` | `LINEWISE_{name.upper()}` | "
        assert option in page
        if field.default is not None and field.default_factory is None:
            assert page.split(option)[1].split(" |")[0].strip("`") == str(field.default)
