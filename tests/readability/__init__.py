"""How easy the code is to read, in figures that can be measured again."""
