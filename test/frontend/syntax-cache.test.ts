import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from '../../grammar/index.ts';
import type { Digest } from '../../src/base/digest.ts';
import { TsbuildErrors } from '../../src/base/error.ts';
import { readSyntax } from '../../src/frontend/syntax-cache.ts';

const test = suite('syntax cache');

/** Records as the store keeps them: what comes out has been through JSON. */
function jsonRecords() {
  const kept = new Map<Digest, string>();
  let hits = 0;
  return {
    size: () => kept.size,
    hits: () => hits,
    get: (key: Digest): unknown => {
      const text = kept.get(key);
      if (text !== undefined) hits++;
      return text === undefined ? undefined : JSON.parse(text);
    },
    put: (key: Digest, value: unknown) => void kept.set(key, JSON.stringify(value)),
  };
}

const TEXT = [
  '# escape=`',
  'ARG BASE=scratch',
  'FROM $BASE AS one',
  'RUN --mount=type=cache,target=/c `',
  '  echo hi',
  'COPY <<EOF /x',
  'body $A',
  'EOF',
  'ONBUILD RUN --mount=type=tmpfs,target=/t true',
  'CMD ["a", "b"]',
  '',
].join('\n');

test.before(() => {
  process.env.TSBUILD_BUNDLED = '1';
});

test.after(() => {
  delete process.env.TSBUILD_BUNDLED;
});

test('a kept tree is the tree that the parser makes, and points to the file of this build', async () => {
  const records = jsonRecords();
  await readSyntax({ name: 'Dockerfile', text: TEXT }, records);
  const source = { name: 'other/Dockerfile', text: TEXT };
  const file = await readSyntax(source, records);
  assert.is(records.hits(), 1);
  assert.equal(JSON.stringify(file), JSON.stringify(parse(source).file));
  const [run] = file.instructions.filter((instruction) => instruction.kind === 'RUN');
  assert.is(run?.mounts[0]?.source, file.source);
  assert.is(file.source, source);
});

test('another text is another tree', async () => {
  const records = jsonRecords();
  await readSyntax({ name: 'Dockerfile', text: TEXT }, records);
  await readSyntax({ name: 'Dockerfile', text: `${TEXT}ENV A=1\n` }, records);
  assert.is(records.hits(), 0);
  assert.is(records.size(), 2);
});

test('a file with errors is not kept, and all of them are thrown', async () => {
  const records = jsonRecords();
  try {
    await readSyntax({ name: 'Dockerfile', text: 'FROM a\nRUNN x\nENV A\n' }, records);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, TsbuildErrors);
    assert.is((error as TsbuildErrors).errors.length, 2);
  }
  assert.is(records.size(), 0);
});

test('run from the sources, nothing is kept', async () => {
  delete process.env.TSBUILD_BUNDLED;
  const records = jsonRecords();
  await readSyntax({ name: 'Dockerfile', text: TEXT }, records);
  assert.is(records.size(), 0);
  process.env.TSBUILD_BUNDLED = '1';
});

test.run();
