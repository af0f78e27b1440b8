variable "ITEMS" { default = ["a", "b"] }
variable "ON" { default = true }
target "default" {
  args = {
    IF     = "%{ if ON }yes%{ else }no%{ endif }"
    FOR    = "%{ for i, x in ITEMS }${i}=${x};%{ endfor }"
    TRIM   = "a ${~ "b" ~} c"
    ESCAPE = "$${x} %%{y} $5 50% \"q\" \\ \t\u00e9"
    WHOLE  = "${1 + 1}"
  }
}
