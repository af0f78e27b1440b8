variable "NONE" { type = string }
target "default" {
  args = {
    GIVEN = "1"
    NONE  = NONE
  }
}
