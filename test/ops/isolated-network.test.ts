import { fstatSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { networkProviders } from '../../runner/network/provider.ts';
import { NetworkPool, type StepNetwork } from '../../src/ops/network-pool.ts';
import { needProgram } from '../house/programs.ts';
import { becomeRoot } from '../runner/kit.ts';
import { TestBuilder } from './builder.ts';

await becomeRoot();

const test = suite('steps in an isolated network');

test('have the resolver of that network, and no other: answers to the host’s own never arrive', () =>
  TestBuilder.with(async (builder) => {
    needProgram('pasta');
    await builder.addBusybox();
    const dockerfile = 'FROM busybox\nRUN grep -c nameserver /etc/resolv.conf; sed -n 1p /etc/resolv.conf\n';
    const { output } = await builder.build(dockerfile, { isolateNetwork: true });
    assert.is(output, `1\nnameserver ${networkProviders()[0]?.nameserver}\n`);
  }));

const namespaceOf = ({ use }: StepNetwork): unknown => (typeof use === 'object' ? fstatSync(use.namespace).ino : use);

test('are in one each while they run, and in one that is there already afterwards', async () => {
  const pool = new NetworkPool({ isolate: true, warn: assert.unreachable });
  try {
    const [first, second] = await Promise.all([pool.take(), pool.take()]);
    assert.is.not(namespaceOf(first), namespaceOf(second));
    second.release();
    assert.is(namespaceOf(await pool.take()), namespaceOf(second));
  } finally {
    pool.close();
  }
});

const CHOICES: [chosen: 'isolated' | 'host' | 'none' | undefined, gets: string][] = [
  [undefined, 'host'],
  ['host', 'host'],
  ['none', 'none'],
  ['isolated', 'no program connects a network of its own'],
];

for (const [chosen, gets] of CHOICES) {
  test(`without a program for networks, ${chosen ?? 'nothing'} chosen: ${gets}`, async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nonexistent';
    const pool = new NetworkPool({ isolate: true, chosen: async () => chosen, warn: assert.unreachable });
    const got = await pool.take().then(
      ({ use }) => use,
      (error: Error) => error.message,
    );
    process.env.PATH = path;
    assert.is(got, gets);
  });
}

test.run();
