variable "TAG" { default = "a" }
target "default" {
  args = { A = "a", B = "a" }
  tags = ["app:${TAG}"]
}
group "all" { targets = ["default"] }
