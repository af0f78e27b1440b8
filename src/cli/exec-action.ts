import { TsbuildError } from '../base/error.ts';
import { ask, NotRunning, type Send } from '../containers/client.ts';
import type { Ended, Request } from '../containers/control.ts';
import { FRAME } from '../containers/protocol.ts';
import { attachInput, windowSize } from './attach-terminal.ts';
import { notRunning } from './container-actions.ts';
import { linesOf, variableOf } from './container-options.ts';
import { withStore } from './open.ts';
import { type RunArguments, requireTerminal, wordsOf } from './run-action.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Runs a program more in a running container, through its supervisor; its exit code is ours. */
export async function execAction(argv: RunArguments & { container?: string | undefined }): Promise<number> {
  const [name, ...args] = wordsOf(argv, argv.container);
  if (name === undefined || args.length === 0) {
    throw new TsbuildError('USAGE', 'exec needs a container and a command', {
      hint: 'e.g. tsbuild exec -it NAME sh; `tsbuild ps` lists what runs',
    });
  }
  const { interactive = false, tty = false, detach = false, privileged = false, workdir, user } = argv;
  if (tty && interactive && !detach) requireTerminal();
  const environment = [...linesOf(argv.envFile), ...(argv.env ?? [])].flatMap(variableOf);
  const streams = { interactive: interactive && !detach, tty, detach, size: windowSize() };
  const call: Request = { kind: 'exec', args, environment, directory: workdir, user, privileged, ...streams };
  return withStore(argv, async ({ containers }) => {
    const { exitCode, message } = await converse(containers.path(containers.find(name).id), call).catch((error) => {
      throw error instanceof NotRunning ? notRunning(name) : error;
    });
    if (message !== undefined) process.stderr.write(`tsbuild: ${message}\n`);
    return exitCode;
  });
}

async function converse(directory: string, call: Extract<Request, { kind: 'exec' }>): Promise<Ended> {
  let detachInput: () => void = () => undefined;
  let send: Send | undefined;
  const forward = (signal: NodeJS.Signals) => void send?.(FRAME.signal, signal);
  if (!call.detach) for (const signal of FORWARDED) process.on(signal, forward);
  try {
    return await ask<Ended>(directory, call, {
      onOpen: (opened) => {
        send = opened;
      },
      hear: (kind, data) => {
        if (kind === FRAME.stdout) process.stdout.write(data);
        else if (kind === FRAME.stderr) process.stderr.write(data);
        else if (kind === FRAME.started && send !== undefined) detachInput = attachInput(call, targetOf(send));
      },
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
    detachInput();
  }
}

function targetOf(send: Send) {
  let sending: Promise<void> = Promise.resolve();
  return {
    type: (data: Buffer) => {
      sending = send(FRAME.stdin, data);
      return false;
    },
    drained: (resume: () => void) => void sending.then(resume),
    end: () => void send(FRAME.stdinEnd),
    resize: (size: object) => void send(FRAME.resize, JSON.stringify(size)),
  };
}
