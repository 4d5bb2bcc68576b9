"""``/`` and ``/docs``: the pages for people, whose assets all come from this service."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

STATIC_FOLDER = Path(__file__).resolve().parents[2] / "static"

# Browsers keep the files but ask each time whether they are still the same, so that an upgrade shows at once.
_CACHING = {"Cache-Control": "no-cache"}

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
async def page() -> FileResponse:
    """The page where one pastes code and sees each line's labels."""
    return FileResponse(STATIC_FOLDER / "index.html", headers=_CACHING)


@router.api_route("/docs", methods=["GET", "HEAD"])
async def docs() -> FileResponse:
    """The OpenAPI document as a page."""
    return FileResponse(STATIC_FOLDER / "docs.html", headers=_CACHING)


class _Assets(StaticFiles):
    """Static files with the caching of the pages."""

    def file_response(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(_CACHING)
        return response


def install_assets(app: FastAPI) -> None:
    """Serve what the pages load."""
    app.mount("/static", _Assets(directory=STATIC_FOLDER), name="static")
