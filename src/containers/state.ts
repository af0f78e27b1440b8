import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic.ts';
import { isErrno } from '../base/error.ts';
import { withShortPath } from './socket-path.ts';

export interface Health {
  status: 'starting' | 'healthy' | 'unhealthy';
  failingStreak: number;
  /** The last five. */
  log: readonly HealthProbe[];
}

export interface HealthProbe {
  /** RFC 3339. */
  start: string;
  end: string;
  exitCode: number;
  output: string;
}

/** What a container is doing (`state.json`). Times are RFC 3339. */
export interface ContainerState {
  status: 'created' | 'running' | 'exited';
  /** The first process, as the supervisor sees it. */
  pid?: number | undefined;
  supervisor?: number | undefined;
  startedAt?: string | undefined;
  finishedAt?: string | undefined;
  exitCode: number;
  /** Why it could not be started, or ended without its doing. */
  error?: string | undefined;
  outOfMemory?: boolean | undefined;
  health?: Health | undefined;
}

const CREATED: ContainerState = { status: 'created', exitCode: 0 };
/** The exit code of what SIGKILL ended. */
const KILLED = 137;

const FILE = 'state.json';
export const SOCKET = 'control';

export function writeState(directory: string, state: ContainerState): void {
  writeFileAtomic(join(directory, FILE), JSON.stringify(state));
}

/**
 * The state as it is: what the file calls running, and nobody answers for, ended with its supervisor, since the kernel
 * killed one with the other.
 */
export async function readState(directory: string): Promise<ContainerState> {
  const state = stateIn(directory);
  if (state.status !== 'running' || (await isSupervised(directory))) return state;
  // It may have ended properly since.
  const now = stateIn(directory);
  if (now.status !== 'running') return now;
  return { ...now, status: 'exited', pid: undefined, exitCode: KILLED, error: 'its supervisor was killed' };
}

function stateIn(directory: string): ContainerState {
  try {
    return JSON.parse(readFileSync(join(directory, FILE), 'utf8')) as ContainerState;
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return CREATED;
    throw error;
  }
}

/** Whether a supervisor listens: the kernel closes the socket of one that dies. */
async function isSupervised(directory: string): Promise<boolean> {
  try {
    return await withShortPath(directory, SOCKET, answers);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error) => {
      if (isErrno(error, 'ENOENT', 'ECONNREFUSED', 'ECONNRESET')) resolve(false);
      else reject(error);
    });
  });
}
