"""Fair shares: how much a key, a mission or an address may use of what all share (docs/adr/0045-fair-shares.md)."""
