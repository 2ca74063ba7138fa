"""Databases: engines, schemas, migrations, and the tables that every service has."""
