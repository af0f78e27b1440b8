import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { failure, lastOp, planned } from './planned.ts';

const test = suite('RUN');

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface RunOp {
  argv: string[];
  file?: { name: string; content: string };
  environment: string[];
  directory: string;
  user?: string;
  network: string;
}

async function runOf(lines: string, buildArgs: Record<string, string> = {}): Promise<RunOp & { shown: string }> {
  const { plan, history } = await planned(`FROM scratch\n${lines}`, { buildArgs });
  return { ...lastOp<RunOp>(plan, 'run'), shown: history.at(-1) ?? '' };
}

const FORMS: [lines: string, argv: string[], history: string][] = [
  ['RUN echo "a  $b"\n', ['/bin/sh', '-c', 'echo "a  $b"'], '+ RUN /bin/sh -c echo "a  $b" # buildkit'],
  ['RUN ["/a", "$b", "c d"]\n', ['/a', '$b', 'c d'], '+ RUN /a $b c d # buildkit'],
  ['RUN a \\\n  && b\n', ['/bin/sh', '-c', 'a   && b'], '+ RUN /bin/sh -c a   && b # buildkit'],
  ['RUN <<E\na\nb\nE\n', ['/bin/sh', '-c', 'a\nb\n'], '+ RUN /bin/sh -c a\nb\n # buildkit'],
  ['RUN cat <<E\n$x\nE\n', ['/bin/sh', '-c', 'cat <<E\n$x\nE'], '+ RUN /bin/sh -c cat <<E\n$x\nE # buildkit'],
];

for (const [lines, argv, history] of FORMS) {
  test(JSON.stringify(lines), async () => {
    const { shown, ...op } = await runOf(lines);
    assert.equal(op.argv, argv);
    assert.is(op.file, undefined);
    assert.is(shown, history);
  });
}

const NAMES: [lines: string, name: string][] = [
  ['RUN <<E\napt-get update\napt-get install\nE\n', '[1/1] RUN <<E (apt-get update...)'],
  ['RUN <<E\n\n  a\nE\n', '[1/1] RUN <<E (a)'],
  ['RUN <<E\n#!/bin/awk -f\nBEGIN {}\nE\n', '[1/1] RUN <<E (#!/bin/awk -f...)'],
  ['RUN <<E\nE\n', '[1/1] RUN <<E'],
  ['RUN cat <<E\na\nE\n', '[1/1] RUN cat <<E'],
];

for (const [lines, name] of NAMES) {
  test(`the step of ${JSON.stringify(lines)} is called ${name}`, async () => {
    const { plan } = await planned(`FROM scratch\n${lines}`);
    assert.is(plan.rootfs.display.name, name);
  });
}

test('trap 9: a body with #! is a program of its own', async () => {
  const { argv, file, shown } = await runOf('RUN <<SCRIPT\n#!/usr/bin/awk -f\nBEGIN {}\nSCRIPT\n');
  assert.equal(argv, []);
  assert.equal(file, { name: 'SCRIPT', content: '#!/usr/bin/awk -f\nBEGIN {}\n' });
  assert.is(shown, '+ RUN /bin/sh -c /dev/pipes/SCRIPT # buildkit');
});

test('heredoc bodies are part of the vertex', async () => {
  const [first, second] = await Promise.all(['1', '2'].map((body) => runOf(`RUN cat <<E\n${body}\nE\n`)));
  assert.is.not(first?.argv.at(-1), second?.argv.at(-1));
});

test('directory, user and environment are those of the stage', async () => {
  const { directory, user, environment } = await runOf('WORKDIR /w\nUSER me\nENV a=1\nARG b=2\nRUN x\n');
  assert.is(directory, '/w');
  assert.is(user, 'me');
  assert.equal(environment, [PATH, 'a=1', 'b=2']);
});

test('trap 13: an ARG is part of later steps, used or not, and of none above', async () => {
  const text = 'RUN above\nARG a=1\nRUN below\n';
  const opsWith = async (value: string) => {
    const { plan } = await planned(`FROM scratch\n${text}`, { buildArgs: { a: value } });
    return [plan.rootfs.inputs[0]?.op, plan.rootfs.op];
  };
  const [above1, below1] = await opsWith('1');
  const [above2, below2] = await opsWith('2');
  assert.equal(above1, above2);
  assert.not.equal(below1, below2);
});

test('trap 16: RUN sees the ARG, the configuration keeps the ENV', async () => {
  const { plan, config } = await planned('FROM scratch\nENV a=1\nARG a=2\nRUN x\n');
  assert.ok(lastOp<RunOp>(plan, 'run').environment.includes('a=2'));
  assert.ok(config.Env?.includes('a=1'));
});

test('trap 58: RUN shows the arguments it saw, each once, with the last value', async () => {
  const { shown } = await runOf('ARG a=1 b\nARG a=3\nENV c=1\nARG c\nRUN x\n');
  assert.is(shown, '+ RUN |3 a=3 b= c=1 /bin/sh -c x # buildkit');
});

const NETWORKS: [flag: string, ofBuild: 'none' | 'host' | undefined, network: string][] = [
  ['', undefined, 'default'],
  ['', 'host', 'host'],
  ['', 'none', 'none'],
  ['--network=none', 'host', 'none'],
  ['--network=default', 'none', 'default'],
  ['--network=host', undefined, 'host'],
];

for (const [flag, ofBuild, network] of NETWORKS) {
  test(`RUN ${flag} in a build with ${ofBuild ?? 'no'} network has the network ${network}`, async () => {
    const steps = { network: ofBuild, allow: ['network.host'] as const };
    const { plan } = await planned(`FROM scratch\nRUN ${flag} x\n`, { steps });
    assert.is(plan.rootfs.op.network, network);
  });
}

test('what the command line says of all steps is part of the vertex, and rights are granted there', async () => {
  const steps = { shmSize: 5, ulimits: [{ name: 'nofile', soft: 1, hard: 2 }], allow: ['security.insecure'] as const };
  const { plan } = await planned('FROM scratch\nRUN --security=insecure x\n', { steps });
  const { insecure, shmSize, ulimits } = plan.rootfs.op;
  assert.equal({ insecure, shmSize, ulimits }, { insecure: true, shmSize: 5, ulimits: steps.ulimits });
});

const UNGRANTED: [flag: string, entitlement: string][] = [
  ['--network=host', 'network.host'],
  ['--security=insecure', 'security.insecure'],
];

for (const [flag, name] of UNGRANTED) {
  test(`RUN ${flag} needs a right`, async () => {
    const expected = `INVALID 2: RUN ${flag} needs the entitlement ${name} (grant it with --allow ${name})`;
    assert.is(await failure(`FROM scratch\nRUN ${flag} x\n`), expected);
  });
}

const UNSUPPORTED: [lines: string, error: string, hint?: string][] = [
  ['RUN --device=vendor.com/x a', 'RUN --device', 'mount what the step needs'],
];

for (const [line, what, hint] of UNSUPPORTED) {
  test(`${line} is an error at its line`, async () => {
    const expected = `UNSUPPORTED 3: ${what} is not executed by this version of tsbuild`;
    const message = await failure(`FROM scratch\nENV a=1\n${line}\n`);
    assert.ok(message.startsWith(hint === undefined ? expected : `${expected} (${hint}`), message);
    assert.is(message.endsWith(')'), hint !== undefined);
  });
}

test.run();
