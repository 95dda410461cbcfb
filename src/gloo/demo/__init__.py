"""What `gloo demo` shows the gateway with: a small petstore of its own."""
