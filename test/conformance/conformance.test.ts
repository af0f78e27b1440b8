import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Builder, buildah, docker, tsbuild } from './builders.ts';
import { type ConformanceCase, conformanceCases, prepareContext, type Reference } from './cases.ts';
import { DIFFERENCES } from './differences.ts';
import { disagreements } from './picture.ts';

const conformance = suite('the same images as other builders');

const ours = await tsbuild();
const engine = docker(ours.base);
if (engine === undefined) console.log('note: no docker engine with buildx answers: compared with buildah alone');
const references: [Reference, Builder][] = [
  ['buildah', buildah(ours.base)],
  ...(engine === undefined ? [] : ([['docker', engine]] satisfies [Reference, Builder][])),
];
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-conformance-'));
const only = process.env.CONFORMANCE;

/** Each disagreement must be declared, and each declared difference of the case must be there. */
function undeclared(found: readonly string[], { name }: ConformanceCase, against: Reference): string[] {
  const declared = DIFFERENCES.filter((row) => row.against === against && (row.case ?? name) === name);
  const isDeclared = (line: string) => declared.some(({ what }) => line.startsWith(what));
  const gone = declared.filter((row) => row.case !== undefined && !found.some((line) => line.startsWith(row.what)));
  return [...found.filter((line) => !isDeclared(line)), ...gone.map(({ what }) => `declared and not found: ${what}`)];
}

for (const each of conformanceCases()) {
  if (only !== undefined && !each.name.includes(only)) continue;
  const context = join(directory, each.name);
  const mine = lazily(async () => {
    prepareContext(each, context);
    return ours.build(each, context);
  });
  for (const [against, builder] of references) {
    if (!each.against.includes(against)) continue;
    conformance(`${each.name}, as ${against}`, async () => {
      const found = disagreements(await mine(), await builder.build(each, context));
      assert.equal(undeclared(found, each, against), []);
    });
  }
}

function lazily<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

conformance('at least 40 cases are compared with buildah', () => {
  assert.ok(conformanceCases().filter(({ against }) => against.includes('buildah')).length >= 40);
});

conformance.after(() => {
  for (const builder of [ours, ...references.map(([, builder]) => builder)]) builder.remove();
  rmSync(directory, { recursive: true, force: true });
});

conformance.run();
