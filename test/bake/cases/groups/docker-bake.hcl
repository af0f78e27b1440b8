group "default" { targets = ["images", "tool"] }
group "images" {
  description = "what is shipped"
  targets     = ["a", "b", "a"]
}
target "a" {}
target "b" { context = "b" }
target "tool" {}
target "unused" {}
