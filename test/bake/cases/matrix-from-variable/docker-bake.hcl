variable "STAGES" { default = ["dev", "prod"] }
target "default" {
  name   = sanitize("run.${stage}")
  matrix = { stage = [for s in STAGES : s if s != "test"] }
  target = stage
}
