import type { NetworkMode, RunInstruction, SecurityMode, ShellInstruction, Word } from '../ast.ts';
import { parseMountSpec } from '../mount/spec.ts';
import type { InstructionSyntax } from '../parser.ts';
import { commandOf } from './argument.ts';
import { type BuildContext, syntaxError, tokenRange } from './context.ts';
import { readFlags } from './flag.ts';

export const NETWORK: readonly NetworkMode[] = ['default', 'none', 'host'];
export const SECURITY: readonly SecurityMode[] = ['sandbox', 'insecure'];

export function buildRun(
  context: BuildContext,
  syntax: InstructionSyntax,
): Pick<RunInstruction, 'kind' | 'mounts' | 'network' | 'security' | 'devices' | 'command'> {
  const flags = readFlags(context, 'RUN', syntax.flags);
  const mounts = flags.list('mount').flatMap((value) => {
    const { spec, errors } = parseMountSpec(value, context.source);
    context.errors.push(...errors);
    return spec === undefined ? [] : [spec];
  });
  const network = modeOf(context, 'network', flags.string('network'), NETWORK);
  const security = modeOf(context, 'security', flags.string('security'), SECURITY);
  const command = commandOf(context, syntax.argument, syntax.keyword);
  if (command.form === 'exec' ? command.args.length === 0 : command.command.text === '') {
    throw syntaxError(context, 'RUN requires a command', tokenRange(context, syntax.keyword));
  }
  return { kind: 'RUN', mounts, network, security, devices: flags.list('device'), command };
}

function modeOf<Mode extends string>(
  context: BuildContext,
  flag: string,
  value: Word | undefined,
  modes: readonly Mode[],
): (Word & { mode: Mode }) | undefined {
  if (value === undefined) return undefined;
  const mode = modes.find((known) => known === value.text);
  if (mode !== undefined) return { ...value, mode };
  const message = `invalid value ${JSON.stringify(value.text)} of --${flag}`;
  context.errors.push(syntaxError(context, message, value.range, `use one of ${modes.join(', ')}`));
  return undefined;
}

export function buildShell(context: BuildContext, syntax: InstructionSyntax): Pick<ShellInstruction, 'kind' | 'args'> {
  readFlags(context, 'SHELL', syntax.flags);
  const command = commandOf(context, syntax.argument, syntax.keyword);
  if (command.form === 'shell') {
    throw syntaxError(
      context,
      'SHELL requires its arguments in JSON form',
      command.command.range,
      'for example SHELL ["/bin/bash", "-c"]',
    );
  }
  if (command.args.length === 0) {
    throw syntaxError(context, 'SHELL requires at least one argument', tokenRange(context, syntax.keyword));
  }
  return { kind: 'SHELL', args: command.args };
}
