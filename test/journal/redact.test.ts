import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Redactor, secretParts } from '../../src/journal/redact.ts';

const test = suite('secrets in what is kept of a build');

function redacted(pieces: readonly string[], secrets: readonly string[]): string {
  const redactor = new Redactor(secrets.map((secret) => Buffer.from(secret)));
  return Buffer.concat([...pieces.map((piece) => redactor.push(Buffer.from(piece))), redactor.end()]).toString();
}

const ROWS: readonly (readonly [what: string, secrets: readonly string[], text: string, kept: string])[] = [
  ['none', [], 'all of it', 'all of it'],
  ['one', ['hunter2'], 'a hunter2 b', 'a *** b'],
  ['several times', ['hunter2'], 'hunter2hunter2 hunter2', '****** ***'],
  ['its beginning alone', ['hunter2'], 'hunter hunter', 'hunter hunter'],
  ['a beginning before it', ['ababac'], 'abababac', 'ab***'],
  ['one that begins with another', ['secret', 'secret-token'], 'the secret-token and secret', 'the *** and ***'],
  ['one that ends with another', ['secret-token', 'token'], 'secret-token token', '*** ***'],
  ['two that overlap', ['abcdef', 'defghi'], '<abcdefghi>', '<***>'],
  ['one that overlaps itself', ['xyzxyz'], '<xyzxyzxyz>', '<***>'],
  ['bytes that are no text', ['\0\x01\u{1f511}'], 'a\0\x01\u{1f511}b', 'a***b'],
];

for (const [what, secrets, text, kept] of ROWS) {
  test(`${what}: however it comes in pieces`, () => {
    assert.is(redacted([text], secrets), kept);
    for (let cut = 1; cut < text.length; cut++) {
      const pieces = [text.slice(0, cut), text.slice(cut)];
      if (/[\ud800-\udbff]$/.test(pieces[0] as string)) continue;
      assert.is(redacted(pieces, secrets), kept, `cut at ${cut}`);
    }
    assert.is(redacted([...text], secrets), kept);
  });
}

test('pieces make no difference, and nothing of a secret is left', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 5 });
  const text = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 12 }), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1, maxLength: 3 }), text, (secrets, pieces) => {
      const whole = redacted([pieces.join('')], secrets);
      assert.is(redacted(pieces, secrets), whole);
      assert.ok(secrets.every((secret) => !whole.includes(secret)));
    }),
  );
});

test('a secret that is given later is masked from then on', () => {
  const secrets: Buffer[] = [Buffer.from('first-one')];
  const redactor = new Redactor(secrets);
  assert.is(redactor.push(Buffer.from('second-one ')).toString(), 'second-one ');
  secrets.push(Buffer.from('second-one'));
  assert.is(redactor.push(Buffer.from('second-one ')).toString(), '*** ');
});

test('what is looked for is the value, and each line of it that is long enough', () => {
  const parts = secretParts(Buffer.from('-----BEGIN-----\n  line-one\nshort\nline-two\n'));
  assert.equal(
    parts.map((part) => part.toString()),
    ['-----BEGIN-----\n  line-one\nshort\nline-two', '-----BEGIN-----', 'line-one', 'line-two'],
  );
  assert.equal(secretParts(Buffer.from('tiny\n')), []);
});

test.run();
