/** Where the values of variables come from that nobody wrote into the file. */
export interface BakeEnvironment {
  /** The process's environment; empty where `BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP` is set. */
  env: Readonly<Record<string, string | undefined>>;
  /** `--var NAME=VALUE`: before the environment. */
  vars: ReadonlyMap<string, string>;
  /** `BAKE_CMD_CONTEXT` and its like, which a file cannot set. */
  builtins: ReadonlyMap<string, string>;
}

/** The value that the command line or the environment gives a variable. */
export function givenValue({ env, vars }: BakeEnvironment, name: string): string | undefined {
  return vars.get(name) ?? (Object.hasOwn(env, name) ? env[name] : undefined);
}
