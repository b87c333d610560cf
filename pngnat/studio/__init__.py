"""The studio: a person records, makes, shapes and uses a voice, in a browser and on their own machine."""
