"""The AWS stack: knows paths and variable names, imports no application code."""
