"""The addresses of the API, one file per group of them."""
