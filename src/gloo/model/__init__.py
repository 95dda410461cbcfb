"""What users write: frozen structs, their decoder and their JSON Schema. No I/O, no Envoy."""
