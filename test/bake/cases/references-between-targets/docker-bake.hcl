target "first" {
  args = { A = "one", B = 2 }
  tags = ["first:1"]
  dockerfile = "first.Dockerfile"
}
target "default" {
  args = { A = target.first.args.A, SUM = target.first.args.B + 1 }
  tags = [for t in target.first.tags : "${t}-too"]
  dockerfile = target.first.dockerfile
  labels = { name = target.first.name }
}
