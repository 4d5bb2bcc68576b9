"""What the oracle refuses."""

from __future__ import annotations


class OracleError(ValueError):
    """A file that the oracle cannot label, or a query file at fault; the message names which."""
