"""The server of `fanzha serve`: a page and an HTTP API over the engine of `fanzha annotate`. Needs the extra `web`."""
