import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * One Dockerfile that several builders build: a directory below `cases/` with
 * - `Dockerfile`,
 * - `context/`: its files, where there are any,
 * - `setup.sh`: what git cannot hold (modes, fifos, odd names), run in the copy of the context,
 * - `case.json`: `{ "args": [options of the build], "against": ["docker"] }`.
 */
export interface ConformanceCase {
  name: string;
  args: readonly string[];
  /** The builders that know the features of the case. */
  against: readonly Reference[];
  file: string;
}

export type Reference = 'buildah' | 'docker';

const CASES = join(import.meta.dirname, 'cases');

export function conformanceCases(): ConformanceCase[] {
  return readdirSync(CASES)
    .sort()
    .map((name) => ({ name, file: join(CASES, name, 'Dockerfile'), ...settingsOf(join(CASES, name, 'case.json')) }));
}

function settingsOf(path: string): Pick<ConformanceCase, 'args' | 'against'> {
  const settings = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Partial<ConformanceCase>) : {};
  return { args: [], against: ['buildah', 'docker'], ...settings };
}

/** Makes the context of a case in a new directory, with the modes that a umask of 022 gives. */
export function prepareContext({ name }: ConformanceCase, directory: string): void {
  const source = join(CASES, name, 'context');
  mkdirSync(directory, { recursive: true });
  if (existsSync(source)) cpSync(source, directory, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', directory]);
  const setup = join(CASES, name, 'setup.sh');
  if (existsSync(setup)) execFileSync('sh', ['-ec', `umask 022; . '${setup}'`], { cwd: directory });
}
