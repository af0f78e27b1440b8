TAG = "from-${NAME}"
variable "NAME" { default = "b" }
target "default" { args = { B = "b" } }
group "all" { targets = ["default", "other"] }
target "other" {}
