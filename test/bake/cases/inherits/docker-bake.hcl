target "base" {
  args     = { A = "base", B = "base" }
  labels   = { l = "base" }
  tags     = ["base"]
  platforms = ["linux/amd64"]
  cache-from = ["c:base"]
  cache-to = ["c:base"]
  output   = ["type=oci,dest=base.tar"]
  no-cache-filter = ["one"]
  secret = ["id=base"]
}
target "more" {
  inherits = ["base"]
  args     = { B = "more", C = "more" }
  dockerfile = "more.Dockerfile"
}
target "default" {
  inherits = ["more", "last"]
  args     = { A = null, C = "own" }
  tags     = ["own"]
  cache-from = ["c:own", "c:base"]
  cache-to = ["c:own"]
  no-cache-filter = ["two"]
  secret = ["id=own"]
}
target "last" {
  dockerfile = "last.Dockerfile"
  labels     = { l = "last", m = "last" }
}
