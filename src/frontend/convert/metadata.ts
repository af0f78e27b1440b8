import type { ExposeInstruction, VolumeInstruction, WordInstruction } from '../../../grammar/index.ts';
import { expandWords } from '../../../grammar/words.ts';
import { located } from '../arguments.ts';
import { recordMetadata } from '../stage.ts';
import { type Convert, type ConvertContext, errorAt, expandIn } from './context.ts';
import { parsePorts } from './ports.ts';
import { isSignal } from './signals.ts';
import { convertWorkdir } from './workdir.ts';

export const convertExpose: Convert<ExposeInstruction> = (instruction, context) => {
  const { stage } = context;
  const lookup = (name: string) => stage.variables.get(name);
  const ports = instruction.ports.flatMap((word) =>
    located(word, context, () => {
      const { words, unset } = expandWords(word.text, lookup, { escape: context.escape });
      if (unset.length > 0) context.unset(word, unset);
      return words.flatMap(parsePorts);
    }),
  );
  const all = [...new Set([...Object.keys(stage.config.ExposedPorts ?? {}), ...ports])].sort();
  stage.config.ExposedPorts = Object.fromEntries(all.map((port) => [port, {}]));
  recordMetadata(stage, `EXPOSE [${[...ports].sort().join(' ')}]`);
};

export const convertVolume: Convert<VolumeInstruction> = (instruction, context) => {
  const { stage } = context;
  const paths = instruction.paths.map((word) => {
    const path = expandIn(context, word).trim();
    if (path === '') throw errorAt(context, word.range, 'INVALID', 'VOLUME names an empty path');
    return path;
  });
  stage.config.Volumes = { ...stage.config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
  recordMetadata(stage, `VOLUME [${paths.join(' ')}]`);
};

/** USER, WORKDIR, STOPSIGNAL and MAINTAINER: one word each. */
export const convertWord: Convert<WordInstruction> = (instruction, context) => {
  const { stage } = context;
  switch (instruction.kind) {
    case 'WORKDIR':
      return convertWorkdir(instruction, context);
    case 'USER':
      stage.config.User = expandIn(context, instruction.word);
      return recordMetadata(stage, `USER ${stage.config.User}`);
    case 'STOPSIGNAL':
      return convertStopSignal(instruction, context);
    case 'MAINTAINER':
      stage.author = instruction.word.text;
      return recordMetadata(stage, `MAINTAINER ${stage.author}`);
  }
};

function convertStopSignal(instruction: WordInstruction, context: ConvertContext): void {
  const signal = expandIn(context, instruction.word);
  if (!isSignal(signal)) {
    throw errorAt(
      context,
      instruction.word.range,
      'INVALID',
      `STOPSIGNAL ${signal} is not a signal`,
      'write a name such as SIGTERM, or a number',
    );
  }
  context.stage.config.StopSignal = signal;
  recordMetadata(context.stage, `STOPSIGNAL ${signal}`);
}
