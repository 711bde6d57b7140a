"""Indicators put side by side over letters, and figures that contradict each other."""
