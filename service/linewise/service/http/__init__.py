"""The HTTP service: ``create_app`` makes it from settings."""

from .app import app_from_environment, create_app

__all__ = ["app_from_environment", "create_app"]
