// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { proxyEnvironment } from '../../src/frontend/arguments.ts';
import { type PlanTest, planned } from './planned.ts';

const test = suite('scopes of ARG and ENV');

/** The value of $x at the end of the target stage, kept in a label. */
const TABLE: [name: string, text: string, options: PlanTest, x: string][] = [
  ['trap 7: unset is empty', 'FROM scratch\n', {}, ''],
  ['a default', 'FROM scratch\nARG x=1\n', {}, '1'],
  ['a name that every object has', 'FROM scratch\nARG constructor\nARG x=$constructor\n', {}, ''],
  ['a default is expanded', 'FROM scratch\nENV y=2\nARG x=${y}0\n', {}, '20'],
  ['--build-arg beats the default', 'FROM scratch\nARG x=1\n', { buildArgs: { x: '2' } }, '2'],
  ['an empty --build-arg is a value', 'FROM scratch\nARG x=1\n', { buildArgs: { x: '' } }, ''],
  ['a --build-arg without ARG is not seen', 'FROM scratch\n', { buildArgs: { x: '2' } }, ''],
  ['trap 11: a global ARG is not seen in a stage', 'ARG x=1\nFROM scratch\n', {}, ''],
  ['trap 11: until ARG names it there', 'ARG x=1\nFROM scratch\nARG x\n', {}, '1'],
  ['a default in the stage beats the global one', 'ARG x=1\nFROM scratch\nARG x=2\n', {}, '2'],
  ['a global ARG without ARG in the stage, passed', 'ARG x\nFROM scratch\n', { buildArgs: { x: '1' } }, ''],
  ['a global default sees the one above', 'ARG y=1\nARG x=$y$y\nFROM scratch\nARG x\n', {}, '11'],
  ['ARG above ENV', 'FROM scratch\nARG x=1\nENV x=2\n', {}, '2'],
  ['trap 16: ARG with a value below ENV', 'FROM scratch\nENV x=1\nARG x=2\n', {}, '2'],
  ['ARG without a value below ENV', 'FROM scratch\nENV x=1\nARG x\n', {}, '1'],
  ['trap 12: an automatic value', 'FROM scratch\nARG TARGETARCH\nENV x=$TARGETARCH\n', {}, 'amd64'],
  ['trap 12: is seen after ARG alone', 'FROM scratch\nENV x=$TARGETARCH\n', {}, ''],
  ['trap 12: a default beats it', 'FROM scratch\nARG TARGETARCH=x\nENV x=$TARGETARCH\n', {}, 'x'],
  [
    'trap 12: --build-arg beats both',
    'FROM scratch\nARG TARGETARCH=x\nENV x=$TARGETARCH\n',
    { buildArgs: { TARGETARCH: 'y' } },
    'y',
  ],
  [
    '--build-arg beats an automatic value that nothing declares',
    'ARG z=${TARGETARCH}\nFROM scratch\nARG z\nENV x=$z\n',
    { buildArgs: { TARGETARCH: 'y' } },
    'y',
  ],
  ['the target, not given', 'FROM scratch AS B\nARG TARGETSTAGE\nENV x=$TARGETSTAGE\n', {}, 'b'],
  ['the target without a name', 'FROM scratch\nARG TARGETSTAGE\nENV x=$TARGETSTAGE\n', {}, 'default'],
  ['the target, given', 'FROM scratch AS b\nARG TARGETSTAGE\nENV x=$TARGETSTAGE\n', { target: 'b' }, 'b'],
  ['trap 15: ARG is inherited through FROM', 'FROM scratch AS a\nARG x=1\nFROM a\n', {}, '1'],
  ['trap 15: ENV is inherited through FROM', 'FROM scratch AS a\nENV x=1\nFROM a\n', {}, '1'],
  ['trap 15: not through COPY --from', 'FROM scratch AS a\nENV x=1\nFROM scratch\nCOPY --from=a / /\n', {}, ''],
  ['ENV counts again in a stage on top', 'FROM scratch AS a\nENV x=1\nARG x=2\nFROM a\n', {}, '1'],
  ['the environment of an image', 'FROM i\n', { images: { i: { config: { Env: ['x=a=b'] } } } }, 'a=b'],
];

for (const [name, text, options, expected] of TABLE) {
  test(name, async () => {
    const { config } = await planned(`${text}LABEL x="$x"\n`, options);
    assert.is(config.Labels?.x, expected);
  });
}

test('every automatic argument has the value of its platform', async () => {
  const names = ['PLATFORM', 'OS', 'OSVERSION', 'ARCH', 'VARIANT'];
  const all = ['BUILD', 'TARGET'].flatMap((prefix) => names.map((name) => prefix + name));
  const lines = all.map((name) => `ARG ${name}\nLABEL ${name}="$${name}"`).join('\n');
  const { config } = await planned(`FROM scratch\n${lines}\n`, {
    targetPlatform: { os: 'linux', architecture: 'arm', variant: 'v7', 'os.version': '1.2' },
  });
  assert.equal(config.Labels, {
    BUILDPLATFORM: 'linux/amd64',
    BUILDOS: 'linux',
    BUILDOSVERSION: '',
    BUILDARCH: 'amd64',
    BUILDVARIANT: '',
    TARGETPLATFORM: 'linux(1.2)/arm/v7',
    TARGETOS: 'linux',
    TARGETOSVERSION: '1.2',
    TARGETARCH: 'arm',
    TARGETVARIANT: 'v7',
  });
});

test('a default that --build-arg replaces is not expanded', async () => {
  const text = 'ARG a=${no:?bad}\nFROM scratch\nARG x=${no:?bad}\nLABEL x=$x\n';
  const { config } = await planned(text, { buildArgs: { x: '1', a: '2' } });
  assert.equal(config.Labels, { x: '1' });
});

test('the history shows the value that an ARG got, where it got one', async () => {
  const text = 'ARG g=0\nFROM scratch\nARG a=1 b=2 c\nARG g\n';
  const { history } = await planned(text, { buildArgs: { b: '3' } });
  assert.equal(history, ['- ARG a=1 b=3 c', '- ARG g=0']);
});

test('trap 14: proxies reach RUN in both cases, and neither keys nor history', async () => {
  const proxies = { HTTP_PROXY: 'http://p', no_proxy: 'x' };
  assert.equal(proxyEnvironment({ ...proxies, other: '1' }), {
    HTTP_PROXY: 'http://p',
    http_proxy: 'http://p',
    NO_PROXY: 'x',
    no_proxy: 'x',
  });
  const text = 'FROM scratch\nRUN a\n';
  const with_ = await planned(text, { buildArgs: proxies });
  const without = await planned(text);
  assert.equal(with_.plan, without.plan);
  assert.equal(with_.warnings, []);
});

test('a proxy that is declared is an argument like any other', async () => {
  const { history } = await planned('FROM scratch\nARG HTTP_PROXY\nRUN a\n', { buildArgs: { HTTP_PROXY: 'p' } });
  assert.equal(history, ['- ARG HTTP_PROXY=p', '+ RUN |1 HTTP_PROXY=p /bin/sh -c a # buildkit']);
});

test('a build argument that nothing declares is warned of, and one that means something is not', async () => {
  const buildArgs = { a: '1', b: '1', c: '1', SOURCE_DATE_EPOCH: '0', BUILDKIT_X: '1', https_proxy: '', TARGETOS: 'x' };
  const { warnings } = await planned('ARG a\nFROM scratch\n', { buildArgs });
  assert.equal(
    warnings.map(({ message }) => message),
    ['build arguments that no ARG declares: b, c'],
  );
});

test('an ARG of an ONBUILD trigger declares, and so does one of a stage that is not built', async () => {
  const images = { base: { config: { OnBuild: ['ARG a', 'RUN x'] } } };
  const text = 'FROM scratch AS unused\nARG b\nFROM base\n';
  const { warnings, history } = await planned(text, { images, buildArgs: { a: '1', b: '2' } });
  assert.equal(warnings, []);
  assert.is(history.at(-1), '+ RUN |1 a=1 /bin/sh -c x # buildkit');
});

test.run();
