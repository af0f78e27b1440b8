target "app" {
  args = { A = "1" }
  tags = ["app:1"]
  cache-from = ["c:1"]
}
target "api" { inherits = ["app"] }
group "default" { targets = ["app", "api"] }
