import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TsbuildError } from '../../src/base/error.ts';
import { type CacheFrom, type CacheTo, parseCacheFrom, parseCacheTo } from '../../src/cache/options.ts';

const test = suite('--cache-from and --cache-to');

const GZIP = { type: 'gzip', force: false } as const;
const MIN = { mode: 'min', mounts: false, ignoreError: false, compression: GZIP } as const;

const FROM: [text: string, from: CacheFrom][] = [
  ['app:cache', { type: 'registry', reference: 'docker.io/library/app:cache' }],
  ['type=registry,ref=r.test/a', { type: 'registry', reference: 'r.test/a:latest' }],
  ['type=local,src=/x', { type: 'local', directory: '/x', tag: 'latest', digest: undefined }],
  ['type=local,src=/x,tag=b', { type: 'local', directory: '/x', tag: 'b', digest: undefined }],
];

for (const [text, from] of FROM) test(`from ${text}`, () => assert.equal(parseCacheFrom(text), from));

const TO: [text: string, to: CacheTo][] = [
  ['r.test/a:c', { type: 'registry', reference: 'r.test/a:c', ...MIN }],
  ['type=inline', { type: 'inline' }],
  ['type=registry,ref=r.test/a,mode=max', { type: 'registry', reference: 'r.test/a:latest', ...MIN, mode: 'max' }],
  [
    'type=registry,ref=a,ignore-error=true,image-manifest=true,oci-mediatypes=1',
    { type: 'registry', reference: 'docker.io/library/a:latest', ...MIN, mounts: false, ignoreError: true },
  ],
  [
    'type=local,dest=/x,compression=zstd,compression-level=19,force-compression=true',
    { type: 'local', directory: '/x', tag: 'latest', ...MIN, compression: { type: 'zstd', level: 19, force: true } },
  ],
];

for (const [text, to] of TO) test(`to ${text}`, () => assert.equal(parseCacheTo(text), to));

const ERRORS: [parse: (text: string) => unknown, text: string, message: RegExp, hint?: RegExp][] = [
  [parseCacheFrom, 'type=gha', /unknown type "gha"/, /use one of registry, local/],
  [parseCacheFrom, 'type=registry', /the field ref is missing/],
  [parseCacheFrom, 'type=local', /the field src is missing/],
  [parseCacheFrom, 'type=registry,ref=a,mode=max', /mode is not a field/, /its fields are: ref/],
  [parseCacheTo, 'type=regsitry,ref=a', /unknown type/, /did you mean registry/],
  [parseCacheTo, 'type=registry,ref=a,mode=all', /mode is min or max/],
  [parseCacheTo, 'type=registry,ref=a,image-manifest=false', /image-manifest=false is not supported/],
  [parseCacheTo, 'type=registry,ref=a,compression=lz4', /unknown compression "lz4"/, /gzip, zstd, uncompressed/],
  [parseCacheTo, 'type=registry,ref=a,compression-level=10', /from 0 to 9/],
  [parseCacheTo, 'type=registry,ref=a,ignore-error=perhaps', /true or false/],
  [parseCacheTo, `type=registry,ref=a@sha256:${'0'.repeat(64)}`, /cannot have a digest/],
  [parseCacheTo, 'type=inline,mode=max', /mode is not a field of type=inline/],
];

for (const [parse, text, message, hint] of ERRORS) {
  test(`${text} is an error`, () => {
    assert.throws(
      () => parse(text),
      (error: TsbuildError) => {
        assert.match(error.message, message);
        if (hint !== undefined) assert.match(error.hint ?? '', hint);
        return true;
      },
    );
  });
}

test.run();
