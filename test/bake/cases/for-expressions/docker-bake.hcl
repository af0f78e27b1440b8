m = { b = 2, a = 1, c = 3 }
target "default" {
  args = merge(
    { for k, v in m : upper(k) => v * 10 if v != 2 },
    { LIST = join(",", [for k, v in m : "${k}${v}"]) },
    { GROUP = jsonencode({ for w in ["x1", "y1", "x2"] : substr(w, 0, 1) => w... }) },
    { INDEX = join(",", [for i, w in ["x", "y"] : "${i}${w}"]) },
  )
}
