"""Gold annotations: the marked-up source format, stand-off gold, and reading whole folders of them."""
