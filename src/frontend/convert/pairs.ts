import type { PairsInstruction } from '../../../grammar/index.ts';
import { recordMetadata, setEnvironment } from '../stage.ts';
import { type Convert, errorAt, expandIn } from './context.ts';

/** ENV and LABEL: every value sees the variables as they were before the instruction. */
export const convertPairs: Convert<PairsInstruction> = (instruction, context) => {
  const { stage } = context;
  const pairs = instruction.pairs.map((pair) => {
    const name = expandIn(context, pair.key);
    if (name === '') throw errorAt(context, pair.range, 'INVALID', `${instruction.kind} has a name that is empty`);
    return { name, value: expandIn(context, pair.value) };
  });
  for (const { name, value } of pairs) {
    if (instruction.kind === 'LABEL') stage.config.Labels = { ...stage.config.Labels, [name]: value };
    else {
      setEnvironment(stage.config, name, value);
      stage.variables.set(name, value);
    }
  }
  const shown = pairs.map(({ name, value }) => `${name}=${value}`).join(' ');
  recordMetadata(stage, `${instruction.kind} ${shown}`);
};
