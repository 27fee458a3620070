"""How the programs that read a store see it: pure data and rules, each with its evidence."""
