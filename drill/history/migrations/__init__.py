"""How the tables of the history came to be what they are, step by step; shipped with the program."""

HEAD = "0001"
