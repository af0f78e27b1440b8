import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needProgram } from '../house/programs.ts';
import { bundle } from '../runner/bundle.ts';
import { TestSandbox } from '../runner/kit.ts';
import { OrdinaryUser } from '../runner/ordinary-user.ts';
import { attemptsFor } from './attempts.ts';

const execute = promisify(execFile);
const ways = suite('ways out of a sandbox');

interface Told {
  attempt?: string;
  outcome?: string;
  /** Which process of the container tried. */
  by?: string;
  overwrite?: string[];
  intact?: boolean;
}

/** What makes a sandbox. */
const BACKENDS = ['launcher', 'crun', 'runc'] as const;
type Backend = (typeof BACKENDS)[number];

const NOTHING = { directory: '', secret: '', pid: 0, port: 0, socket: '' };

async function asRoot(backend: Backend, mode: 'confined' | 'insecure' = 'confined'): Promise<Told[]> {
  const box = await TestSandbox.create();
  try {
    const script = bundle('escape-script.ts', box.directory);
    const { stdout } = await execute(process.execPath, [script, box.directory, mode, backend]);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Told);
  } finally {
    box.remove();
  }
}

async function asUser(backend: Backend, range: boolean): Promise<Told[]> {
  const user = new OrdinaryUser(range);
  try {
    const { said, stderr } = await user.run('escape-script.ts', [await user.prepare(), 'confined', backend]);
    assert.is(stderr, '');
    return said;
  } finally {
    user.remove();
  }
}

/** The launcher's file is reached and stays as it is; an ordinary file in its place would have been overwritten. */
function assertNotOverwritten(told: readonly Told[]): void {
  const got = told.find(({ overwrite }) => overwrite !== undefined)?.overwrite ?? [];
  assert.equal([...new Set(got)], ['control: reached', 'control: overwritten', 'reached']);
}

function assertHeld(told: readonly Told[], backend: Backend): void {
  const tried = told.filter(({ attempt }) => attempt !== undefined);
  // No program enters what a runtime has made.
  const processes = backend === 'launcher' ? ['the first process', 'a program more'] : ['the first process'];
  for (const process of processes) {
    assert.equal(
      tried.filter(({ by }) => by === process).map(({ attempt }) => attempt),
      attemptsFor(NOTHING).map(({ name }) => name),
      backend,
    );
  }
  assert.equal(
    tried.filter(({ outcome }) => outcome !== 'held').map(({ attempt, by }) => `${attempt}: ${by}`),
    [],
    backend,
  );
  if (backend === 'launcher') assertNotOverwritten(told);
  assert.equal(told.at(-1), { intact: true }, backend);
}

/** With all back ends at once: most of the time is spent in waiting for what does not answer. */
async function assertAllHeld(tryWith: (backend: Backend) => Promise<Told[]>): Promise<void> {
  for (const runtime of ['crun', 'runc'] as const) needProgram(runtime);
  const told = await Promise.all(BACKENDS.map(tryWith));
  BACKENDS.forEach((backend, index) => {
    assertHeld(told[index] as Told[], backend);
  });
}

ways('are closed as root', () => assertAllHeld((backend) => asRoot(backend)));

if (process.geteuid?.() === 0) {
  ways('are closed as a user with a range of ids', () => assertAllHeld((backend) => asUser(backend, true)));
  ways('are closed as a user with one id', () => assertAllHeld((backend) => asUser(backend, false)));

  ways('are real: where a sandbox has all rights, those that harm nobody lead out', async () => {
    const told = await asRoot('launcher', 'insecure');
    assertNotOverwritten(told);
    const tried = told.filter(({ attempt }) => attempt !== undefined);
    assert.ok(tried.length >= 12, `${tried.length}`);
    assert.equal(
      tried.filter(({ outcome }) => outcome !== 'escaped').map(({ attempt }) => attempt),
      [],
    );
  });
}

ways.run();
