list = [{ n = "a", t = ["x", "y"] }, { n = "b", t = ["z"] }]
target "default" {
  tags = list[*].n
  args = {
    ATTRIBUTES = join(",", list.*.n)
    DEEP   = join(",", flatten(list[*].t))
    FIRST  = list[0].t[1]
    LEGACY = list.1.n
    ONE    = join(",", "single"[*])
    KEY    = { "a b" = "v" }["a b"]
  }
}
