import { isAbsolute, join, resolve } from 'node:path';
import { TsbuildError } from '../base/error.ts';

export interface RootChoice {
  /** `--root` of the command line. */
  root?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** The user outside of any user namespace that we have made: 0 is the root of the host. */
  uid: number;
}

/**
 * Where the state is: `--root`, else `$TSBUILD_ROOT`, else `/var/lib/tsbuild` for root, else `tsbuild` below the data
 * directory of the user (XDG base directory specification, where a relative `$XDG_DATA_HOME` is to be ignored).
 */
export function defaultRoot({ root, env, uid }: RootChoice): string {
  const chosen = root ?? env.TSBUILD_ROOT;
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  if (uid === 0) return '/var/lib/tsbuild';
  const { XDG_DATA_HOME: data, HOME: home } = env;
  if (data !== undefined && isAbsolute(data)) return join(data, 'tsbuild');
  if (home !== undefined && isAbsolute(home)) return join(home, '.local', 'share', 'tsbuild');
  throw new TsbuildError('USAGE', 'no place for images and cache: $HOME is not set', {
    hint: 'choose a directory with --root DIR or $TSBUILD_ROOT',
  });
}
