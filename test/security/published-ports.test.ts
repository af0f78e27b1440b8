import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { networkProviders, openNetwork, runSandbox } from '../../runner/index.ts';
import { isErrno } from '../../src/base/error.ts';
import { parsePort } from '../../src/containers/parse-port.ts';
import { bindPorts } from '../../src/containers/ports.ts';
import type { PortBinding } from '../../src/containers/spec.ts';
import { needProgram } from '../house/programs.ts';
import { becomeRoot, TestSandbox } from '../runner/kit.ts';

await becomeRoot();
needProgram('pasta');

const test = suite('published ports');

/** One for this machine, one for another address of its loopback, and one for all: the others are real addresses. */
const PUBLISHED = ['80', '127.0.0.2::80', '0.0.0.0::80', '82/udp', '127.0.0.2::83/udp'];

/** Where somebody may ask: the loopback, and all that this machine is called from outside. */
const ADDRESSES = [
  '127.0.0.1',
  '127.0.0.2',
  '::1',
  ...Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address),
];

/** Whether the server in the container answers. */
function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port }, () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text.includes('published')));
  });
}

/** Whether somebody has the port: it cannot be taken. */
function isTaken(address: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = address.includes(':') ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
    socket.on('error', (error) => {
      if (isErrno(error, 'EADDRINUSE', 'EADDRNOTAVAIL')) resolve(isErrno(error, 'EADDRINUSE'));
      else reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(false)));
  });
}

async function reached({ protocol, hostPort }: PortBinding): Promise<string[]> {
  const isReached = protocol === 'tcp' ? answers : isTaken;
  const all = await Promise.all(ADDRESSES.map((address) => isReached(address, hostPort)));
  return ADDRESSES.filter((_, index) => all[index]);
}

test('are bound to the address that was asked for, the loopback by default, and to no other', async () => {
  const ports = await bindPorts(PUBLISHED.flatMap(parsePort));
  const network = await openNetwork(networkProviders(undefined, ports));
  const box = await TestSandbox.create();
  const end = new AbortController();
  box.write('upper/index.html', 'published\n');
  const { namespace } = network;
  const spec = box.spec(['httpd', '-f', '-p', '80', '-h', '/'], { network: { namespace } });
  const running = runSandbox(spec, { stdout: () => undefined, stderr: () => undefined, signal: end.signal });
  try {
    const [first] = ports as [PortBinding];
    for (let tries = 0; !(await answers('127.0.0.1', first.hostPort)); tries++) {
      assert.ok(tries < 200, 'the server does not answer');
      await sleep(25);
    }
    const byVersion4 = ADDRESSES.filter((address) => !address.includes(':'));
    assert.ok(byVersion4.length > 2, 'this machine has no address of its own');
    assert.equal(await Promise.all(ports.map(reached)), [
      ['127.0.0.1'],
      ['127.0.0.2'],
      byVersion4,
      ['127.0.0.1'],
      ['127.0.0.2'],
    ]);
  } finally {
    end.abort();
    await running;
    network.close();
    box.remove();
  }
});

test.run();
