"""What people use today, asked for the same labels in the same run: a parser, a highlighter, and a guess."""
