"""Speech for other programs: OpenAI's HTTP interface, Home Assistant's Wyoming protocol, AsTeRICS Grid's interface, and
a module for speech-dispatcher."""
