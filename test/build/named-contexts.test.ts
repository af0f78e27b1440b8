import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TestBuilder } from '../ops/builder.ts';
import { becomeRoot } from '../runner/kit.ts';

await becomeRoot();

const test = suite('--build-context');

/** A directory beside the context, with these files. */
function directory(builder: TestBuilder, name: string, files: Record<string, string>): string {
  const path = join(builder.directory, name);
  mkdirSync(path);
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
  return path;
}

test('a directory with an ignore file of its own, for COPY and FROM', () =>
  TestBuilder.with(async (builder) => {
    writeFileSync(join(builder.context, '.dockerignore'), 'kept\n');
    const shared = directory(builder, 'shared', { '.dockerignore': 'left-out\n', kept: 'k', 'left-out': 'x' });
    const { lines } = await builder.build('FROM shared\nCOPY --from=shared kept /copy\n', { contexts: { shared } });
    assert.equal(lines, ['.dockerignore file 644 0:0 "left-out\\n"', 'copy file 644 0:0 "k"', 'kept file 644 0:0 "k"']);
  }));

test('the same files in another directory, under another name, are cached', () =>
  TestBuilder.with(async (builder) => {
    const one = directory(builder, 'one', { f: 'content' });
    const two = directory(builder, 'two', { f: 'content', g: 'not read' });
    await builder.build('FROM scratch\nCOPY --from=a f /\n', { contexts: { a: one } });
    const again = await builder.build('FROM scratch\nCOPY --from=b f /\n', { contexts: { b: two } });
    assert.equal([again.executed, again.cached], [[], ['COPY --from=b f /']]);
  }));

test('an image in the place of another one', () =>
  TestBuilder.with(async (builder) => {
    await builder.addImage('mine:1', [[{ path: 'f', content: 'mine' }]]);
    const contexts = { alpine: 'docker-image://mine:1' };
    const { lines } = await builder.build('FROM docker.io/library/alpine:latest\n', { contexts });
    assert.equal(lines, ['f file 644 0:0 "mine"']);
  }));

/** Values of a context that is an image of a layout; `PLACE` is its directory. */
const LAYOUTS: readonly (readonly [value: string, gives: string | RegExp])[] = [
  ['PLACE', 'f file 644 0:0 "one\\n"'],
  ['PLACE:2', 'f file 644 0:0 "two\\n"'],
  ['PLACE:3', /^NOT_FOUND: --build-context base=.*: the layout .* has no image 3$/],
  ['PLACE@DIGEST', 'f file 644 0:0 "two\\n"'],
  ['PLACE/blobs', /^NOT_FOUND: .* is no OCI layout: it has no index.json/],
];

test('an image of an OCI layout, whose layers are read where they are', () =>
  TestBuilder.with(async (maker) => {
    const layout = join(maker.directory, 'layout');
    for (const [tag, content] of Object.entries({ 2: 'two', latest: 'one' })) {
      const outputs = [{ type: 'oci' as const, destination: layout, names: [`made:${tag}`], directory: true as const }];
      await maker.build(`FROM scratch\nCOPY <<f /\n${content}\nf\nENV x=${content}\n`, { outputs });
    }
    const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
    for (const [value, gives] of LAYOUTS) {
      await TestBuilder.with(async (builder) => {
        const where = value.replace('PLACE', layout).replace('DIGEST', manifests[0].digest);
        const contexts = { base: `oci-layout://${where}` };
        if (gives instanceof RegExp) assert.match(await builder.failure('FROM base\n', { contexts }), gives);
        else assert.equal((await builder.build('FROM base\n', { contexts })).lines, [gives]);
      });
    }
  }));

const FAILURES: readonly (readonly [value: string, error: RegExp])[] = [
  ['/no/such/place', /^NOT_FOUND: --build-context x: build context \/no\/such\/place does not exist/],
  ['ftp://example.org/x', /^INVALID: --build-context x=ftp:\/\/example.org\/x: ftp:\/\/ is no kind of build context/],
  ['docker-image://Bad', /^INVALID: invalid image name "Bad"/],
];

for (const [value, error] of FAILURES) {
  test(`x=${value}`, () =>
    TestBuilder.with(async (builder) => {
      assert.match(await builder.failure('FROM scratch\nCOPY --from=x f /\n', { contexts: { x: value } }), error);
    }));
}

test('what nothing asks for is not looked at', () =>
  TestBuilder.with(async (builder) => {
    await builder.build('FROM scratch\n', { contexts: { x: '/no/such/place' } });
  }));

test.run();
