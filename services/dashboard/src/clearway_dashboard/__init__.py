"""The dashboard: the page that people watch and report with. It has no data: it uses the API like any other client."""
