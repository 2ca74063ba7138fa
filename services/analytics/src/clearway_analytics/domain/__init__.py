"""What routes and incidents are to this service, free of databases and frameworks."""
