"""The pages for people: all that they load comes from the service, under a policy that allows nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from linewise.service.http.routes.pages import STATIC_FOLDER

OWN_FILES = ["index.html", "docs.html", "app.js", "docs.js", "examples.js", "style.css", "icon.svg"]


@pytest.mark.parametrize("address", ["/", "/docs"])
def test_a_page_and_all_it_loads_come_from_the_service(client: TestClient, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    for asset in loaded:
        assert asset.startswith("/")
        response = client.get(asset)
        assert response.status_code == 200, asset
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("address", ["/", "/docs"])
def test_the_policy_of_a_page_allows_no_other_source(client: TestClient, address: str) -> None:
    policy = client.get(address).headers["content-security-policy"]
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert "http" not in policy


@pytest.mark.parametrize("name", OWN_FILES)
def test_own_files_need_nothing_from_outside(name: str) -> None:
    content = (STATIC_FOLDER / name).read_text("utf-8")
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", content) == []
    if name.endswith(".html"):
        assert re.search(r"<style|\bstyle=|\bon\w+=|<script>", content) is None


def test_the_page_never_reads_text_as_html() -> None:
    script = (STATIC_FOLDER / "app.js").read_text("utf-8")
    assert re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script) is None


def test_the_page_shows_every_region_and_colours_every_label(client: TestClient) -> None:
    labels = client.get("/v1/labels").json()["labels"]
    style = (STATIC_FOLDER / "style.css").read_text("utf-8")
    script = (STATIC_FOLDER / "app.js").read_text("utf-8")
    for label in labels:
        assert f'[data-label="{label["name"]}"]' in style
        if label["group"] == "region":
            assert f'"{label["name"]}"' in script


def test_assets_are_asked_for_anew_and_sent_once(client: TestClient) -> None:
    first = client.get("/static/app.js")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/static/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_answers_are_kept_out_of_caches_and_frames(client: TestClient) -> None:
    response: Any = client.get("/v1/labels")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")


def test_nothing_outside_the_static_folder_is_served(client: TestClient) -> None:
    for path in ("../settings.py", "%2e%2e/settings.py", "..%2fsettings.py", "swagger-ui"):
        assert client.get(f"/static/{path}").status_code == 404


def test_the_licence_of_the_foreign_assets_is_shipped() -> None:
    for name in ("LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"):
        assert (STATIC_FOLDER / "swagger-ui" / name).stat().st_size > 0
