"""Secrets of channels are stored sealed: AES-256-GCM, with keys that are not in the database."""
