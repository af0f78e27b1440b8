import type { HealthcheckInstruction, Word } from '../ast.ts';
import { parseDuration } from '../duration.ts';
import type { Argument, InstructionSyntax } from '../parser.ts';
import { commandOf } from './argument.ts';
import { type BuildContext, syntaxError, tokenRange } from './context.ts';
import { type FlagSet, readFlags } from './flag.ts';

type Own = Pick<
  HealthcheckInstruction,
  'kind' | 'command' | 'interval' | 'timeout' | 'startPeriod' | 'startInterval' | 'retries'
>;

export function buildHealthcheck(context: BuildContext, syntax: InstructionSyntax): Own {
  const flags = readFlags(context, 'HEALTHCHECK', syntax.flags);
  const { argument } = syntax;
  if (argument.shape !== 'health') {
    const hint = 'write `HEALTHCHECK CMD command` or `HEALTHCHECK NONE`';
    throw syntaxError(context, 'HEALTHCHECK requires CMD or NONE', tokenRange(context, syntax.keyword), hint);
  }
  return {
    kind: 'HEALTHCHECK',
    command: healthCommand(context, argument),
    interval: duration(context, flags, 'interval'),
    timeout: duration(context, flags, 'timeout'),
    startPeriod: duration(context, flags, 'start-period'),
    startInterval: duration(context, flags, 'start-interval'),
    retries: retries(context, flags.string('retries')),
  };
}

function healthCommand(context: BuildContext, argument: Extract<Argument, { shape: 'health' }>) {
  const { type } = argument;
  const command = commandOf(context, argument.command, type);
  const empty = command.form === 'exec' ? command.args.length === 0 : command.command.text === '';
  switch (type.image.toUpperCase()) {
    case 'NONE':
      if (empty) return undefined;
      throw syntaxError(context, 'HEALTHCHECK NONE takes no arguments', tokenRange(context, type));
    case 'CMD':
      if (!empty) return command;
      throw syntaxError(context, 'a command is missing after HEALTHCHECK CMD', tokenRange(context, type));
    default: {
      const message = `unknown type ${JSON.stringify(type.image)} of HEALTHCHECK`;
      throw syntaxError(context, message, tokenRange(context, type), 'use CMD or NONE');
    }
  }
}

/** A millisecond, in nanoseconds. */
export const MIN_DURATION = 1_000_000;

/** Nanoseconds. 0 stands for the default; what lies between is refused, as the engines cannot do it (trap 56). */
function duration(context: BuildContext, flags: FlagSet, name: string): number | undefined {
  const value = flags.string(name);
  if (value === undefined || value.text === '') return undefined;
  const nanoseconds = parseDuration(value.text);
  if (nanoseconds === undefined) {
    const message = `invalid duration ${JSON.stringify(value.text)} of --${name}`;
    context.errors.push(syntaxError(context, message, value.range, 'write a number and a unit, e.g. 30s or 1m30s'));
  } else if (nanoseconds !== 0 && nanoseconds < MIN_DURATION) {
    context.errors.push(syntaxError(context, `--${name} cannot be less than 1ms`, value.range));
  }
  return nanoseconds;
}

export const MAX_RETRIES = 2 ** 31 - 1;

function retries(context: BuildContext, value: Word | undefined): number | undefined {
  if (value === undefined || value.text === '') return undefined;
  const count = /^[+-]?\d+$/.test(value.text) ? Number(value.text) : Number.NaN;
  if (count >= 0 && count <= MAX_RETRIES) return count;
  const problem = count < 0 ? 'cannot be negative' : 'must be a whole number';
  context.errors.push(syntaxError(context, `--retries ${problem}: ${JSON.stringify(value.text)}`, value.range));
  return undefined;
}
