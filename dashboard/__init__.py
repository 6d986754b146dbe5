"""The plug board: the app, its server, its health and its assets."""
