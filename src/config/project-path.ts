import { existsSync, lstatSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The settings of a project. */
const PROJECT_FILE = 'tsbuild.yaml';

export interface ProjectFile {
  path: string;
  /** Why the file is not read; undefined where it is. */
  refused?: string | undefined;
}

interface Search {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}

/**
 * The nearest `tsbuild.yaml` from the working directory up to the root of its git repository; outside of a repository
 * only that of the working directory. Never looks into a directory above that is another user's, and refuses a file
 * that is. `$TSBUILD_PROJECT_CONFIG` names another file, or none where it is empty.
 */
export function findProjectFile({ env, cwd }: Search): ProjectFile | undefined {
  const { TSBUILD_PROJECT_CONFIG: chosen } = env;
  if (chosen !== undefined) return chosen === '' ? undefined : { path: resolve(cwd, chosen) };
  const ours = ourUids(env);
  const path = nearest(cwd, ours);
  if (path === undefined) return undefined;
  const { uid } = lstatSync(path);
  if (!lstatSync(path).isFile()) return { path, refused: 'it is not a regular file' };
  return { path, refused: ours.includes(uid) ? undefined : 'it is the file of another user' };
}

function nearest(cwd: string, ours: readonly number[]): string | undefined {
  let found: string | undefined;
  for (let directory = cwd; ; ) {
    const path = join(directory, PROJECT_FILE);
    if (found === undefined && lstatSync(path, { throwIfNoEntry: false }) !== undefined) found = path;
    if (existsSync(join(directory, '.git'))) return found;
    const parent = dirname(directory);
    if (parent === directory || !ours.includes(statSync(parent).uid)) break;
    directory = parent;
  }
  return found !== undefined && dirname(found) === cwd ? found : undefined;
}

/** Ours, and below sudo also those of who called it. */
function ourUids({ SUDO_UID = '' }: Search['env']): number[] {
  const uid = process.geteuid?.() ?? 0;
  return uid === 0 && /^\d+$/.test(SUDO_UID) ? [uid, Number(SUDO_UID)] : [uid];
}
