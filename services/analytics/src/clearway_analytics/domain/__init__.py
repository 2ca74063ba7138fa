"""Routes and incidents in this service, free of databases and frameworks."""
