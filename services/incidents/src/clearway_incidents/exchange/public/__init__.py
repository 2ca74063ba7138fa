"""What is published without a key, as it is sent."""
