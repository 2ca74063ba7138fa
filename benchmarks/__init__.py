"""What Clearway takes, beside what the same machine takes for the same work without Clearway.

`python -m benchmarks` (or `make bench`) starts everything itself, on loopback, and ends only what it started.
"""
