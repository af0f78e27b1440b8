/**
 * Runs sandboxes with one back end: `node runtime-script.mjs DIRECTORY BACKEND [sleep SECONDS]`, where DIRECTORY holds
 * `base`, `skeleton`, `upper` and `work`. Enters a user namespace first where it has to. Prints a line of JSON for each
 * case: {"name", "exit", "output"}; or, with `sleep`, {"started"} when the container runs.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  chooseBackend,
  enterUserNamespace,
  hasSingleId,
  inUserNamespace,
  needsUserNamespace,
  type SandboxExit,
  type SandboxSpec,
} from '../../runner/index.ts';
import { CASES } from './runtime-cases.ts';

const [directory = '', name = '', mode = '', seconds = ''] = process.argv.slice(2);

if (needsUserNamespace()) {
  process.exit(await enterUserNamespace({ argv: [...process.execArgv, ...process.argv.slice(1)], env: process.env }));
}

const say = (value: object): void => console.log(JSON.stringify(value));
const backend = await chooseBackend(name, directory);
const shared = join(directory, 'shared');
mkdirSync(join(shared, 'deep'), { recursive: true });
writeFileSync(join(shared, 'deep/file'), 'shared\n');

const base: Omit<SandboxSpec, 'args'> = {
  overlay: {
    directory,
    lower: ['base', 'skeleton'],
    upper: 'upper',
    work: 'work',
    volatile: false,
    userxattr: inUserNamespace(),
  },
  env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  cwd: '/',
  user: { uid: 0, gid: 0, groups: [] },
  hostname: 'build',
  network: 'none',
  singleUid: hasSingleId(),
};

async function run(spec: SandboxSpec, hear: (text: string) => void, signal?: AbortSignal): Promise<SandboxExit> {
  const sink = (chunk: Buffer) => hear(chunk.toString());
  return backend.run(spec, { stdout: sink, stderr: sink, signal });
}

if (mode === 'sleep') {
  const script = `sleep ${seconds} & echo started; exec sleep ${seconds}`;
  await run({ ...base, args: ['sh', '-c', script] }, () => say({ started: process.pid }));
  process.exit(0);
}

for (const { name, args, changes, abortOn } of CASES) {
  let output = '';
  const abort = new AbortController();
  const hear = (text: string) => {
    output += text;
    if (abortOn !== undefined && output.includes(abortOn)) abort.abort();
  };
  const exit = await run({ ...base, args, ...changes?.(shared) }, hear, abort.signal).catch((error) => error.message);
  say({ name, exit, output });
}
