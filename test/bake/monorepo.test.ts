// biome-ignore-all lint/suspicious/noTemplateCurlyInString: steps are named as the build file has them
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeMonorepo } from '../../fixtures/monorepo-of.ts';
import type { ReportData } from '../../src/report/types.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('bake: a monorepo of 50 targets');

/** Builds all targets, and says which steps were executed: what each copies, with the target that shows it. */
async function bake(place: Workplace): Promise<string[]> {
  const cwd = place.at('repository');
  await place.ok(['bake', '--progress=quiet'], { cwd });
  const { steps } = JSON.parse(await place.ok(['report', '--json'])) as ReportData;
  const executed = steps.filter(({ internal, outcome, text }) => !internal && outcome !== 'hit' && text !== 'scratch');
  return executed.map(({ name }) => name).sort();
}

function count(steps: readonly string[]): Record<string, number> {
  const kinds = steps.map((step) => /COPY (\w+)/.exec(step)?.[1] ?? step);
  return Object.fromEntries(
    [...new Set(kinds)].sort().map((kind) => [kind, kinds.filter((one) => one === kind).length]),
  );
}

test('cold, no-op, one leaf, one library, what all share: what is executed', async () => {
  const place = new Workplace();
  try {
    const names = writeMonorepo(place.at('repository'), 50);
    assert.is(names.length, 50);
    const all = { libraries: 10, packages: 50, shared: 1 };
    const edit = (path: string) => place.write(`repository/${path}`, 'edited\n');
    assert.equal(count(await bake(place)), all);
    assert.equal(await bake(place), []);
    edit('packages/package-7/main');
    assert.equal(await bake(place), ['[package-7 package 1/1] COPY packages/${NAME} /app']);
    edit('libraries/library-3/code');
    const ofLibrary = await bake(place);
    assert.equal(count(ofLibrary), { libraries: 1, packages: 5 });
    const targets = ofLibrary.filter((step) => step.includes('packages/')).map((step) => step.slice(1).split(' ')[0]);
    assert.equal(targets.sort(), ['package-15', 'package-16', 'package-17', 'package-18', 'package-19']);
    edit('shared/version');
    assert.equal(count(await bake(place)), all);
  } finally {
    place.remove();
  }
});

test.run();
