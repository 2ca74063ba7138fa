"""People who sign in at an issuer of OpenID Connect: its tokens beside the keys of the directory (ADR 0049)."""
