"""The HTTP edge: decode the request, call the service, encode the answer."""
