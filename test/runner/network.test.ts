import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type IsolatedNetwork, networkProviders, networkState, openNetwork } from '../../runner/index.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { becomeRoot, TestSandbox } from './kit.ts';

await becomeRoot();

const test = suite('an isolated network');

/** An address of this machine that is no loopback to anybody (RFC 5737). */
const OUTSIDE = '198.51.100.77';

const servers: Server[] = [];

async function listen(address: string): Promise<number> {
  const server = createServer((socket) => socket.end('reached\n'));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

test.before(() => void execFileSync('ip', ['address', 'replace', `${OUTSIDE}/32`, 'dev', 'lo']));
test.after(() => {
  for (const server of servers) server.close();
  execFileSync('ip', ['address', 'delete', `${OUTSIDE}/32`, 'dev', 'lo']);
});

async function withNetwork(name: string, work: (network: IsolatedNetwork) => Promise<void>): Promise<void> {
  const network = await openNetwork(networkProviders().filter((provider) => provider.name === name));
  try {
    await work(network);
  } finally {
    network.close();
  }
}

async function shellIn({ namespace }: IsolatedNetwork, script: string): Promise<string> {
  const sandbox = await TestSandbox.create();
  try {
    const { stdout } = await sandbox.run(['sh', '-c', script], { network: { namespace } });
    return stdout;
  } finally {
    rmSync(sandbox.directory, { recursive: true });
  }
}

for (const name of ['pasta', 'slirp4netns']) {
  test(`${name}: leads out, and not to the loopback of the host`, () =>
    withNetwork(name, async (network) => {
      const [outside, loopback] = [await listen(OUTSIDE), await listen('127.0.0.1')];
      const loopback6 = await listen('::1');
      const gateways = "$(ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p')";
      const script = [
        // Under load pasta repeats what it has sent.
        `timeout 9 nc ${OUTSIDE} ${outside} </dev/null | head -n 1`,
        `for address in 127.0.0.1 ${gateways}; do timeout 1 nc $address ${loopback} </dev/null; done`,
        `timeout 1 nc ::1 ${loopback6} </dev/null`,
        'cat /proc/sys/net/ipv4/ip_unprivileged_port_start',
        'echo end',
      ];
      assert.is(await shellIn(network, `exec 2>/dev/null\n${script.join('\n')}`), 'reached\n0\nend\n');
    }));
}

test('sandboxes of one network hear each other, and none can change it', () =>
  withNetwork('pasta', async (network) => {
    const listening = shellIn(network, 'timeout 60 nc -l -p 7777 </dev/null');
    const speaking = shellIn(
      network,
      'until echo heard | timeout 60 nc 127.0.0.1 7777; do sleep 0.05; done 2>/dev/null',
    );
    assert.equal(await Promise.all([listening, speaking]), ['heard\n', '']);
    assert.is(await shellIn(network, 'ip link set lo down 2>/dev/null || echo refused'), 'refused\n');
  }));

test('what no program can connect is an error that says why', async () => {
  const broken = { name: 'pasta', path: '/bin/false', args: () => [], nameserver: '' } as const;
  try {
    await openNetwork([broken]);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, TsbuildError);
    assert.equal((error as TsbuildError).notes, ['pasta: it ended']);
    assert.match((error as TsbuildError).hint ?? '', /passt or slirp4netns/);
  }
});

test('the state of this machine names the program, or what to install', () => {
  const { isolated, provider, hint } = networkState();
  assert.equal([isolated, provider?.endsWith('/pasta'), hint], [true, true, undefined]);
});

test.run();
