import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundle } from '../runner/bundle.ts';
import { TestSandbox } from '../runner/kit.ts';
import { OrdinaryUser } from '../runner/ordinary-user.ts';
import { attemptsFor } from './attempts.ts';

const ways = suite('ways out of a sandbox');

interface Told {
  attempt?: string;
  outcome?: string;
  /** Which process of the container tried. */
  by?: string;
  overwrite?: string[];
  intact?: boolean;
}

const NOTHING = { directory: '', secret: '', pid: 0, port: 0, socket: '' };

async function asRoot(mode: 'confined' | 'insecure'): Promise<Told[]> {
  const box = await TestSandbox.create();
  try {
    const script = bundle('escape-script.ts', box.directory);
    const said = execFileSync(process.execPath, [script, box.directory, mode], { encoding: 'utf8' });
    return said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Told);
  } finally {
    box.remove();
  }
}

async function asUser(range: boolean): Promise<Told[]> {
  const user = new OrdinaryUser(range);
  try {
    const { said, stderr } = await user.run('escape-script.ts', [await user.prepare()]);
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

function assertHeld(told: readonly Told[]): void {
  const tried = told.filter(({ attempt }) => attempt !== undefined);
  for (const process of ['the first process', 'a program more']) {
    assert.equal(
      tried.filter(({ by }) => by === process).map(({ attempt }) => attempt),
      attemptsFor(NOTHING).map(({ name }) => name),
    );
  }
  assert.equal(
    tried.filter(({ outcome }) => outcome !== 'held').map(({ attempt, by }) => `${attempt}: ${by}`),
    [],
  );
  assertNotOverwritten(told);
  assert.equal(told.at(-1), { intact: true });
}

ways('are closed as root', async () => assertHeld(await asRoot('confined')));

if (process.geteuid?.() === 0) {
  ways('are closed as a user with a range of ids', async () => assertHeld(await asUser(true)));
  ways('are closed as a user with one id', async () => assertHeld(await asUser(false)));

  ways('are real: where a sandbox has all rights, those that harm nobody lead out', async () => {
    const told = await asRoot('insecure');
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
