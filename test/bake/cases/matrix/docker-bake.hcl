target "app" {
  name   = "app-${item.name}-${replace(version, ".", "-")}"
  matrix = {
    item    = [{ name = "web", port = 80 }, { name = "api", port = 81 }]
    version = ["1.0", "2.0"]
  }
  args = { PORT = item.port }
  tags = ["${item.name}:${version}"]
}
group "default" { targets = ["app", "app-web-1-0"] }
