variable "NAMES" {
  type    = list(string)
  default = ["a"]
}
variable "PORTS" {
  type    = list(number)
  default = []
}
variable "SETTINGS" {
  type    = object({ level = string, verbose = optional(bool) })
  default = { level = 3 }
}
variable "LIMITS" {
  type    = map(number)
  default = { cpu = "2" }
}
target "default" {
  tags = formatlist("app:%s", NAMES)
  args = {
    SUM   = sum3(PORTS...)
    LEVEL = SETTINGS.level
    QUIET = SETTINGS.verbose == null ? "unset" : "set"
    CPU   = LIMITS["cpu"] + 1
  }
}
function "sum3" {
  params = [a, b, c]
  result = a + b + c
}
