"""Running Envoy: bootstrap, supervision, admin client."""
