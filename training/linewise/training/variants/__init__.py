"""Variants: training files in which what is rare in programs has been put, labelled anew by the oracle.

Comments behind code, strings that look like comments, labelled loops, bodies on one line, wrapped arguments and the
like are seldom in programs, so that the networks learn them by what stands beside them. Here they stand anywhere.
"""

from .make import Variation, variant_of, with_variants

__all__ = ["Variation", "variant_of", "with_variants"]
