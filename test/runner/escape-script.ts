/**
 * Tries to get out of one sandbox: `node escape-script.mjs DIRECTORY [insecure]`, where DIRECTORY holds `base`,
 * `skeleton`, `upper` and `work`. Enters a user namespace first where it has to. Prints a line of JSON for each attempt:
 * {"attempt", "outcome"}, and {"intact"}: whether what lies outside is as it was.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import {
  enterUserNamespace,
  hasSingleId,
  inUserNamespace,
  needsUserNamespace,
  openNetwork,
  runSandbox,
} from '../../runner/index.ts';
import { attemptsFor, PERL, scriptOf } from '../security/attempts.ts';

const [directory = '', mode = 'confined'] = process.argv.slice(2);

if (needsUserNamespace()) {
  process.exit(await enterUserNamespace({ argv: [...process.execArgv, ...process.argv.slice(1)], env: process.env }));
}

const outside = {
  secret: join(directory, 'secret'),
  readonly: join(directory, 'readonly'),
  socket: `tsb-${process.pid}`,
};
mkdirSync(join(outside.readonly, 'sub'), { recursive: true });
writeFileSync(outside.secret, 'secret\n');
writeFileSync(join(outside.readonly, 'file'), 'as it was\n', { mode: 0o666 });
writeFileSync(join(directory, 'call.pl'), PERL, { mode: 0o755 });

const victim = spawn('sleep', ['60']);
const listen = async (server: Server, address: object): Promise<Server> => {
  await new Promise<void>((resolve) => server.listen(address, resolve));
  return server;
};
const answer = () => createServer((socket) => socket.end('reached\n'));
const [tcp, unix] = [
  await listen(answer(), { host: '127.0.0.1', port: 0 }),
  await listen(answer(), { path: `\0${outside.socket}` }),
];
const { port } = tcp.address() as { port: number };
const attempts = attemptsFor({ ...outside, directory, pid: victim.pid ?? 0, port }, mode === 'insecure');
writeFileSync(join(directory, 'attempts.sh'), scriptOf(attempts));

const bind = (source: string, target: string) => ({ source, target, readonly: true, recursive: true });
const network = await openNetwork();
let output = '';
await runSandbox(
  {
    overlay: {
      directory,
      lower: ['base', 'skeleton'],
      upper: 'upper',
      work: 'work',
      volatile: false,
      userxattr: inUserNamespace(),
    },
    args: ['sh', '/outside/attempts.sh'],
    env: { PATH: '/sbin:/bin:/usr/sbin:/usr/bin' },
    cwd: '/',
    user: { uid: 0, gid: 0, groups: [] },
    hostname: 'build',
    network: { namespace: network.namespace },
    singleUid: hasSingleId(),
    insecure: mode === 'insecure',
    mounts: [
      ...['/usr', '/lib', '/lib64'].map((path) => bind(path, path)),
      bind(outside.readonly, '/ro'),
      { ...bind(join(directory, 'attempts.sh'), '/outside/attempts.sh'), kind: 'file' },
      { ...bind(join(directory, 'call.pl'), '/outside/call.pl'), kind: 'file' },
    ],
  },
  {
    stdout: (chunk) => {
      output += chunk;
    },
    stderr: (chunk) => process.stderr.write(chunk),
  },
);
network.close();
for (const line of output.trim().split('\n')) {
  const [outcome, ...name] = line.split(' ');
  console.log(JSON.stringify({ attempt: name.join(' '), outcome }));
}
const intact =
  readFileSync(join(outside.readonly, 'file'), 'utf8') === 'as it was\n' &&
  readFileSync(outside.secret, 'utf8') === 'secret\n' &&
  victim.exitCode === null &&
  victim.signalCode === null;
console.log(JSON.stringify({ intact }));
victim.kill('SIGKILL');
tcp.close();
unix.close();
