"""Numbers: the grammar that reads them, and the links from a quantity to its metric, period and direction."""
