import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const toplevel = suite('the top of the repository');

const ROOT = resolve(import.meta.dirname, '../..');
const ALLOWED = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'LICENSE',
  'src',
  'grammar',
  'runner',
  'fixtures',
  'bench',
  'docs',
  'test',
];

/** Directories that are made here and not kept, as `.gitignore` lists them. */
function ignored(): string[] {
  const lines = readFileSync(resolve(ROOT, '.gitignore'), 'utf8').split('\n');
  return lines.map((line) => line.replace(/^\/|\/$/g, ''));
}

toplevel('holds dotfiles, documents, the package and the agreed folders, nothing else', () => {
  const known = new Set([...ALLOWED, ...ignored()]);
  const isKnown = (name: string): boolean => known.has(name) || name.startsWith('.') || /^[A-Z]+\.md$/.test(name);
  assert.equal(
    readdirSync(ROOT).filter((name) => !isKnown(name)),
    [],
  );
});

toplevel.run();
