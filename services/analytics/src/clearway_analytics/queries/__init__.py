"""What is read of this service; nothing here changes anything."""
