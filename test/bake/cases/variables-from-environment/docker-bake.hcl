variable "TAG" { default = "dev" }
variable "DEBUG" { default = false }
variable "JOBS" { default = 2 }
variable "EMPTY" {}
variable "UNSET" { default = null }
target "default" {
  tags = ["app:${TAG}"]
  args = { DEBUG = DEBUG, JOBS = JOBS + 1, EMPTY = "[${EMPTY}]", UNSET = UNSET }
}
