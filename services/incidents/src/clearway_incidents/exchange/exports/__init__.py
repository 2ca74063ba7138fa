"""The formats in which incidents are given out, one module each."""
