target "default" { args = { B = "override" } }
