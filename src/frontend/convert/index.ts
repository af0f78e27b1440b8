import type { Instruction, InstructionKind, OnbuildInstruction } from '../../../grammar/index.ts';
import { convertArg } from './arg.ts';
import { convertCommand, convertHealthcheck, convertShell } from './command.ts';
import type { Convert, ConvertContext } from './context.ts';
import { convertCopy } from './copy.ts';
import { convertExpose, convertVolume, convertWord } from './metadata.ts';
import { convertPairs } from './pairs.ts';
import { convertRun, standIn } from './run.ts';

type OfKind<K extends InstructionKind> = Extract<Instruction, { kind: K }>;

/** ONBUILD is kept for the builds on top of this image; it leaves no history entry here. */
const convertOnbuild: Convert<OnbuildInstruction> = (instruction, { stage }) => {
  stage.config.OnBuild = [...(stage.config.OnBuild ?? []), instruction.trigger];
};

/** To change what an instruction means, edit the file that its line names. */
const CONVERTERS: { [K in Exclude<InstructionKind, 'FROM'>]: Convert<OfKind<K>> } = {
  ARG: convertArg,
  ENV: convertPairs,
  LABEL: convertPairs,
  RUN: convertRun,
  COPY: convertCopy,
  ADD: convertCopy,
  CMD: convertCommand,
  ENTRYPOINT: convertCommand,
  SHELL: convertShell,
  HEALTHCHECK: convertHealthcheck,
  EXPOSE: convertExpose,
  VOLUME: convertVolume,
  USER: convertWord,
  WORKDIR: convertWord,
  STOPSIGNAL: convertWord,
  MAINTAINER: convertWord,
  ONBUILD: convertOnbuild,
};

export async function convertInstruction(instruction: Instruction, context: ConvertContext): Promise<void> {
  if (instruction.kind === 'FROM') throw new TypeError('FROM begins a stage and is not part of one');
  const convert = CONVERTERS[instruction.kind] as Convert<Instruction>;
  await convert(instruction, context);
}

/** What the instruction would do is not done: the stage ends with a place to open a shell in (`PlanOptions.upTo`). */
export async function convertToStandIn(instruction: Instruction, context: ConvertContext): Promise<void> {
  context.stage.rootfs = standIn(instruction, context);
}
