n = [3, 9, 4]
target "default" { args = { MAX = max(n...), MIN = min(1, n...), FMT = format("%s-%s", ["a", "b"]...) } }
