import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { isErrno, TsbuildError } from '../base/error.ts';
import { configPath, SYSTEM_PATH } from './config-path.ts';

/** The user's settings as they are written, and where: paths in it are relative to its directory. */
export interface UserConfig {
  path: string;
  /** By section; nothing where there is no file. */
  sections: Readonly<Record<string, unknown>>;
}

const SECTIONS = ['registries', 'network', 'limits'];
/** In bytes: nobody writes so much by hand, and aliases in YAML can make much of little. */
const MAX_SIZE = 1024 * 1024;
const MAX_ALIASES = 100;

/** Reads the file at `configPath`. INVALID where it is not YAML or has a section that nobody knows. */
export function readUserConfig(env: Readonly<Record<string, string | undefined>>): UserConfig {
  const path = configPath(env);
  const text = path === undefined ? undefined : readIfThere(path);
  if (path !== undefined && text !== undefined) return { path, sections: parse(text, path) };
  if (env.TSBUILD_CONFIG) {
    throw new TsbuildError('NOT_FOUND', `$TSBUILD_CONFIG names ${path}, which does not exist`);
  }
  return { path: SYSTEM_PATH, sections: {} };
}

function readIfThere(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > MAX_SIZE) throw new TsbuildError('INVALID', `${path} has more than ${MAX_SIZE} bytes`);
    return text;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (!isErrno(error, 'EACCES', 'EISDIR')) throw error;
    throw new TsbuildError('PERMISSION', `cannot read ${path}: ${error.message}`, { cause: error });
  }
}

function parse(text: string, path: string): UserConfig['sections'] {
  const document = parseDocument(text, { lineCounter: new LineCounter(), prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new TsbuildError('INVALID', `${path} is not YAML: ${problem.message.split('\n', 1)[0]}`);
  }
  const sections: unknown = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
  if (!isObject(sections)) throw new TsbuildError('INVALID', `${path} is not a map of sections`);
  const unknown = Object.keys(sections).find((name) => !SECTIONS.includes(name));
  if (unknown === undefined) return sections;
  throw new TsbuildError('INVALID', `${path}: unknown section ${unknown}`, {
    hint: `its sections are: ${SECTIONS.join(', ')}`,
  });
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
