import { spawn } from 'node:child_process';
import { closeSync, readlinkSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, isErrno, TsbuildError, toTsbuildError } from '../base/error.ts';
import { exitCodeOf } from '../containers/exit-code.ts';
import type { ContainerSpec } from '../containers/spec.ts';
import { supervise } from '../containers/supervisor.ts';
import { type Environment, environmentOf } from './namespace.ts';
import { openContainers } from './open.ts';
import type { GlobalArguments } from './options.ts';

/** What a supervisor that was started says on descriptor 3, once. */
type Report =
  | { kind: 'running'; warnings: string[] }
  /** It is over already: its program could not be executed, or was quick. */
  | { kind: 'ended'; warnings: string[]; exitCode: number; message?: string | undefined }
  | { kind: 'failed'; code: ErrorCode; message: string; hint?: string | undefined; notes: readonly string[] };

const REPORT = 3;

/**
 * Starts a process of ours in a session of its own that runs the container and outlives this one. Returns 0 when it
 * runs, or the code (126, 127) of a program that could not be executed.
 */
export async function startDetached(spec: ContainerSpec, { root }: Environment): Promise<number> {
  const [, script = ''] = process.argv;
  const child = spawn(process.execPath, [...process.execArgv, script, 'supervise', spec.id], {
    detached: true,
    env: { ...process.env, TSBUILD_ROOT: root },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  child.unref();
  const report = await reportOf(child.stdio[REPORT] as Readable);
  if (report.kind === 'failed') throw new TsbuildError(report.code, report.message, report);
  for (const warning of report.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (report.kind === 'running' || report.message === undefined) return 0;
  process.stderr.write(`tsbuild: ${report.message}\n`);
  return report.exitCode;
}

async function reportOf(stream: Readable): Promise<Report> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  if (text !== '') return JSON.parse(text) as Report;
  throw new TsbuildError('INTERNAL', 'the supervisor of the container ended without a word', {
    hint: '`tsbuild start -a` runs it in the foreground',
  });
}

/** The process that `startDetached` starts. */
export async function superviseAction(argv: GlobalArguments & { id: string }): Promise<number> {
  const warnings: string[] = [];
  let told = false;
  const tell = (report: Report) => {
    if (told) return;
    told = true;
    writeSync(REPORT, JSON.stringify(report));
    closeSync(REPORT);
  };
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort());
  try {
    const context = await openContainers(environmentOf(argv), (message) => warnings.push(message));
    const spec = context.store.containers.find(argv.id) as ContainerSpec;
    const exit = await supervise(spec, {
      context,
      signal: ending.signal,
      onStart: ({ pid }) => {
        process.chdir('/');
        void begins(pid, spec).then((runs) => runs && tell({ kind: 'running', warnings }));
      },
    });
    const message = 'message' in exit ? exit.message : undefined;
    tell({ kind: 'ended', warnings, exitCode: exitCodeOf(exit), message });
  } catch (error) {
    const { code, message, hint, notes } = toTsbuildError(error);
    tell({ kind: 'failed', code, message, hint, notes });
  }
  return 0;
}

const PATIENCE = 2000;
const INTERVAL = 3;

/** Waits until the first process has become the container's program; false where that has ended, or could not be executed. */
async function begins(pid: number, { init }: ContainerSpec): Promise<boolean> {
  if (init) return true;
  for (const end = Date.now() + PATIENCE; Date.now() < end; await delay(INTERVAL)) {
    const program = programOf(pid);
    if (program === undefined) return false;
    if (!/\/launcher-[0-9a-f]+( \(deleted\))?$/.test(program)) return true;
  }
  return true;
}

function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    if (isErrno(error, 'EACCES', 'EPERM')) return '';
    throw error;
  }
}
