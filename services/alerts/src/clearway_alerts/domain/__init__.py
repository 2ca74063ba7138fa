"""The rules of warning: pure values and functions, without a database, a clock or a network."""
