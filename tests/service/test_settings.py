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
