target "app" {
  args = { B = "hcl" }
  tags = ["app"]
}
target "more" { inherits = ["app"] }
