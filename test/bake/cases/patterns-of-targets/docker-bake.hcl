target "web-a" {}
target "web-b" {}
target "db" {}
group "web-all" { targets = ["web-a", "db"] }
