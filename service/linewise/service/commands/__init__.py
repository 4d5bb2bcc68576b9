"""The service's commands: one module each, imported only when its command is run."""
