import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSamples, reseal, sample, writeSamples } from './samples.ts';

const test = suite('TarParser');

/** One header block with fields set by hand, followed by content. */
function block(fields: readonly (readonly [number, string | Buffer])[], content = ''): Buffer {
  const bytes = Buffer.alloc(512 + Math.ceil(content.length / 512) * 512);
  bytes.write('name', 0);
  bytes.write('0', 156);
  bytes.write(content.length.toString(8), 124);
  for (const [offset, value] of fields) bytes.set(Buffer.from(value as string, 'latin1'), offset);
  bytes.write(content, 512, 'latin1');
  return reseal(bytes);
}

const FLAG = 156;
const MAGIC = 257;
const PREFIX = 345;

test('the format before ustar: no magic, spaces around numbers, a slash that says directory', () => {
  const [file, directory] = parseSamples(
    Buffer.concat([
      block([
        [FLAG, '\0'],
        [100, '   644 \0'],
        [108, '   1750 '],
      ]),
      block([
        [0, 'dir/'],
        [FLAG, '\0'],
      ]),
    ]),
  );
  assert.is(file?.entry.type, 'file');
  assert.is(file?.entry.mode, 0o644);
  assert.is(file?.entry.uid, 1000);
  assert.is(directory?.entry.type, 'directory');
  assert.is(directory?.entry.path, 'dir');
});

test('the prefix belongs to the path in ustar and not in GNU headers', () => {
  const prefix = [PREFIX, 'pre'] as const;
  const [ustar, gnu, star] = parseSamples(
    Buffer.concat([
      block([[MAGIC, 'ustar\x0000'], prefix]),
      block([[MAGIC, 'ustar  \0'], prefix]),
      block([
        [MAGIC, 'ustar\x0000'],
        [PREFIX, 'p'.repeat(131)],
        [PREFIX + 131, '00000000000'],
        [508, 'tar\0'],
      ]),
    ]),
  );
  assert.is(ustar?.entry.path, 'pre/name');
  assert.is(gnu?.entry.path, 'name');
  assert.is(star?.entry.path, `${'p'.repeat(131)}/name`);
});

test('base-256 numbers, also negative ones', () => {
  const uid = Buffer.from([0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe]);
  const mtime = Buffer.concat([Buffer.alloc(11, 0xff), Buffer.from([0xf6])]);
  const [only] = parseSamples(
    block([
      [108, uid],
      [136, mtime],
    ]),
  );
  assert.is(only?.entry.uid, 2 ** 32 - 2);
  assert.is(only?.entry.mtime, -10);
});

test('a checksum over signed bytes', () => {
  const bytes = block([[0, 'caf\xe9']]);
  const sum = Number.parseInt(bytes.toString('latin1', 148, 154), 8) - 256;
  bytes.write(sum.toString(8).padStart(6, '0'), 148);
  assert.is(parseSamples(bytes)[0]?.entry.path, 'caf\xe9');
});

test('GNU long names end at NUL and apply to one entry', () => {
  const long = 'n'.repeat(300);
  const [first, second] = parseSamples(
    Buffer.concat([
      block([[FLAG, 'K']], 't\0'),
      block([[FLAG, 'L']], `${long}\0`),
      block([[FLAG, '2']]),
      block([[FLAG, '0']]),
    ]),
  );
  assert.is(first?.entry.path, long);
  assert.is(first?.entry.linkPath, 't');
  assert.is(second?.entry.path, 'name');
});

test('a global header holds until an extended header says otherwise', () => {
  const entries = parseSamples(
    Buffer.concat([
      block([[FLAG, 'g']], '11 mtime=7\n9 uid=42\n'),
      block([]),
      block([[FLAG, 'x']], '9 uid=43\n9 mtime=\n'),
      block([]),
      block([]),
    ]),
  ).map(({ entry }) => [entry.uid, entry.mtime]);
  assert.equal(entries, [
    [42, 7],
    [43, 0],
    [42, 7],
  ]);
});

test('links and devices have no content whatever their size says', () => {
  const link = block([
    [FLAG, '1'],
    [157, 'target'],
    [124, '00000001000'],
  ]);
  const entries = parseSamples(Buffer.concat([link, block([[0, 'next']])])).map(({ entry }) => entry);
  assert.equal(
    entries.map(({ path, size }) => [path, size]),
    [
      ['name', 0],
      ['next', 0],
    ],
  );
});

test('an archive may stop without an end, or be followed by anything', () => {
  const archive = writeSamples([sample({}, 'content')]);
  const forms = [
    archive.subarray(0, 1024),
    archive.subarray(0, 1536),
    Buffer.concat([archive, Buffer.alloc(5000, 'x')]),
  ];
  for (const form of forms) assert.is(parseSamples(form, 100).length, 1);
  assert.equal(parseSamples(Buffer.alloc(0), 1), []);
});

test('the root keeps its slash', () => {
  const [root] = parseSamples(writeSamples([sample({ path: '/', type: 'directory' })]));
  assert.is(root?.entry.path, '/');
});

test.run();
