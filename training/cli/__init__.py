"""The command line: read the arguments, call one function, print one line."""
