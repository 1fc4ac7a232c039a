"""The service over HTTP: one application, one thin adapter for each dialect, one scorer."""
