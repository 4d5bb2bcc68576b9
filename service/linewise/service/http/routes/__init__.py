"""The addresses that the service answers at, one module for each kind."""
