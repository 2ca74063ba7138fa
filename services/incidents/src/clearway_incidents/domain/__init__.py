"""What an incident is and how it lives: values and rules, with no framework and no I/O."""
