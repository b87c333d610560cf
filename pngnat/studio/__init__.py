"""The studio: a person records, makes, shapes and uses a voice in a browser, on their own machine."""
