"""What changes something: each command runs in the transaction it is given."""
