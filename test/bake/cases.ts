import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a case says of its command line; adding a case is adding a directory. */
export interface BakeCase {
  files?: string[];
  targets?: string[];
  set?: string[];
  vars?: Record<string, string>;
  env?: Record<string, string>;
}

export const CASES = join(import.meta.dirname, 'cases');

export function caseNames(): string[] {
  return readdirSync(CASES);
}

export function readCase(name: string): BakeCase {
  const path = join(CASES, name, 'case.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as BakeCase) : {};
}

export function expectedOf(name: string): string {
  return readFileSync(join(CASES, name, 'expected.json'), 'utf8');
}
