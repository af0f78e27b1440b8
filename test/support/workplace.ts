import * as assert from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tsbuildEntry } from '../../fixtures/tsbuild.ts';
import { busyboxRoot } from './busybox.ts';

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  /** On top of an environment without colours, SOURCE_DATE_EPOCH and settings of the user's own. */
  env?: Record<string, string>;
  stdin?: string | Buffer;
  /** A program that starts tsbuild, with its arguments. */
  through?: readonly string[];
}

/** A directory with a store of its own and the files of a test. `tsbuild` works on that store. */
export class Workplace {
  readonly directory = mkdtempSync(join(tmpdir(), 'tsbuild-test-'));
  readonly root = join(this.directory, 'store');
  /** The arguments of node that start tsbuild. */
  protected readonly entry: readonly string[] = tsbuildEntry();

  /** A workplace whose store has the image `busybox`. */
  static async withBusybox(): Promise<Workplace> {
    const place = new Workplace();
    await place.ok(['import', await busyboxRoot(), 'busybox']);
    return place;
  }

  /** How a script of another program's starts tsbuild. */
  command(): string {
    return [process.execPath, ...this.entry].join(' ');
  }

  at(...path: string[]): string {
    return join(this.directory, ...path);
  }

  write(path: string, content: string | Buffer, mode = 0o644): string {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), content, { mode });
    return this.at(path);
  }

  /** Starts tsbuild; its standard streams are pipes. */
  start(args: readonly string[], { cwd = this.directory, env = {}, through = [] }: RunOptions = {}): ChildProcess {
    const [program = '', ...rest] = [...through, process.execPath, ...this.entry, ...args];
    const { PATH, HOME } = process.env;
    return spawn(program, rest, {
      cwd,
      env: { PATH, HOME, DOCKER_CONFIG: this.at('no-docker-config'), TSBUILD_ROOT: this.root, ...env },
      stdio: 'pipe',
    });
  }

  /** Runs tsbuild to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const child = this.start(args, options);
    child.stdin?.on('error', () => undefined).end(options.stdin);
    return outcomeOf(child);
  }

  /** Runs tsbuild, which must succeed, and returns its standard output without the last line end. */
  async ok(args: readonly string[], options?: RunOptions): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    assert.equal(code, 0, `tsbuild ${args.join(' ')}\n${stderr}`);
    return stdout.trimEnd();
  }

  /** Builds a Dockerfile in a new context, and returns the image ID. */
  async build(dockerfile: string, args: readonly string[] = [], options: RunOptions = {}): Promise<string> {
    const context = mkdtempSync(this.at('context-'));
    return this.ok(['build', '-q', '-f', '-', ...args, context], { ...options, stdin: dockerfile });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Collects what a process writes until it ends. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}
