target "default" {
  args = {
    A = 1 + 2 * 3 - 4 / 8
    B = (1 + 2) * 3 % 4
    C = -7 % 3
    D = 1 < 2 && !(2 <= 1) || false
    E = "a" == "a" ? "same" : 1
    F = 1 != 2 ? null : "x"
    G = 0.1 + 0.2
    H = 10 / 4 >= 2.5
    I = 1e3
  }
}
