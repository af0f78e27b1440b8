root   = "r.example"
prefix = "${root}/team"
target "default" { tags = ["${prefix}/app:${suffix}"] }
suffix = upper("x")
