"""WHO: addresses, batches, codes, credentials issued. Never holds an answer."""
