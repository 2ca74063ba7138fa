"""What is asked. Every query names its mission."""
