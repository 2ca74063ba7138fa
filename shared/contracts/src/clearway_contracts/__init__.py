"""The contracts between the services: data only, importing nothing but pydantic."""
