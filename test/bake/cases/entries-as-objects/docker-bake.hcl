target "default" {
  cache-from = [{ type = "registry", ref = "r/app:cache" }, { type = "local", src = "cache" }]
  cache-to   = [{ type = "inline" }]
  output     = [{ type = "oci", dest = "out.tar", compression = "zstd" }]
  secret     = [{ id = "token", env = "TOKEN" }, { id = "key", src = "key.pem" }]
  ssh        = [{ id = "default" }, { id = "git", paths = ["a.pem", "b.pem"] }]
  attest     = [{ type = "provenance", mode = "max" }, { type = "sbom", disabled = true }]
}
