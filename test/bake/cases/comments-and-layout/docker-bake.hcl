# one
// two
/* three
   four */
variable TAG { default = "x" } // labels need no quotes
target "default" {
  args = { A = 1, B : 2, "C" = 3, (TAG) = 4
    D = 5,
  }
  tags = [
    "a", # behind
    "b",
  ]
  labels = { x = (
    "long"
  ) }
}
