target "default" {
  context   = BAKE_CMD_CONTEXT
  platforms = [BAKE_LOCAL_PLATFORM]
}
