variable "TAG" { default = "d" }
target "default" { tags = [TAG] }
