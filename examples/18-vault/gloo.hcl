# All that gloo may do in Vault: read what is below secret/gloo.
path "secret/data/gloo/*" {
  capabilities = ["read"]
}
