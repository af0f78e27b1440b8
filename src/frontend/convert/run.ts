import { posix } from 'node:path';
import type { RunInstruction } from '../../../grammar/index.ts';
import { runScript } from '../../../grammar/words.ts';
import type { Display } from '../../graph/vertex.ts';
import { DEFAULT_PATH } from '../../oci/default-path.ts';
import { formatPlatform, runsOn } from '../../oci/platform.ts';
import { addLayer, type Stage } from '../stage.ts';
import { inShell } from './command.ts';
import { type Convert, type ConvertContext, unsupported } from './context.ts';
import { mountsOf } from './mounts.ts';

/**
 * RUN: argv, environment, directory, user and network are the vertex. ARG values in scope are part of the
 * environment, so a changed one runs every later RUN of its stage again, as with BuildKit.
 */
export const convertRun: Convert<RunInstruction> = async (instruction, context) => {
  refuseUnsupported(instruction, context);
  const { stage } = context;
  const script = runScript(instruction);
  const argv = script.kind === 'shell' ? inShell(script.script, stage) : script.kind === 'argv' ? script.args : [];
  const { mounts, inputs } = await mountsOf(instruction, context);
  const vertex = {
    op: {
      kind: 'run',
      argv,
      file: script.kind === 'file' ? { name: script.name, content: script.content } : undefined,
      environment: environmentOf(stage),
      directory: posix.resolve('/', stage.config.WorkingDir ?? '/'),
      user: stage.config.User || undefined,
      network: instruction.network?.mode === 'none' ? 'none' : 'host',
      mounts,
    },
    inputs: [stage.rootfs, ...inputs],
    display: shownWithScript(context.display(instruction), instruction, script),
  };
  const shown = script.kind === 'file' ? inShell(`<<${script.name}`, stage) : argv;
  addLayer(stage, vertex, `RUN ${[...shownArguments(stage), ...shown].join(' ')} # buildkit`);
};

function refuseUnsupported(instruction: RunInstruction, context: ConvertContext): void {
  if (instruction.security?.mode === 'insecure')
    throw unsupported(context, instruction.security.range, 'RUN --security=insecure');
  const [device] = instruction.devices;
  if (device !== undefined) throw unsupported(context, device.range, 'RUN --device');
  const { stage, options } = context;
  if (runsOn(options.buildPlatform, stage.platform)) return;
  const platforms = `RUN for ${formatPlatform(stage.platform)} on ${formatPlatform(options.buildPlatform)}`;
  const hint = 'use FROM --platform=$BUILDPLATFORM for the stages that run programs, and COPY --from them';
  throw unsupported(context, instruction.range, platforms, hint);
}

/** A lone heredoc is known by how it begins: `RUN <<EOF (apt-get update...)`, as with BuildKit. */
function shownWithScript(
  display: Display,
  { heredocs }: RunInstruction,
  script: ReturnType<typeof runScript>,
): Display {
  const isBody = script.kind === 'file' || (script.kind === 'shell' && script.script === heredocs[0]?.content);
  const [first = '', ...more] = isBody ? (heredocs[0]?.content ?? '').trim().split(/\r?\n/) : [];
  return first === '' ? display : { ...display, name: `${display.name} (${first}${more.length > 0 ? '...' : ''})` };
}

/** `NAME=value` in the order of the file, with a PATH in any case. */
function environmentOf(stage: Stage): string[] {
  const environment = [...stage.variables].map(([name, value]) => `${name}=${value}`);
  return stage.variables.has('PATH') ? environment : [`PATH=${DEFAULT_PATH}`, ...environment];
}

/** `|2 A=1 B=2`, the way history shows the arguments that a RUN saw; nothing where none is declared. */
function shownArguments(stage: Stage): string[] {
  const values = new Map(stage.declared.map(({ name, value }) => [name, stage.variables.get(name) ?? value ?? '']));
  if (values.size === 0) return [];
  return [`|${values.size}`, ...[...values].map(([name, value]) => `${name}=${value}`)];
}
