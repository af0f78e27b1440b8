import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busyboxRoot } from '../support/busybox.ts';
import { bundle } from './bundle.ts';
import { TestSandbox } from './kit.ts';

/** Ranges may overlap: the processes of tests do not meet. */
const RANGE = ['--add-subuids', '2000000-2065535', '--add-subgids', '2000000-2065535'];

export interface Run {
  /** Exit code of the script. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What the script said, line by line. */
  said: Record<string, unknown>[];
  stderr: string;
}

/** A user of the machine that exists for one test, with the layers of a sandbox in a directory of their own. */
export class OrdinaryUser {
  readonly name = `tsb${randomBytes(4).toString('hex')}`;
  readonly home = mkdtempSync(join(tmpdir(), 'tsbuild-user-'));
  readonly uid: number;

  /** Needs root. @param range whether /etc/subuid and /etc/subgid give the user a range */
  constructor(range: boolean) {
    const none = ['-K', 'SUB_UID_COUNT=0', '-K', 'SUB_GID_COUNT=0'];
    const account = ['--no-create-home', '--home-dir', this.home, '--shell', '/bin/sh', this.name];
    execFileSync('useradd', [...none, ...account], { stdio: 'pipe' });
    if (range) execFileSync('usermod', [...RANGE, this.name], { stdio: 'pipe' });
    this.uid = Number(execFileSync('id', ['-u', this.name], { encoding: 'utf8' }));
    chmodSync(this.home, 0o755);
    chownSync(this.home, this.uid, this.uid);
  }

  async prepare(): Promise<string> {
    const base = join(this.home, 'busybox');
    cpSync(await busyboxRoot(), base, { recursive: true, verbatimSymlinks: true });
    const box = new TestSandbox(base, this.home);
    execFileSync('chown', ['-R', `${this.uid}:${this.uid}`, box.directory]);
    return box.directory;
  }

  /** The process that runs a script of this folder as this user, through `setpriv`, with whatever else it is told. */
  start(script: string, args: readonly string[], options: readonly string[] = []): ReturnType<typeof spawn> {
    const path = bundle(script, this.home);
    const ids = ['--reuid', String(this.uid), '--regid', String(this.uid), '--clear-groups', ...options];
    const env = { PATH: process.env.PATH, HOME: this.home, TMPDIR: this.home };
    return spawn('setpriv', [...ids, process.execPath, path, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  run(script: string, args: readonly string[], options?: readonly string[]): Promise<Run> {
    return finished(this.start(script, args, options));
  }

  /** Also what belongs to the user's range, and what overlay has left without any permission. */
  remove(): void {
    execFileSync('userdel', [this.name], { stdio: 'pipe' });
    rmSync(this.home, { recursive: true, force: true });
  }
}

function finished(child: ReturnType<typeof spawn>): Promise<Run> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const said = stdout
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line));
      resolve({ code, signal, said, stderr });
    });
  });
}
