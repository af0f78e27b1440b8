import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { proxyEnvironment } from '../../src/frontend/arguments.ts';
import { lastOp, planned } from '../frontend/planned.ts';

const test = suite('traps of arguments and stages');

const environmentOf = async (text: string, buildArgs: Record<string, string> = {}) =>
  lastOp<{ environment: string[] }>((await planned(text, { buildArgs })).plan, 'run').environment.filter(
    (pair) => !pair.startsWith('PATH='),
  );

test('trap 11: a global ARG is not visible in a stage until ARG there', async () => {
  const global = 'ARG X=1\nFROM scratch\n';
  assert.equal(await environmentOf(`${global}RUN x\n`), []);
  assert.equal(await environmentOf(`${global}ARG X\nRUN x\n`), ['X=1']);
});

test('trap 12: ARG TARGETARCH=x beats the automatic value, and --build-arg beats both', async () => {
  assert.equal(await environmentOf('FROM scratch\nARG TARGETARCH\nRUN x\n'), ['TARGETARCH=amd64']);
  assert.equal(await environmentOf('FROM scratch\nARG TARGETARCH=x\nRUN x\n'), ['TARGETARCH=x']);
  assert.equal(await environmentOf('FROM scratch\nARG TARGETARCH=x\nRUN x\n', { TARGETARCH: 'y' }), ['TARGETARCH=y']);
});

test('trap 13: a changed ARG changes every later RUN of its stage, and no RUN above it', async () => {
  const runs = async (value: string) => {
    const { plan } = await planned('FROM scratch\nRUN a\nARG X\nRUN b\n', { buildArgs: { X: value } });
    return [plan.rootfs.inputs[0]?.op, plan.rootfs.op].map((op) => JSON.stringify(op));
  };
  const [first, second] = [await runs('1'), await runs('2')];
  assert.is(first[0], second[0]);
  assert.is.not(first[1], second[1]);
});

test('trap 14: proxies reach RUN in both cases, and stay out of key and history unless declared', async () => {
  const buildArgs = { http_proxy: 'http://p', NO_PROXY: 'x' };
  const names = { http_proxy: 'http://p', HTTP_PROXY: 'http://p', no_proxy: 'x', NO_PROXY: 'x' };
  assert.equal(proxyEnvironment(buildArgs), names);
  const { plan, history, warnings } = await planned('FROM scratch\nRUN x\n', { buildArgs });
  assert.not.match(JSON.stringify([plan.rootfs.op, history]), /http:/);
  assert.equal(warnings, []);
  const declared = await planned('FROM scratch\nARG http_proxy\nRUN x\n', { buildArgs });
  assert.is(declared.history.at(-1), '+ RUN |1 http_proxy=http://p /bin/sh -c x # buildkit');
});

test('trap 15: ARG and ENV inherit through FROM stage, not through COPY --from', async () => {
  const above = 'FROM scratch AS a\nARG X=1\nENV Y=2\n';
  assert.equal(await environmentOf(`${above}FROM a\nRUN x\n`), ['X=1', 'Y=2']);
  assert.equal(await environmentOf(`${above}FROM scratch\nCOPY --from=a / /\nRUN x\n`), []);
});

test('trap 16: RUN sees an ARG after an ENV of its name, and the configuration keeps the ENV', async () => {
  const text = 'FROM scratch\nENV X=env\nARG X=arg\nRUN x\n';
  assert.equal(await environmentOf(text), ['X=arg']);
  assert.equal((await planned(text)).config.Env?.at(-1), 'X=env');
});

test('trap 17: ENTRYPOINT clears an inherited CMD unless CMD was set in this stage; an empty one resets', async () => {
  const images = { base: { config: { Cmd: ['c'], Entrypoint: ['e'] } } };
  const commandOf = async (text: string) => {
    const { Cmd, Entrypoint } = (await planned(`FROM base\n${text}\n`, { images })).config;
    return [Entrypoint, Cmd];
  };
  assert.equal(await commandOf('ENTRYPOINT ["n"]'), [['n'], undefined]);
  assert.equal(await commandOf('CMD ["m"]\nENTRYPOINT ["n"]'), [['n'], ['m']]);
  assert.equal(await commandOf('ENTRYPOINT []'), [undefined, undefined]);
});

test('trap 18: FROM scratch gets the default PATH in its configuration', async () => {
  const { config } = await planned('FROM scratch\n');
  assert.equal(config.Env, ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']);
});

test.run();
