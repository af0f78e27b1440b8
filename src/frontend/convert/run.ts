import { posix } from 'node:path';
import type { Instruction, RunInstruction } from '../../../grammar/index.ts';
import { runScript } from '../../../grammar/words.ts';
import type { Json } from '../../base/digest.ts';
import type { SourceRange } from '../../base/source.ts';
import type { Display, Vertex } from '../../graph/vertex.ts';
import { DEFAULT_PATH } from '../../oci/default-path.ts';
import { formatPlatform, runsOn } from '../../oci/platform.ts';
import { passedArgument } from '../arguments.ts';
import type { Entitlement } from '../plan-types.ts';
import { addLayer, type Stage } from '../stage.ts';
import { inShell } from './command.ts';
import { type Convert, type ConvertContext, errorAt, unsupported } from './context.ts';
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
      ...surroundingsOf(context),
      ...settingsOf(instruction, context),
      mounts,
    },
    inputs: [stage.rootfs, ...inputs],
    display: {
      ...shownWithScript(context.display(instruction), instruction, script),
      buildArguments: stage.declared.map(({ name }) => name),
      shell: stage.config.Shell,
    },
  };
  const shown = script.kind === 'file' ? inShell(`/dev/pipes/${script.name}`, stage) : argv;
  addLayer(stage, vertex, `RUN ${[...shownArguments(stage), ...shown].join(' ')} # buildkit`);
};

/** A RUN without a command, in the place of an instruction that is none: where a shell can be opened before it. */
export function standIn(instruction: Instruction, context: ConvertContext): Vertex {
  refuseForeign(instruction, context);
  const { stage, source } = context;
  return {
    ...stage.vertices,
    op: { kind: 'run', argv: [], ...surroundingsOf(context), ...settingsOf({}, context) },
    inputs: [stage.rootfs],
    display: { name: instruction.text, location: instruction.range, source, shell: stage.config.Shell },
  };
}

/** What commands find in a stage, as the instructions so far have made it. */
function surroundingsOf({ stage, options }: ConvertContext) {
  return {
    environment: environmentOf(stage),
    directory: posix.resolve('/', stage.config.WorkingDir ?? '/'),
    user: stage.config.User || undefined,
    hostname: passedArgument(options, 'BUILDKIT_SANDBOX_HOSTNAME') || undefined,
    platform: formatPlatform(stage.platform),
  };
}

function refuseUnsupported(instruction: RunInstruction, context: ConvertContext): void {
  const [device] = instruction.devices;
  if (device !== undefined) {
    const hint = 'mount what the step needs, or run it outside of the build';
    throw unsupported(context, device.range, 'RUN --device', hint);
  }
  refuseForeign(instruction, context);
}

/** A program of another architecture needs an emulator that the kernel knows of. */
function refuseForeign({ range }: Instruction, context: ConvertContext): void {
  const { buildPlatform, emulates } = context.options;
  const { platform } = context.stage;
  if (runsOn(buildPlatform, platform) || emulates?.(platform)) return;
  const machine = formatPlatform(buildPlatform);
  const [name, problem] = [formatPlatform(platform), 'and no emulator is registered for it (with the flag F)'];
  const register =
    platform.os === buildPlatform.os
      ? 'register an emulator with the kernel (Debian: apt-get install qemu-user-static binfmt-support; elsewhere run the image tonistiigi/binfmt once, privileged, with --install all), or '
      : '';
  const hint = `${register}use FROM --platform=$BUILDPLATFORM for the stages that run programs, and COPY --from them`;
  throw errorAt(
    context,
    range,
    'UNSUPPORTED',
    `RUN for ${name} on this machine, which is ${machine}, ${problem}`,
    hint,
  );
}

/** Network, rights and sizes: of the instruction, else of the command line. */
function settingsOf(
  { network, security }: Pick<Partial<RunInstruction>, 'network' | 'security'>,
  context: ConvertContext,
) {
  const { steps = {} } = context.options;
  if (network?.mode === 'host') requireEntitlement('network.host', 'RUN --network=host', network.range, context);
  const insecure = security?.mode === 'insecure' || undefined;
  if (security !== undefined && insecure)
    requireEntitlement('security.insecure', 'RUN --security=insecure', security.range, context);
  return {
    network: network?.mode ?? steps.network ?? 'default',
    insecure,
    shmSize: steps.shmSize,
    ulimits: steps.ulimits as readonly Json[] | undefined,
  };
}

function requireEntitlement(name: Entitlement, what: string, range: SourceRange, context: ConvertContext): void {
  if (context.options.steps?.allow?.includes(name)) return;
  throw errorAt(context, range, 'INVALID', `${what} needs the entitlement ${name}`, `grant it with --allow ${name}`);
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
