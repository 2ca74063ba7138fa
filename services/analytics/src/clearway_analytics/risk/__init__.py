"""The risk model: pure functions of incidents, routes and parameters. Metres and days throughout."""
