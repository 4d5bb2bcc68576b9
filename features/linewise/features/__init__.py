"""The vocabulary of linewise, and the way from text to vectors."""
