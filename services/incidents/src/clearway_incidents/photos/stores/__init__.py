"""Where the bytes of photos are kept."""
