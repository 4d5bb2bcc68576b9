"""API keys: made, kept as hashes, demanded where they should be, limited in rate, never shown."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from linewise.service.commands.new_key import new_key_command
from linewise.service.http import create_app
from linewise.service.keys import KeyRecord, KeyRing, KeysError, digest_of, new_key, read_keys
from linewise.service.settings import Settings, SettingsError

GUARDED = ["/v1/labels", "/v1/languages", "/v1/model", "/metrics"]
OPEN = ["/", "/docs", "/openapi.json", "/health/live", "/health/ready", "/static/app.js"]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def client_with(fake_classifier: Any, folder: Path, lines: str, **settings: Any) -> TestClient:
    file = folder / "keys"
    file.write_text(lines, "utf-8")
    return TestClient(create_app(Settings(keys_file=file, **settings), fake_classifier))


def test_only_a_good_key_opens(fake_classifier: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mine, yours = new_key(), new_key()
    lines = f"# who may\n\nme {digest_of(mine)}\nyou {digest_of(yours)} 5\n"
    with client_with(fake_classifier, tmp_path, lines) as client, caplog.at_level(logging.DEBUG):
        for key in (mine, yours):
            assert client.post("/v1/classify", json={"text": ""}, headers=bearer(key)).status_code == 200
        for headers in (
            {},
            bearer(""),
            bearer(mine[:-1]),
            bearer(digest_of(mine)),
            {"Authorization": mine},
            {"Authorization": f"Basic {mine}"},
            {"Authorization": b"Bearer \xe9\xff"},
        ):
            for address in ("/v1/classify", "/v1/nowhere"):
                response = client.post(address, content=b"not even JSON", headers=headers)  # type: ignore[arg-type]
                assert response.status_code == 401
                assert response.headers["www-authenticate"] == "Bearer"
                assert response.headers["content-type"] == "application/problem+json"
            assert [client.get(address, headers=headers).status_code for address in GUARDED] == [401] * 4  # type: ignore[arg-type]
            assert [client.get(address, headers=headers).status_code for address in OPEN] == [200] * 6  # type: ignore[arg-type]
        assert [client.get(address, headers=bearer(mine)).status_code for address in GUARDED] == [200] * 4
        document = client.get("/openapi.json").json()
    assert document["paths"]["/v1/classify"]["post"]["security"] == [{"key": []}]
    assert "401" in document["paths"]["/v1/classify"]["post"]["responses"]
    assert "security" not in document["paths"]["/health/live"]["get"]
    assert mine not in caplog.text


def test_a_key_may_ask_so_often(fake_classifier: Any, tmp_path: Path) -> None:
    few, many, all_others = new_key(), new_key(), new_key()
    lines = f"few {digest_of(few)} 3\nmany {digest_of(many)} 1000\nothers {digest_of(all_others)}\n"

    def statuses(client: TestClient, key: str) -> list[int]:
        return [client.get("/v1/labels", headers=bearer(key)).status_code for _ in range(8)]

    with client_with(fake_classifier, tmp_path, lines, requests_per_minute=6) as client:
        assert statuses(client, few) == [200] * 3 + [429] * 5
        assert statuses(client, many) == [200] * 8
        assert statuses(client, all_others) == [200] * 6 + [429] * 2
        refusal = client.get("/v1/labels", headers=bearer(few))
        assert 1 <= int(refusal.headers["retry-after"]) <= 20


def test_a_bucket_fills_steadily() -> None:
    now = 0.0
    record = KeyRecord("me", digest_of("x"))
    ring = KeyRing((record,), 60, lambda: now)
    assert [ring.spend(record, 0.1) for _ in range(6)] == [0.0] * 6
    assert ring.spend(record, 0.1) == pytest.approx(10.0)
    now = 9.9
    assert ring.spend(record, 0.1) == pytest.approx(0.1)
    now = 10.1
    assert ring.spend(record, 0.1) == 0.0
    now = 1e6
    assert [ring.spend(record, 0.1) > 0 for _ in range(7)] == [False] * 6 + [True]
    assert all(KeyRing((record,), 0, lambda: now).spend(record) == 0 for _ in range(100))


def test_keys_are_reread(fake_classifier: Any, tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    with client_with(fake_classifier, tmp_path, f"old {digest_of(old)}\n") as client:
        guard = client.app.state.guard  # type: ignore[attr-defined]
        (tmp_path / "keys").write_text(f"new {digest_of(new)}\n", "utf-8")
        guard.reload()
        assert client.get("/v1/labels", headers=bearer(old)).status_code == 401
        (tmp_path / "keys").write_text("nonsense\n", "utf-8")
        with pytest.raises(KeysError):
            guard.reload()
        assert client.get("/v1/labels", headers=bearer(new)).status_code == 200


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "has no key"),
        ("# only a remark\n", "has no key"),
        ("me\n", "line 1: should be a name"),
        ("me you they them\n", "line 1: should be a name"),
        (f"ok {'0' * 64}\nm/e {'0' * 64}\n", "line 2: a name is"),
        ("me 123\n", "line 1: the hash"),
        (f"me {'A' * 64}\n", "line 1: the hash"),
        (f"me {'0' * 64} 0\n", "line 1: the requests a minute"),
        (f"me {'0' * 64} often\n", "line 1: the requests a minute"),
        ("\xff\n", "not UTF-8"),
        ("#" * (1 << 20) + "\n", "larger than"),
    ],
)
def test_a_bad_file_of_keys_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "keys").write_text(content, "latin-1")
    with pytest.raises(KeysError, match=reason):
        read_keys(tmp_path / "keys")


def test_a_missing_file_of_keys_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="No such file"):
        read_keys(tmp_path / "none")


@pytest.mark.parametrize(
    ("options", "demanded"),
    [
        ({}, False),
        ({"host": "localhost"}, False),
        ({"host": "::1"}, False),
        ({"host": "127.9.9.9"}, False),
        ({"host": "0.0.0.0", "keys": "off"}, False),
        ({"keys_file": "keys", "keys": "off"}, False),
        ({"keys_file": "keys"}, True),
        ({"keys_file": "keys", "host": "0.0.0.0"}, True),
        ({"keys_file": "keys", "keys": "required"}, True),
    ],
)
def test_keys_are_demanded_where_others_can_reach_it(options: dict[str, Any], demanded: bool) -> None:
    assert Settings.load(**options).demands_keys is demanded


@pytest.mark.parametrize(
    "options", [{"host": "0.0.0.0"}, {"host": "::"}, {"host": "example"}, {"host": "192.0.2.1"}, {"keys": "required"}]
)
def test_an_open_address_without_keys_is_no_setting(options: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"^--keys-file \(LINEWISE_KEYS_FILE\): API keys are demanded"):
        Settings.load(**options)


def test_a_new_key_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    run = CliRunner().invoke
    made = [
        run(new_key_command, ["me", "--file", str(file)]).output.strip(),
        run(new_key_command, ["you", "--file", str(file), "--per-minute", "7"]).output.strip(),
    ]
    assert read_keys(file) == (KeyRecord("me", digest_of(made[0])), KeyRecord("you", digest_of(made[1]), 7))
    assert not any(key in file.read_text("utf-8") for key in made)
    shown = run(new_key_command, ["them"])
    key = shown.stdout.strip()
    assert shown.stderr == f"them {digest_of(key)}\n"
    assert run(new_key_command, ["no name"]).exit_code == 2
    assert run(new_key_command, ["me", "--file", str(tmp_path)]).exit_code == 2
