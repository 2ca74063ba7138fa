"""What is to be delivered: rows, leases, slots and results. It knows no channel."""
