"""Everything that people touch: the command line, the HTTP service, the web page."""
