import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { familiarName, formatReference, parseReference, withDigest } from '../../src/oci/reference.ts';

const test = suite('image names');

const HEX = '0123456789abcdef'.repeat(4);
const DIGEST = `sha256:${HEX}` as const;

/** Written name, full name, short name. */
const VALID: readonly (readonly [written: string, full: string, short: string])[] = [
  ['ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
  ['ubuntu:22.04', 'docker.io/library/ubuntu:22.04', 'ubuntu:22.04'],
  ['user/app', 'docker.io/user/app:latest', 'user/app:latest'],
  ['a/b/c:d', 'docker.io/a/b/c:d', 'a/b/c:d'],
  ['docker.io/ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
  ['docker.io/library/ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
  ['index.docker.io/user/app:1', 'docker.io/user/app:1', 'user/app:1'],
  ['library/ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
  ['library/sub/ubuntu', 'docker.io/library/sub/ubuntu:latest', 'library/sub/ubuntu:latest'],
  ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
  ['localhost:5000/app', 'localhost:5000/app:latest', 'localhost:5000/app:latest'],
  ['host:5000/a/b:t', 'host:5000/a/b:t', 'host:5000/a/b:t'],
  ['ghcr.io/o/r', 'ghcr.io/o/r:latest', 'ghcr.io/o/r:latest'],
  ['127.0.0.1:80/x', '127.0.0.1:80/x:latest', '127.0.0.1:80/x:latest'],
  ['[::1]:5000/x:1', '[::1]:5000/x:1', '[::1]:5000/x:1'],
  ['HOST/app', 'HOST/app:latest', 'HOST/app:latest'],
  ['Example.COM/app', 'Example.COM/app:latest', 'Example.COM/app:latest'],
  ['a.b/c', 'a.b/c:latest', 'a.b/c:latest'],
  ['a--b__c.d_e', 'docker.io/library/a--b__c.d_e:latest', 'a--b__c.d_e:latest'],
  [`app@${DIGEST}`, `docker.io/library/app@${DIGEST}`, `app@${DIGEST}`],
  [`localhost:5000/x:1@${DIGEST}`, `localhost:5000/x:1@${DIGEST}`, `localhost:5000/x:1@${DIGEST}`],
  [`app:${'t'.repeat(128)}`, `docker.io/library/app:${'t'.repeat(128)}`, `app:${'t'.repeat(128)}`],
  [`x.io/${'a'.repeat(255)}`, `x.io/${'a'.repeat(255)}:latest`, `x.io/${'a'.repeat(255)}:latest`],
  ['app:_1.A-b', 'docker.io/library/app:_1.A-b', 'app:_1.A-b'],
];

for (const [written, full, short] of VALID) {
  test(`${written.slice(0, 60)} means ${full.slice(0, 60)}`, () => {
    const reference = parseReference(written);
    assert.is(formatReference(reference), full);
    assert.is(familiarName(reference), short);
    assert.equal(parseReference(full), reference, 'the full name means itself');
    assert.equal(parseReference(short), reference, 'the short name means the same');
  });
}

const INVALID: readonly (readonly [written: string, reason: RegExp])[] = [
  ['', /lower-case letters and digits/],
  [':tag', /lower-case letters and digits/],
  ['Ubuntu', /must be lower case/],
  ['user/App', /must be lower case/],
  ['host.io/App', /must be lower case/],
  ['app:', /a tag is/],
  ['app:-x', /a tag is/],
  ['app:.x', /a tag is/],
  [`app:${'t'.repeat(129)}`, /a tag is/],
  ['app:a b', /a tag is/],
  ['app:a:b', /a tag is/],
  [`x.io/${'a'.repeat(256)}`, /longer than 255/],
  ['a//b', /lower-case letters and digits/],
  ['a/', /lower-case letters and digits/],
  ['/a', /lower-case letters and digits/],
  ['-a', /lower-case letters and digits/],
  ['a-', /lower-case letters and digits/],
  ['a___b', /lower-case letters and digits/],
  ['a..b', /lower-case letters and digits/],
  ['a/../b', /lower-case letters and digits/],
  ['../a', /not a host name/],
  ['é', /lower-case letters and digits/],
  ['a\nb', /lower-case letters and digits/],
  ['-host.io/a', /not a host name/],
  ['host.io:port/a', /not a host name/],
  ['user:secret@host.io/a', /digest is not/],
  [HEX, /image ID/],
  ['app@sha256:1234', /digest is not/],
  [`app@sha256:${HEX.toUpperCase()}`, /digest is not/],
  [`app@sha512:${HEX}${HEX}`, /digest is not/],
  [`app@${DIGEST}@${DIGEST}`, /digest is not/],
  [`app@${DIGEST}/x`, /digest is not/],
];

for (const [written, reason] of INVALID) {
  test(`${JSON.stringify(written.slice(0, 60))} is refused`, () => {
    assert.throws(
      () => parseReference(written),
      (error: unknown) =>
        error instanceof TsbuildError &&
        error.code === 'INVALID' &&
        reason.test(error.message) &&
        error.hint !== undefined,
    );
  });
}

test('an upper-case name gets its lower-case spelling as a hint', () => {
  const error = thrownBy(() => parseReference('ghcr.io/Owner/App:1'));
  assert.match(error.hint ?? '', /ghcr\.io\/owner\/app:1/);
});

test('a hostile name is refused in no time', () => {
  const start = performance.now();
  for (const part of ['a_', 'a-', '-', 'a.', 'A']) thrownBy(() => parseReference(`${part.repeat(200_000)}!`));
  assert.ok(performance.now() - start < 500);
});

test('a reference can be pinned', () => {
  assert.is(formatReference(withDigest(parseReference('app:1'), DIGEST)), `docker.io/library/app:1@${DIGEST}`);
});

function thrownBy(action: () => unknown): TsbuildError {
  try {
    action();
  } catch (error) {
    if (error instanceof TsbuildError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test.run();
