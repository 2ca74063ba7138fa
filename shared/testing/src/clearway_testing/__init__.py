"""Real parts for tests and for a developer's machine: the one place that starts Kafka and PostgreSQL.

It needs the development dependencies; nothing outside this package imports it.
"""
