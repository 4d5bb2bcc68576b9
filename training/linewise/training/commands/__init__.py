"""The commands that training adds to ``linewise``."""
