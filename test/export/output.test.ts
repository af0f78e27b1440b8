import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TsbuildError } from '../../src/base/error.ts';
import { type Output, parseOutput } from '../../src/export/output.ts';

const test = suite('-o');

const TABLE: [text: string, output: Output][] = [
  ['out', { type: 'local', destination: 'out' }],
  ['./a,b', { type: 'local', destination: './a,b' }],
  ['-', { type: 'tar', destination: '-' }],
  ['type=local,dest=out', { type: 'local', destination: 'out' }],
  ['dest=out,type=local', { type: 'local', destination: 'out' }],
  ['type=tar', { type: 'tar', destination: '-' }],
  ['type=tar,dest=a.tar', { type: 'tar', destination: 'a.tar' }],
  ['type=oci,dest=a.tar', { type: 'oci', destination: 'a.tar', names: [] }],
  ['type=docker', { type: 'docker', destination: '-', names: [] }],
  ['type=oci,dest=-,name=x', { type: 'oci', destination: '-', names: ['x'] }],
  ['type=image', { type: 'image', names: [], push: false }],
  ['type=image,name=a:1,push=true', { type: 'image', names: ['a:1'], push: true }],
  ['type=image,"name=a,b",push=false', { type: 'image', names: ['a', 'b'], push: false }],
  ['type=registry,name=a', { type: 'image', names: ['a'], push: true }],
  [
    'type=image,name=a,push=true,push-by-digest=1,name-canonical=true',
    { type: 'image', names: ['a'], push: true, byDigest: true, canonical: true },
  ],
  [
    'type=image,compression=zstd,compression-level=9,force-compression=true',
    {
      type: 'image',
      names: [],
      push: false,
      form: { compression: { type: 'zstd', level: 9, force: true }, dockerTypes: false },
    },
  ],
  [
    'type=oci,dest=d,tar=false,oci-mediatypes=false',
    {
      type: 'oci',
      destination: 'd',
      names: [],
      directory: true,
      form: { compression: { type: 'gzip', force: false }, dockerTypes: true },
    },
  ],
  [
    'type=image,annotation.a=1,annotation-index.b=2,annotation-manifest.c=3',
    { type: 'image', names: [], push: false, annotations: { manifest: { a: '1', c: '3' }, index: { b: '2' } } },
  ],
  ['type=image,rewrite-timestamp=true,oci-mediatypes=true', { type: 'image', names: [], push: false }],
  ['type=local,dest=out,mode=delete', { type: 'local', destination: 'out', remove: true }],
  ['type=local,dest=out,mode=copy,platform-split=false', { type: 'local', destination: 'out', platformSplit: false }],
  ['Type=tar, dest=x=y', { type: 'tar', destination: 'x=y' }],
  ['type=tar,"dest=a,""b"""', { type: 'tar', destination: 'a,"b"' }],
];

for (const [text, output] of TABLE) {
  test(text, () => assert.equal(parseOutput(text), output));
}

const ERRORS: [text: string, message: string, hint: string | undefined][] = [
  ['dest=x', 'the field type is missing', undefined],
  ['type=tra', 'unknown type "tra"', 'did you mean tar? use one of image, registry, oci, docker, tar, local'],
  ['type=squashfs', 'unknown type "squashfs"', 'use one of image, registry, oci, docker, tar, local'],
  ['type=local', 'the field dest is missing', 'name a directory: type=local,dest=DIR'],
  ['type=local,dest=-', 'a directory cannot be written to standard output', 'use type=tar'],
  ['type=tar,dest=', 'the field dest is missing', 'name a file: type=tar,dest=FILE'],
  ['type=tar,push=true', 'push is not a field of type=tar', 'its fields are: dest, platform-split'],
  ['type=image,push=yes', 'push is true or false, not "yes"', undefined],
  ['type=oci,tar=false', 'a directory cannot be written to standard output', 'leave tar=false out'],
  ['type=local,dest=x,mode=move', 'mode is copy or delete, not "move"', undefined],
  ['type=image,compression=lz4', 'unknown compression "lz4"', 'use one of gzip, zstd, uncompressed'],
  ['type=image,compression=zstd,oci-mediatypes=false', 'zstd needs oci-mediatypes=true', undefined],
  ['type=image,annotation.a=b,oci-mediatypes=false', 'annotations need oci-mediatypes=true', undefined],
  ['type=image,compression-level=x', 'compression-level of gzip is a number from 0 to 9, not x', undefined],
  ['type=tar,annotation.a=b', 'annotation.a is not a field of type=tar', 'its fields are: dest, platform-split'],
  [
    'type=image,rewrite-timestamp=false',
    'rewrite-timestamp=false is not supported',
    'leave SOURCE_DATE_EPOCH out: without it files keep their times',
  ],
  ['type=tar,dest=a,dest=b', 'the field dest is given twice', undefined],
  ['type=tar,dest="a"b', 'a quote in the middle of a field', 'write a field with a comma as "dest=a,b"'],
];

for (const [text, message, hint] of ERRORS) {
  test(`${text} is an error`, () => {
    assert.throws(
      () => parseOutput(text),
      (error: TsbuildError) => {
        assert.equal([error.code, error.message, error.hint], ['USAGE', `--output ${text}: ${message}`, hint]);
        return true;
      },
    );
  });
}

test.run();
