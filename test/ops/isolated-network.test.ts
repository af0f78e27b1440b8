import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { networkProviders } from '../../runner/network/provider.ts';
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

test.run();
