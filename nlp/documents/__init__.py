"""From files to documents: bytes are decoded once, and the text is kept exactly."""
