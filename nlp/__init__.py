"""fanzha-nlp: measures and numeric claims in reply letters on telecom fraud."""

__version__ = "0.1.0"
