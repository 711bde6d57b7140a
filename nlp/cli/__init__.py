"""The command line: a file for each verb, each a thin function of arguments over a plain one that tests call."""
