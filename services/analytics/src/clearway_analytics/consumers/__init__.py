"""Topics that this service consumes, one module each."""
