variable "REGISTRY" { default = "r.example" }
function "image" {
  params          = [name]
  variadic_params = more
  result          = length(more) > 0 ? "${REGISTRY}/${name}:${join("-", more)}" : "${REGISTRY}/${name}"
}
function "twice" {
  params = [x]
  result = [image(x), image(x, "latest")]
}
target "default" { tags = concat(twice("app"), [image("b", 1, 2)]) }
