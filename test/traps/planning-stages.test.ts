import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chainOf, failure, planned } from '../frontend/planned.ts';

const test = suite('traps of stages, configuration and history');

test('trap 19: stage names ignore case; a number is an index; a later stage is an error; an unknown name an image', async () => {
  const images = { other: {} };
  const { resolved } = await planned('FROM scratch AS One\nFROM scratch\nCOPY --from=ONE / /\nCOPY --from=0 / /\n');
  assert.equal(resolved, []);
  assert.equal((await planned('FROM scratch\nCOPY --from=other / /\n', { images })).resolved, ['other']);
  assert.match(
    await failure('FROM scratch\nCOPY --from=b / /\nFROM scratch AS b\n', { target: '0' }),
    /before it is defined/,
  );
  assert.match(await failure('FROM scratch AS 1a\n'), /^SYNTAX/);
});

test('trap 20: a variable in COPY --from and in a mount is rejected', async () => {
  assert.match(await failure('FROM scratch AS a\nARG B=a\nFROM scratch\nCOPY --from=$B / /\n'), /--from/);
  assert.match(await failure('FROM scratch AS a\nFROM scratch\nARG B=a\nRUN --mount=from=$B,target=/x x\n'), /from/);
});

test('trap 21: a stage nobody needs never resolves its base', async () => {
  const { resolved } = await planned('FROM gone AS unused\nFROM scratch\n');
  assert.equal(resolved, []);
});

test('trap 22: ONBUILD fires in order, may add stages, is gone from the result and leaves no history', async () => {
  const declared = await planned('FROM scratch\nONBUILD COPY --from=more / /\nONBUILD RUN x\n');
  assert.equal(declared.history, []);
  const images = { base: { config: declared.config }, other: {} };
  const { config, history, plan } = await planned('FROM other AS more\nFROM base\nRUN y\n', { images });
  assert.is(config.OnBuild, undefined);
  assert.equal(history.slice(1), [
    '+ COPY / / # buildkit',
    '+ RUN /bin/sh -c x # buildkit',
    '+ RUN /bin/sh -c y # buildkit',
  ]);
  assert.is(plan.rootfs.inputs[0]?.display.name, '[stage-1 3/4] ONBUILD RUN x');
});

test('trap 54: what is written below a VOLUME after it was declared is a step as any other', async () => {
  const { plan, config } = await planned('FROM scratch\nVOLUME /v\nCOPY a /v/\n');
  assert.equal(config.Volumes, { '/v': {} });
  assert.equal(
    chainOf(plan).map(({ kind }) => kind),
    ['scratch', 'copy'],
  );
});

test('trap 55: EXPOSE expands ranges, lower-cases and sorts; one variable may hold several ports', async () => {
  const { config } = await planned('FROM scratch\nARG P="9000 80"\nEXPOSE 8000-8002/UDP $P\n');
  assert.equal(Object.keys(config.ExposedPorts ?? {}), ['80/tcp', '8000/udp', '8001/udp', '8002/udp', '9000/tcp']);
});

test('trap 56: HEALTHCHECK in shell form is CMD-SHELL, durations are nanoseconds, below 1 ms is an error', async () => {
  const { config } = await planned('FROM scratch\nHEALTHCHECK --interval=1m CMD x\n');
  assert.equal(config.Healthcheck?.Test, ['CMD-SHELL', 'x']);
  assert.is(config.Healthcheck?.Interval, 60_000_000_000);
  assert.match(await failure('FROM scratch\nHEALTHCHECK --interval=10us CMD x\n'), /1: |2: /);
});

test('trap 57: STOPSIGNAL is checked; SHELL is JSON only and is inherited', async () => {
  assert.match(await failure('FROM scratch\nSTOPSIGNAL SIGNOPE\n'), /STOPSIGNAL/);
  assert.match(await failure('FROM scratch\nSHELL bash -c\n'), /^SYNTAX 2/);
  const { history } = await planned('FROM scratch AS a\nSHELL ["/bin/bash", "-c"]\nFROM a\nRUN x\n');
  assert.is(history.at(-1), '+ RUN /bin/bash -c x # buildkit');
});

test('trap 58: metadata steps have no layer, RUN shows its arguments, layers are as many as entries with one', async () => {
  const text = 'FROM scratch\nARG A=1\nARG B\nENV C=2\nRUN x\nLABEL d=e\nCOPY f /\n';
  const { history, plan } = await planned(text);
  assert.equal(history, [
    '- ARG A=1',
    '- ARG B',
    '- ENV C=2',
    '+ RUN |2 A=1 B= /bin/sh -c x # buildkit',
    '- LABEL d=e',
    '+ COPY f / # buildkit',
  ]);
  assert.is(chainOf(plan).length - 1, history.filter((entry) => entry.startsWith('+')).length);
});

test('trap 61: --no-cache executes every step, and is no part of what they are, so their results are found later', async () => {
  const [fresh, cached] = await Promise.all(
    [true, false].map((noCache) => planned('FROM scratch\nRUN x\n', { noCache })),
  );
  assert.equal([fresh?.plan.rootfs.ignoreCache, cached?.plan.rootfs.ignoreCache], [true, false]);
  assert.equal(fresh?.plan.rootfs.op, cached?.plan.rootfs.op);
});

test.run();
