import { type BytePath, fromBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { type IgnoreRules, parseIgnoreFile } from '../base/ignore.ts';
import { ContextSource } from '../ops/context-source.ts';
import { type UsedContext, usedPaths } from './context-usage.ts';

type Found = Pick<UsedContext, 'input' | 'files' | 'uses'>;

/**
 * Rules of an ignore file that hide what nothing uses and with which every step reads exactly what it reads now: that
 * is tried. A source may lead through a link, which is then no part of what is read; such links are left alone.
 */
export async function provenRules(found: Found, state: string): Promise<string[]> {
  for (const links of [true, false]) {
    const rules = proposedRules(found, { links });
    if (rules.length === 0 || (await changesNothing(found, rules, state))) return rules;
  }
  return [];
}

async function changesNothing(
  { input: { directory }, uses }: Found,
  lines: readonly string[],
  state: string,
): Promise<boolean> {
  const ignoreText = lines.join('\n');
  const rules: IgnoreRules = parseIgnoreFile(ignoreText);
  const records = { get: () => undefined, put: () => undefined };
  const source = new ContextSource({ directory, rules, ignoreText, records, state });
  try {
    for (const { request, digest } of uses) if ((await source.select(request)).digest !== digest) return false;
    return true;
  } catch (error) {
    if (error instanceof TsbuildError) return false;
    throw error;
  }
}

/** A text as it stands in an ignore file: `/` before it, and what would be a wildcard escaped. */
function ruleOf(path: BytePath): string {
  return `/${fromBytePath(path).replace(/[\\*?[\]]/g, '\\$&')}`;
}

/** Where a build file and its rules lie; they are of no use in an image and cost nothing. */
const KEPT = /^(Dockerfile|Containerfile|dockerfile|.*\.dockerignore)$/;

/**
 * An ignore file that hides what nothing uses, each directory by one rule, below the rules that are there. Links are
 * left alone unless `links` is true: a source may lead through them.
 */
function proposedRules({ files, uses, input }: Found, { links }: { links: boolean }): string[] {
  const kept = new Set<BytePath>();
  const keep = (path: BytePath) => {
    for (let at = path; at !== '' && !kept.has(at); at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) kept.add(at);
  };
  for (const path of usedPaths(uses)) keep(path);
  for (const { path, type } of files) if (KEPT.test(path) || (type === 'symlink' && !links)) keep(path);
  const rules: string[] = [];
  const hidden = new Set<BytePath>();
  for (const { path } of files) {
    if (kept.has(path)) continue;
    const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
    if (!hidden.has(parent)) rules.push(ruleOf(path));
    hidden.add(path);
  }
  const before = parseIgnoreFile(input.ignoreText).patterns.map(({ text }) => text);
  return rules.length === 0 ? [] : [...before, ...rules];
}
