"""What every service's HTTP interface has in common."""
