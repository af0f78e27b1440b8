import type {
  CommandForm,
  CommandInstruction,
  HealthcheckInstruction,
  ShellInstruction,
} from '../../../grammar/index.ts';
import type { Healthcheck } from '../../oci/types.ts';
import { recordMetadata, type Stage } from '../stage.ts';
import type { Convert } from './context.ts';
import { formatHealthcheck, quoteList } from './go-format.ts';

const DEFAULT_SHELL = ['/bin/sh', '-c'];

/** A command as argv: the shell form is one argument of the stage's SHELL. */
function argvOf(command: CommandForm, stage: Stage): string[] {
  if (command.form === 'exec') return command.args.map((word) => word.text);
  return inShell(command.command.text, stage);
}

export function inShell(script: string, stage: Stage): string[] {
  return [...(stage.config.Shell ?? DEFAULT_SHELL), script];
}

/** CMD and ENTRYPOINT. An ENTRYPOINT clears an inherited CMD, which was written for another program. */
export const convertCommand: Convert<CommandInstruction> = (instruction, { stage }) => {
  const argv = argvOf(instruction.command, stage);
  if (instruction.kind === 'CMD') {
    stage.config.Cmd = argv.length === 0 ? undefined : argv;
    stage.config.ArgsEscaped = true;
    stage.commandSet = true;
  } else {
    stage.config.Entrypoint = argv.length === 0 ? undefined : argv;
    if (!stage.commandSet) stage.config.Cmd = undefined;
  }
  recordMetadata(stage, `${instruction.kind} ${quoteList(argv)}`);
};

export const convertShell: Convert<ShellInstruction> = (instruction, { stage }) => {
  stage.config.Shell = instruction.args.map((word) => word.text);
  recordMetadata(stage, `SHELL [${stage.config.Shell.join(' ')}]`);
};

export const convertHealthcheck: Convert<HealthcheckInstruction> = (instruction, { stage }) => {
  const check = healthcheckOf(instruction);
  stage.config.Healthcheck = check;
  recordMetadata(stage, `HEALTHCHECK ${formatHealthcheck(check)}`);
};

function healthcheckOf(instruction: HealthcheckInstruction): Healthcheck {
  const { command, interval, timeout, startPeriod, startInterval, retries } = instruction;
  if (command === undefined) return { Test: ['NONE'] };
  const test =
    command.form === 'shell' ? ['CMD-SHELL', command.command.text] : ['CMD', ...command.args.map((word) => word.text)];
  return {
    Test: test,
    Interval: interval || undefined,
    Timeout: timeout || undefined,
    StartPeriod: startPeriod || undefined,
    StartInterval: startInterval || undefined,
    Retries: retries || undefined,
  };
}
