"""When a message is due: a short list of stages decides, and nothing else does."""
