import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { parseImageConfig } from '../../src/oci/config.ts';
import type { ImageConfig } from '../../src/oci/types.ts';

const test = suite('image configurations');

const DIGEST = `sha256:${'cd'.repeat(32)}` as const;
const MINIMAL: ImageConfig = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [DIGEST] } };

const FULL: ImageConfig = {
  created: '2024-01-02T03:04:05.678Z',
  author: 'someone',
  architecture: 'arm',
  os: 'linux',
  variant: 'v7',
  'os.version': '1',
  'os.features': ['a'],
  config: {
    User: 'me:us',
    ExposedPorts: { '80/tcp': {} },
    Env: ['PATH=/bin', 'EMPTY='],
    Entrypoint: ['/entry'],
    Cmd: ['a', 'b'],
    Volumes: { '/data': {} },
    WorkingDir: '/work',
    Labels: { a: 'b' },
    StopSignal: 'SIGINT',
    ArgsEscaped: true,
    Healthcheck: {
      Test: ['CMD', 'x'],
      Interval: 30_000_000_000,
      Timeout: 1,
      StartPeriod: 2,
      StartInterval: 3,
      Retries: 4,
    },
    OnBuild: ['RUN x'],
    Shell: ['/bin/bash', '-c'],
  },
  rootfs: { type: 'layers', diff_ids: [DIGEST] },
  history: [{ created: '2024-01-02T03:04:05Z', created_by: 'x', author: 'y', comment: 'z', empty_layer: true }, {}],
};

test('every field of the specification and of Docker survives', () => {
  assert.equal(parseImageConfig(JSON.stringify(FULL)), FULL);
});

test('fields that nobody knows are dropped', () => {
  const document = { ...MINIMAL, container: 'x', config: { Hostname: 'h', Cmd: ['x'] } };
  assert.equal(parseImageConfig(JSON.stringify(document)), { ...MINIMAL, config: { Cmd: ['x'] } });
});

test('nulls of Docker are absent fields', () => {
  const nulls = {
    Cmd: null,
    Env: null,
    Volumes: null,
    Labels: null,
    OnBuild: null,
    ExposedPorts: null,
    Healthcheck: null,
  };
  const document = { ...MINIMAL, variant: '', config: { ...nulls, WorkingDir: '' } };
  assert.equal(parseImageConfig(JSON.stringify(document)), { ...MINIMAL, config: { WorkingDir: '' } });
});

test('an image without layers', () => {
  const rootfs = { type: 'layers', diff_ids: null };
  assert.equal(parseImageConfig(JSON.stringify({ ...MINIMAL, rootfs })).rootfs.diff_ids, []);
});

const INVALID: readonly (readonly [what: string, document: object, message: RegExp])[] = [
  ['no platform', { rootfs: MINIMAL.rootfs }, /image config\.architecture/],
  ['no rootfs', { ...MINIMAL, rootfs: undefined }, /image config\.rootfs/],
  ['another rootfs', { ...MINIMAL, rootfs: { type: 'base' } }, /rootfs\.type is not "layers"/],
  ['a broken diffID', { ...MINIMAL, rootfs: { type: 'layers', diff_ids: ['sha256:x'] } }, /not a sha256 digest/],
  ['a text as Cmd', { ...MINIMAL, config: { Cmd: 'x' } }, /config\.Cmd is not a list of strings/],
  ['numbers in Env', { ...MINIMAL, config: { Env: [1] } }, /config\.Env is not a list of strings/],
  ['a list as Labels', { ...MINIMAL, config: { Labels: [] } }, /config\.Labels is not an object of strings/],
  ['a list as Volumes', { ...MINIMAL, config: { Volumes: ['/x'] } }, /config\.Volumes is not an object/],
  ['a text as time-out', { ...MINIMAL, config: { Healthcheck: { Timeout: '1s' } } }, /Healthcheck\.Timeout/],
  ['history that is no list', { ...MINIMAL, history: {} }, /history is not a list/],
  [
    'a text as empty_layer',
    { ...MINIMAL, history: [{ empty_layer: 'x' }] },
    /history\[0\]\.empty_layer is not true or false/,
  ],
];

for (const [what, document, message] of INVALID) {
  test(`a config with ${what} is refused`, () => {
    assert.throws(
      () => parseImageConfig(JSON.stringify(document)),
      (error: unknown) => error instanceof TsbuildError && error.code === 'INVALID' && message.test(error.message),
    );
  });
}

test.run();
