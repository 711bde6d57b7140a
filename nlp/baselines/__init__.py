"""Simpler ways to the same task, put beside the model on the same letters; `nlp.cli.baselines` runs them.

A baseline only gives labels to clauses, numbers and characters. How a letter is read and cut, what may be a number, how
labels become spans and how spans become claims is the model's own code, so the figures compare what was learned.
"""
