/**
 * Tries to get out of one sandbox: `node escape-script.mjs DIRECTORY confined|insecure BACKEND`, where DIRECTORY holds
 * `base`, `skeleton`, `upper` and `work`. Enters a user namespace first where it has to. Prints a line of JSON for each
 * attempt: {"attempt", "outcome", "by"}, where programs enter the sandbox {"overwrite"}: how far an attack on the
 * launcher's file got, and {"intact"}: whether what lies outside is as it was.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import {
  chooseBackend,
  type ExecSpec,
  enterUserNamespace,
  hasSingleId,
  inUserNamespace,
  LAUNCHER,
  needsUserNamespace,
  openNetwork,
  type RunningContainer,
  type SandboxIo,
  type SandboxSpec,
} from '../../runner/index.ts';
import { launcherPath } from '../../runner/syscall/launcher.ts';
import { attemptsFor, PERL, scriptOf } from '../security/attempts.ts';
import { CONTROL, OVERWRITE } from '../security/overwrite.ts';

const [directory = '', mode = '', name = ''] = process.argv.slice(2);

if (needsUserNamespace()) {
  process.exit(await enterUserNamespace({ argv: [...process.execArgv, ...process.argv.slice(1)], env: process.env }));
}

const backend = await chooseBackend(name, directory);
const outside = {
  secret: join(directory, 'secret'),
  readonly: join(directory, 'readonly'),
  cache: join(directory, 'cache'),
  socket: `tsb-${process.pid}`,
};
mkdirSync(join(outside.readonly, 'sub'), { recursive: true });
mkdirSync(outside.cache, { mode: 0o777 });
writeFileSync(outside.secret, 'secret\n');
writeFileSync(join(outside.readonly, 'file'), 'as it was\n', { mode: 0o666 });
writeFileSync(join(directory, 'call.pl'), PERL, { mode: 0o755 });
writeFileSync(join(directory, 'overwrite.pl'), OVERWRITE, { mode: 0o755 });
const launcher = launcherPath();
const launcherBytes = readFileSync(launcher);

/** What root of a container may not change for the host. */
const nodes = () =>
  ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => {
    const { mode, uid, gid } = statSync(`/dev/${name}`);
    return [name, mode, uid, gid].join(' ');
  });
const nodesBefore = nodes().join();

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
const ours = (name: string, path = join(directory, name)) => ({
  ...bind(path, `/outside/${name}`),
  kind: 'file' as const,
});
const spec: SandboxSpec = {
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
  tmpfs: [{ target: '/scratch' }],
  mounts: [
    ...['/usr', '/lib', '/lib64'].map((path) => bind(path, path)),
    bind(outside.readonly, '/ro'),
    { ...bind(outside.cache, '/cache'), readonly: false },
    ...['attempts.sh', 'call.pl', 'overwrite.pl'].map((name) => ours(name)),
    ours('launcher', launcher),
  ],
};

/** The lines that a container of ours prints. */
async function linesOf(changes: Partial<SandboxSpec>, onStart?: SandboxIo['onStart']): Promise<string[]> {
  let output = '';
  const stdout = (chunk: Buffer) => {
    output += chunk;
  };
  await backend.run({ ...spec, ...changes }, { stdout, stderr: (chunk) => process.stderr.write(chunk), onStart });
  return output.trim().split('\n');
}

function tell(lines: readonly string[], by: string): void {
  for (const line of lines) {
    const [outcome, ...name] = line.split(' ');
    console.log(JSON.stringify({ attempt: name.join(' '), outcome, by }));
  }
}

/** Once more by a program that enters the container, at a terminal. */
async function tryByEntering(): Promise<void> {
  let entered = '';
  let entering: Promise<unknown> | undefined;
  await linesOf({ args: ['sleep', '1000'] }, (container) => {
    entering = container
      .exec(execOf(spec.args), {
        terminal: { rows: 24, columns: 80 },
        stdin: 'pipe',
        stdout: (chunk) => {
          entered += chunk;
        },
        stderr: 'inherit',
      })
      .finally(() => container.kill('SIGKILL'));
  });
  await entering;
  tell(entered.trim().split('\r\n'), 'a program more');
}

/** Commands that lead to the launcher, one after the other, as `exec` starts them, while a container hunts for them. */
async function tryToOverwrite(): Promise<void> {
  let hunting = true;
  const deaf = () => undefined;
  const offer = async (container: RunningContainer): Promise<void> => {
    while (hunting) {
      // The container may end first.
      await container.exec(execOf(['/proc/self/exe']), { stdout: deaf, stderr: deaf }).catch(deaf);
    }
  };
  let offering: Promise<void> | undefined;
  const overwrite = await linesOf({ args: ['sh', '-c', CONTROL], network: 'none' }, (container) => {
    offering = offer(container);
  });
  hunting = false;
  await offering;
  console.log(JSON.stringify({ overwrite }));
}

function execOf(args: readonly string[]): ExecSpec {
  const { env, cwd, user, singleUid, insecure } = spec;
  return { args, env, cwd, user, singleUid, insecure, ownNetwork: true };
}

tell(await linesOf({}), 'the first process');
if (backend === LAUNCHER) {
  await tryByEntering();
  await tryToOverwrite();
}
network.close();

const intact =
  readFileSync(launcher).equals(launcherBytes) &&
  nodes().join() === nodesBefore &&
  readFileSync(join(outside.readonly, 'file'), 'utf8') === 'as it was\n' &&
  readFileSync(outside.secret, 'utf8') === 'secret\n' &&
  victim.exitCode === null &&
  victim.signalCode === null;
console.log(JSON.stringify({ intact }));
victim.kill('SIGKILL');
tcp.close();
unix.close();
