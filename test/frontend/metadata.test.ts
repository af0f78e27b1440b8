import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerConfig } from '../../src/oci/types.ts';
import { planned } from './planned.ts';

const test = suite('instructions that change the configuration');

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const SECOND = 1_000_000_000;

/** What stands below FROM scratch; what the configuration then says; the entry of the history. */
const TABLE: [lines: string, config: Partial<ContainerConfig>, history: string][] = [
  ['ENV a=1', { Env: [PATH, 'a=1'] }, '- ENV a=1'],
  ['ENV a="x y" b=\'z\'', { Env: [PATH, 'a=x y', 'b=z'] }, '- ENV a=x y b=z'],
  ['ENV a the rest', { Env: [PATH, 'a=the rest'] }, '- ENV a=the rest'],
  ['ENV PATH=/bin', { Env: ['PATH=/bin'] }, '- ENV PATH=/bin'],
  ['LABEL a=1 "b c"=2', { Labels: { a: '1', 'b c': '2' } }, '- LABEL a=1 b c=2'],
  ['USER me:us', { User: 'me:us' }, '- USER me:us'],
  ['USER $nobody', { User: '' }, '- USER '],
  ['VOLUME /a /b', { Volumes: { '/a': {}, '/b': {} } }, '- VOLUME [/a /b]'],
  ['VOLUME ["/a b"]', { Volumes: { '/a b': {} } }, '- VOLUME [/a b]'],
  ['CMD ["a", "b c"]', { Cmd: ['a', 'b c'], ArgsEscaped: true }, '- CMD ["a" "b c"]'],
  ['CMD echo "$HOME"', { Cmd: ['/bin/sh', '-c', 'echo "$HOME"'] }, '- CMD ["/bin/sh" "-c" "echo \\"$HOME\\""]'],
  ['CMD []', { Cmd: undefined }, '- CMD []'],
  ['ENTRYPOINT ["/app"]', { Entrypoint: ['/app'], ArgsEscaped: undefined }, '- ENTRYPOINT ["/app"]'],
  ['ENTRYPOINT exec /app', { Entrypoint: ['/bin/sh', '-c', 'exec /app'] }, '- ENTRYPOINT ["/bin/sh" "-c" "exec /app"]'],
  ['SHELL ["/bin/bash", "-c"]', { Shell: ['/bin/bash', '-c'] }, '- SHELL [/bin/bash -c]'],
  ['STOPSIGNAL SIGKILL', { StopSignal: 'SIGKILL' }, '- STOPSIGNAL SIGKILL'],
  ['STOPSIGNAL 9', { StopSignal: '9' }, '- STOPSIGNAL 9'],
  ['STOPSIGNAL RTMIN+15', { StopSignal: 'RTMIN+15' }, '- STOPSIGNAL RTMIN+15'],
  ['EXPOSE 80 443 80', { ExposedPorts: { '443/tcp': {}, '80/tcp': {} } }, '- EXPOSE [443/tcp 80/tcp 80/tcp]'],
  ['EXPOSE 80', { ExposedPorts: { '80/tcp': {} } }, '- EXPOSE [80/tcp]'],
  ['WORKDIR /', { WorkingDir: '/' }, '- WORKDIR /'],
  ['EXPOSE 8080:80', { ExposedPorts: { '80/tcp': {} } }, '- EXPOSE [80/tcp]'],
  ['EXPOSE 127.0.0.1:80-81:90-91/udp', { ExposedPorts: { '90/udp': {}, '91/udp': {} } }, '- EXPOSE [90/udp 91/udp]'],
  ['STOPSIGNAL 99', { StopSignal: '99' }, '- STOPSIGNAL 99'],
  ['WORKDIR /a/../b/', { WorkingDir: '/a/../b/' }, '+ WORKDIR /a/../b/'],
  ['WORKDIR x/../y/', { WorkingDir: '/y' }, '+ WORKDIR /y'],
  ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }, `- HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" '\\x00'}`],
];

for (const [lines, expected, history] of TABLE) {
  test(lines, async () => {
    const { config, history: found } = await planned(`FROM scratch\n${lines}\n`);
    for (const [field, value] of Object.entries(expected)) {
      assert.equal(config[field as keyof ContainerConfig], value, field);
    }
    assert.equal(found, [history]);
  });
}

test('MAINTAINER is the author, unexpanded', async () => {
  const { plan, history } = await planned('FROM scratch\nMAINTAINER $me <me@example.org>\n');
  assert.is(plan.author, '$me <me@example.org>');
  assert.equal(history, ['- MAINTAINER $me <me@example.org>']);
});

test('trap 6: in ENV all values see what was before, in ARG each sees the one to its left', async () => {
  const { config } = await planned('FROM scratch\nENV abc=hello\nENV abc=bye def=$abc\n');
  assert.equal(config.Env?.slice(1), ['abc=bye', 'def=hello']);
  const { config: args } = await planned('FROM scratch\nARG a=1 b=$a\nLABEL b=$b\n');
  assert.equal(args.Labels, { b: '1' });
});

test('trap 17: ENTRYPOINT clears an inherited CMD, and one of this stage stays', async () => {
  const images = { base: { config: { Cmd: ['inherited'], Entrypoint: ['old'] } } };
  const cleared = await planned('FROM base\nENTRYPOINT ["x"]\n', { images });
  assert.is(cleared.config.Cmd, undefined);
  const kept = await planned('FROM base\nCMD ["mine"]\nENTRYPOINT ["x"]\n', { images });
  assert.equal(kept.config.Cmd, ['mine']);
  const reset = await planned('FROM base\nENTRYPOINT []\n', { images });
  assert.is(reset.config.Entrypoint, undefined);
  const stage = await planned('FROM scratch AS a\nCMD ["a"]\nFROM a\nENTRYPOINT ["x"]\n');
  assert.is(stage.config.Cmd, undefined, 'a CMD of the parent stage is inherited');
});

test('trap 18: FROM scratch has the default PATH, and so has an image without one', async () => {
  assert.equal((await planned('FROM scratch\n')).config.Env, [PATH]);
  const { config } = await planned('FROM base\n', { images: { base: { config: { Env: ['A=1'] } } } });
  assert.equal(config.Env, ['A=1', PATH]);
});

test('trap 53: a relative WORKDIR joins the one before, and one that expands to nothing stays', async () => {
  const { config, history } = await planned('FROM scratch\nWORKDIR /a\nWORKDIR b\nWORKDIR $nothing\n');
  assert.is(config.WorkingDir, '/a/b');
  assert.equal(history, ['+ WORKDIR /a', '+ WORKDIR /a/b', '+ WORKDIR /a/b']);
});

test('trap 55: ranges expand, protocols are in lower case, variables hold several ports', async () => {
  const { config, history } = await planned('FROM scratch\nENV p="90 91/sctp"\nEXPOSE 8000-8002/UDP 80 $p\n');
  const ports = ['80/tcp', '8000/udp', '8001/udp', '8002/udp', '90/tcp', '91/sctp'];
  assert.equal(Object.keys(config.ExposedPorts ?? {}), ports);
  assert.is(history.at(-1), '- EXPOSE [80/tcp 8000/udp 8001/udp 8002/udp 90/tcp 91/sctp]');
});

test('trap 56: the shell form of HEALTHCHECK is CMD-SHELL, and times are nanoseconds', async () => {
  const flags = '--interval=90s --timeout=1.5s --start-period=1h --start-interval=250ms --retries=3';
  const { config, history } = await planned(`FROM scratch\nHEALTHCHECK ${flags} CMD curl -f "x" || exit 1\n`);
  assert.equal(config.Healthcheck, {
    Test: ['CMD-SHELL', 'curl -f "x" || exit 1'],
    Interval: 90 * SECOND,
    Timeout: 1.5 * SECOND,
    StartPeriod: 3600 * SECOND,
    StartInterval: 0.25 * SECOND,
    Retries: 3,
  });
  const command = '["CMD-SHELL" "curl -f \\"x\\" || exit 1"]';
  assert.is(history[0], `- HEALTHCHECK &{${command} "1m30s" "1.5s" "1h0m0s" "250ms" '\\x03'}`);
});

test('trap 57: SHELL is inherited, and every shell form uses it', async () => {
  const images = { base: { config: { Shell: ['/bin/ash', '-c'] } } };
  const { config, history } = await planned('FROM base\nCMD a\nRUN b\nSHELL ["/x", "-y"]\nRUN c\n', { images });
  assert.equal(config.Cmd, ['/bin/ash', '-c', 'a']);
  assert.is(history[2], '+ RUN /bin/ash -c b # buildkit');
  assert.is(history[4], '+ RUN /x -y c # buildkit');
});

test('--label sets a label without an entry in the history', async () => {
  const { config, history } = await planned('FROM scratch\nLABEL a=1 b=1\n', { labels: { b: '2', c: '3' } });
  assert.equal(config.Labels, { a: '1', b: '2', c: '3' });
  assert.is(history.length, 1);
});

test('what a list in the history holds is quoted as Go does it', async () => {
  const { history } = await planned('FROM scratch\nCMD ["a\\tb", "é\\u0001\\u0007\\\\", "\\u0085"]\n');
  assert.is(history[0], '- CMD ["a\\tb" "é\\x01\\a\\\\" "\\u0085"]');
});

test.run();
