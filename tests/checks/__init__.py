"""What `./run check` looks at beside the tests; each check is a list of what is wrong."""
