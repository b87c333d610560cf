"""Speech for other programs: OpenAI's HTTP interface, Home Assistant's Wyoming, AsTeRICS Grid's, and a module for
speech-dispatcher."""
