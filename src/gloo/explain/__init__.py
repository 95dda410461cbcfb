"""What becomes of a request, answered without Envoy from what Envoy would get. Pure: no network, no clock."""
