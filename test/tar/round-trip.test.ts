import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSamples, type Sample, sample, writeSamples } from './samples.ts';

const test = suite('tar round trip');

const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
const nameByte = byte.filter((char) => char !== '/');
const part = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: nameByte }),
  fc.string({ minLength: 60, maxLength: 255, unit: fc.constantFrom('a', 'b', '.') }),
);
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const owner = fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.integer({ min: 2 ** 21 - 2, max: 2 ** 32 }));
const mtime = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 33 }),
  fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  fc.integer({ min: -1e9, max: 2e9 }).map((milliseconds) => milliseconds / 1000),
);
const xattrs = fc.option(
  fc
    .uniqueArray(fc.tuple(fc.string({ minLength: 1, unit: byte.filter((char) => char !== '=') }), fc.uint8Array()), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: 3,
    })
    .map((pairs) => new Map(pairs.map(([name, value]) => [name, Buffer.from(value)]))),
  { nil: undefined, freq: 3 },
);
const common = { path, mode: fc.integer({ min: 0, max: 0o7777 }), uid: owner, gid: owner, mtime, xattrs };
const device = fc.integer({ min: 0, max: 2 ** 20 });

const anySample: fc.Arbitrary<Sample> = fc.oneof(
  fc.tuple(fc.record(common), fc.uint8Array({ maxLength: 1500 })).map(([fields, content]) => {
    return sample({ ...fields, type: 'file' }, Buffer.from(content));
  }),
  fc.record(common).map((fields) => sample({ ...fields, type: 'directory' })),
  fc.record({ ...common, linkPath: path, type: fc.constantFrom('symlink', 'hardlink') }).map(sample),
  fc.record({ ...common, type: fc.constantFrom('char', 'block'), devMajor: device, devMinor: device }).map(sample),
  fc.record(common).map((fields) => sample({ ...fields, type: 'fifo' })),
);

test('what was written is read again, however it is cut into pieces', () => {
  fc.assert(
    fc.property(fc.array(anySample, { maxLength: 5 }), fc.integer({ min: 1, max: 2000 }), (samples, step) => {
      assert.equal(parseSamples(writeSamples(samples), step), samples);
    }),
    { numRuns: 300 },
  );
});

test('equal entries have equal bytes, whatever the order of their attributes', () => {
  const forward = new Map([
    ['user.a', Buffer.from('1')],
    ['user.b', Buffer.from('2')],
  ]);
  const backward = new Map([...forward].reverse());
  assert.equal(writeSamples([sample({ xattrs: forward })]), writeSamples([sample({ xattrs: backward })]));
});

test.run();
