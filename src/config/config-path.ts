import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** For all users of a machine; read where the user has no file. */
export const SYSTEM_PATH = '/etc/tsbuild/config.yaml';

/**
 * Where the user's settings are: `$TSBUILD_CONFIG`, whether it exists or not, else `tsbuild/config.yaml` below
 * `$XDG_CONFIG_HOME` or `~/.config`, else that of the machine; undefined where there is none.
 */
export function configPath(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.TSBUILD_CONFIG) return resolve(env.TSBUILD_CONFIG);
  return [userPath(env), SYSTEM_PATH].find((path) => existsSync(path));
}

/** The XDG base directory specification ignores what is not absolute. */
function userPath(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_CONFIG_HOME: config, HOME: home } = env;
  const directory = config !== undefined && isAbsolute(config) ? config : join(home || homedir(), '.config');
  return join(directory, 'tsbuild', 'config.yaml');
}
