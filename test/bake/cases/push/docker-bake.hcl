target "plain" {}
target "image" { output = ["type=image,name=x"] }
target "file" { output = ["type=local,dest=out"] }
target "docker" { output = ["type=docker"] }
group "default" { targets = ["plain", "image", "file", "docker"] }
