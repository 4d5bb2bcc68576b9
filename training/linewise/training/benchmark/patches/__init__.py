"""How far `linewise diff` can be trusted: histories and edits whose truth the oracle tells from whole files."""
