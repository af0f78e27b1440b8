target "base" {
  dockerfile-inline = <<-EOT
    FROM scratch
    COPY . /
  EOT
  tags = ["base"]
}
target "lib" { contexts = { base = "target:base" } }
target "default" {
  contexts = { lib = "target:lib", base = "target:base", image = "docker-image://alpine:3", src = "../src" }
}
