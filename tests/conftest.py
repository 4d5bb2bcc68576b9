"""What holds for all tests."""

from hypothesis import settings

# On a machine that is busy with other work, an example may take any time.
settings.register_profile("linewise", deadline=None)
settings.load_profile("linewise")
