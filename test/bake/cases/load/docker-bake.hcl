target "plain" {}
target "oci" { output = ["type=oci,dest=x.tar"] }
target "file" { output = ["type=local,dest=out"] }
target "docker" { output = ["type=docker"] }
group "default" { targets = ["plain", "oci", "file", "docker"] }
