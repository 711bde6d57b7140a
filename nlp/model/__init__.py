"""One encoder, several heads."""
