// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chainOf, failure, type PlanTest, planned } from './planned.ts';

const test = suite('stages and base images');

test('trap 21: a stage that nothing leads to never resolves its base', async () => {
  const text = 'FROM gone AS unused\nRUN x\nFROM a\nFROM b AS target\nCOPY --from=1 / /\nFROM gone2\n';
  const { resolved } = await planned(text, { target: 'target', images: { a: {}, b: {} } });
  assert.equal(resolved.sort(), ['a', 'b']);
});

test('an image that several stages use is asked for once, and is one vertex', async () => {
  const text = 'FROM a AS x\nFROM a AS y\nCOPY --from=x / /\nCOPY --from=a / /\n';
  const { resolved, plan } = await planned(text, { images: { a: {} } });
  assert.equal(resolved, ['a']);
  const [first, second] = chainOf(plan);
  assert.equal(first, second?.kind === 'copy' ? plan.rootfs.inputs[1]?.op : undefined);
});

test('trap 19: names ignore case, the last of a name counts, and only stages above', async () => {
  const text = [
    'FROM scratch AS Build',
    'LABEL n=1',
    'FROM scratch AS build',
    'LABEL n=2',
    'FROM BUILD',
    'LABEL m=3',
    'FROM scratch AS build',
    'LABEL n=4',
  ].join('\n');
  assert.equal((await planned(text, { target: '2' })).config.Labels, { n: '2', m: '3' });
  assert.equal((await planned(text, { target: 'BUILD' })).config.Labels, { n: '4' });
});

const TARGETS: [target: string | undefined, label: string][] = [
  [undefined, 'c'],
  ['', 'c'],
  ['a', 'a'],
  ['A', 'a'],
  ['0', 'a'],
  ['1', 'b'],
];

for (const [target, label] of TARGETS) {
  test(`--target ${JSON.stringify(target)} builds stage ${label}`, async () => {
    const text = 'FROM scratch AS a\nLABEL s=a\nFROM scratch AS b\nLABEL s=b\nFROM scratch\nLABEL s=c\n';
    assert.equal((await planned(text, { target })).config.Labels, { s: label });
  });
}

test('FROM expands global arguments, and takes a platform', async () => {
  const text = 'ARG V=3\nARG P=linux/arm64\nFROM --platform=$P base${V}\n';
  const { resolved } = await planned(text, { images: { base3: {} } });
  assert.equal(resolved, ['base3']);
});

test('FROM is a step where it is an image', async () => {
  const { plan } = await planned('FROM base AS a\nRUN x\nFROM a AS b\nRUN y\n', { images: { base: {} } });
  const a = plan.rootfs.inputs[0];
  const names = [a?.inputs[0], a, plan.rootfs].map((vertex) => vertex?.display.name);
  assert.equal(names, ['[a 1/2] FROM docker.io/library/base:latest', '[a 2/2] RUN x', '[b 1/1] RUN y']);
});

test('the steps of a stage are numbered, and named after it', async () => {
  const text = 'FROM scratch AS build\nENV a=1\nWORKDIR /w\nRUN \\\n  x\nFROM scratch\nCOPY --from=build / /\n';
  const { plan } = await planned(text);
  const from = plan.rootfs.inputs[1];
  assert.is(plan.rootfs.display.name, '[stage-1 1/1] COPY --from=build / /');
  assert.is(from?.display.name, '[build 2/2] RUN   x');
  assert.is(from?.inputs[0]?.display.name, '[build 1/2] WORKDIR /w');
  assert.is(from?.display.location?.start.line, 4);
});

test('the configuration of a base image is inherited, and what a step sets replaces it', async () => {
  const config = {
    Env: ['A=1', 'PATH=/bin'],
    User: 'u',
    WorkingDir: '/w',
    Labels: { a: '1' },
    ExposedPorts: { '1/tcp': {} },
  };
  const images = { base: { config, author: 'me', created: '2020-01-01T00:00:00Z' } };
  const { config: found, plan } = await planned('FROM base\nENV A=2\nLABEL b=2\nEXPOSE 2\n', { images });
  assert.equal(found.Env, ['A=2', 'PATH=/bin']);
  assert.equal(found.Labels, { a: '1', b: '2' });
  assert.equal(found.ExposedPorts, { '1/tcp': {}, '2/tcp': {} });
  assert.is(found.User, 'u');
  assert.is(plan.author, 'me');
  assert.is(plan.baseCreated, '2020-01-01T00:00:00Z');
});

test('trap 58: the entries of the history that are not empty are as many as the layers', async () => {
  const steps = 'ENV a=1\nRUN x\nWORKDIR /\nWORKDIR /w\nCOPY a b\nCMD x\n';
  const bases: PlanTest['images'] = {
    fits: { layers: 2 },
    short: { layers: 2, history: [{ created_by: 'x', empty_layer: true }, { created_by: 'one' }] },
    none: { layers: 2, history: [] },
  };
  for (const base of Object.keys(bases)) {
    const { plan, history } = await planned(`FROM ${base}\n${steps}`, { images: bases });
    const layers = 2 + chainOf(plan).length - 1;
    assert.is(history.filter((entry) => entry.startsWith('+')).length, layers, base);
  }
});

test('a stage on top of a stage has its steps and its history below its own', async () => {
  const { plan, history } = await planned('FROM scratch AS a\nRUN x\nFROM a AS b\nRUN y\nFROM b\nCMD ["z"]\n');
  assert.equal(
    chainOf(plan).map(({ kind }) => kind),
    ['scratch', 'run', 'run'],
  );
  assert.equal(history, ['+ RUN /bin/sh -c x # buildkit', '+ RUN /bin/sh -c y # buildkit', '- CMD ["z"]']);
});

/** What is wrong with stages, each at its line and with what to do. */
const ERRORS: [text: string, options: PlanTest, error: string][] = [
  ['FROM gone\n', {}, 'NOT_FOUND 1: image gone not found'],
  ['FROM scratch\nCOPY --from=gone / /\n', {}, 'NOT_FOUND 2: image gone not found'],
  [
    'FROM scratch\nCOPY --from=later / /\nFROM scratch AS later\n',
    { target: '0' },
    'INVALID 2: stage later is used before it is defined (line 3) (a stage can use the stages above it only; this rules out cycles)',
  ],
  [
    'FROM b AS a\nFROM a AS b\n',
    {},
    'INVALID 1: stage b is used before it is defined (line 2) (a stage can use the stages above it only; this rules out cycles)',
  ],
  [
    'FROM scratch AS a\nCOPY --from=a / /\n',
    {},
    'INVALID 2: stage a depends on itself (a stage can use the stages above it only; this rules out cycles)',
  ],
  [
    'FROM a AS a\n',
    {},
    'INVALID 1: stage a depends on itself (a stage can use the stages above it only; this rules out cycles)',
  ],
  ['FROM scratch\nCOPY --from=0 / /\n', {}, 'INVALID 2: --from=0: there is no stage of that number above'],
  ['FROM scratch\nCOPY --from=7 / /\n', {}, 'INVALID 2: --from=7: there is no stage of that number above'],
  [
    'FROM $gone\n',
    {},
    'INVALID 1: FROM $gone: the name of the image is empty (give the ARG a default, or pass --build-arg)',
  ],
  [
    'FROM scratch AS build\nFROM scratch AS test\n',
    { target: 'biuld' },
    'NOT_FOUND ?: target stage "biuld" is not in Dockerfile (did you mean build? the stages are: build, test)',
  ],
  ['FROM scratch\n', { target: 'x' }, 'NOT_FOUND ?: target stage "x" is not in Dockerfile (no stage has a name)'],
  ['FROM scratch\n', { target: '1' }, 'NOT_FOUND ?: target stage "1" is not in Dockerfile (no stage has a name)'],
];

for (const [text, options, error] of ERRORS) {
  test(`${JSON.stringify(text)} for ${options.target ?? 'the last stage'}`, async () => {
    assert.is(await failure(text, options), error);
  });
}

test('a platform that is none is an error at its place', async () => {
  assert.match(await failure('FROM --platform=a/b/c/d scratch\n'), /^INVALID 1: /);
});

test('errors of several expansions point at their own words', async () => {
  assert.match(await failure('FROM scratch\nENV a=1 \\\n  b=${x:?missing}\n'), /^\w+ 3: .*missing/);
});

const VALUES: [lines: string, error: RegExp][] = [
  ['STOPSIGNAL SIGNOPE', /^INVALID 2: STOPSIGNAL SIGNOPE is not a signal/],
  ['STOPSIGNAL 0', /^INVALID 2: STOPSIGNAL 0 is not a signal/],
  ['EXPOSE x', /^INVALID 2: EXPOSE x is not a port/],
  ['EXPOSE 70000', /^INVALID 2: EXPOSE 70000 is outside of 0 to 65535/],
  ['EXPOSE 1:2:3', /^INVALID 2: EXPOSE 1:2:3 is not a port/],
  ['STOPSIGNAL RTMIN+16', /^INVALID 2: STOPSIGNAL RTMIN\+16 is not a signal/],
  ['EXPOSE 9-8', /^INVALID 2: EXPOSE 9-8 /],
  ['EXPOSE 80/xyz', /^INVALID 2: EXPOSE 80\/xyz: unknown protocol xyz \(use tcp, udp, sctp\)/],
  ['VOLUME $x', /^INVALID 2: VOLUME names an empty path/],
  ['LABEL $x=1', /^INVALID 2: LABEL has a name that is empty/],
  ['ENV $x=1', /^INVALID 2: ENV has a name that is empty/],
  ['LABEL a=${x:=v}', /^\w+ 2: /],
  ['HEALTHCHECK --interval=1us CMD x', /^SYNTAX 2: /],
];

for (const [lines, error] of VALUES) {
  test(`${lines} is an error`, async () => {
    assert.match(await failure(`FROM scratch\n${lines}\n`), error);
  });
}

test.run();
