"""Reading other systems' files, and sending what they say to the API in batches."""
