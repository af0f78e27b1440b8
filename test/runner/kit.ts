import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  enterUserNamespace,
  hasSingleId,
  inUserNamespace,
  needsUserNamespace,
  runSandbox,
  type SandboxExit,
  type SandboxIo,
  type SandboxSpec,
  SKELETON,
} from '../../runner/index.ts';
import { busyboxRoot } from '../support/busybox.ts';

/** Sandboxes need root: a test run by a user goes on as root of a user namespace. */
export async function becomeRoot(): Promise<void> {
  if (!needsUserNamespace()) return;
  process.exit(await enterUserNamespace({ argv: [...process.execArgv, ...process.argv.slice(1)], env: process.env }));
}

export interface Result {
  exit: SandboxExit;
  stdout: string;
  stderr: string;
}

/** A directory with the layers of one sandbox: busybox over the skeleton, and an upper directory. */
export class TestSandbox {
  readonly directory: string;

  constructor(base: string, directory: string) {
    this.directory = directory;
    for (const name of ['skeleton', 'upper', 'work']) mkdirSync(join(directory, name), { mode: 0o755 });
    for (const { path, type } of SKELETON) {
      const target = join(directory, 'skeleton', path);
      if (type === 'directory') mkdirSync(target);
      else writeFileSync(target, '');
    }
    symlinkSync(base, join(directory, 'base'));
  }

  static async create(): Promise<TestSandbox> {
    return new TestSandbox(await busyboxRoot(), mkdtempSync(join(tmpdir(), 'tsbuild-sandbox-')));
  }

  /** A file below the directory, with the directories above it. */
  write(path: string, content: string, mode = 0o644): string {
    const full = join(this.directory, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content, { mode });
    return full;
  }

  spec(args: readonly string[], changes: Partial<SandboxSpec> = {}): SandboxSpec {
    const overlay = { directory: this.directory, lower: ['base', 'skeleton'], upper: 'upper', work: 'work' };
    return {
      overlay: { ...overlay, userxattr: inUserNamespace(), volatile: false },
      args,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
      cwd: '/',
      user: { uid: 0, gid: 0, groups: [] },
      hostname: 'build',
      network: 'none',
      singleUid: hasSingleId(),
      ...changes,
    };
  }

  async run(args: readonly string[], changes?: Partial<SandboxSpec>, io?: Partial<SandboxIo>): Promise<Result> {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const exit = await runSandbox(this.spec(args, changes), {
      stdout: (chunk) => stdout.push(chunk),
      stderr: (chunk) => stderr.push(chunk),
      ...io,
    });
    return { exit, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  }

  shell(script: string, changes?: Partial<SandboxSpec>, io?: Partial<SandboxIo>): Promise<Result> {
    return this.run(['sh', '-c', script], changes, io);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
