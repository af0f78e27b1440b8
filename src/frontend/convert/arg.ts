import type { ArgInstruction } from '../../../grammar/index.ts';
import { passedArgument } from '../arguments.ts';
import { recordMetadata } from '../stage.ts';
import { type Convert, expandIn } from './context.ts';

/**
 * ARG: the value of `--build-arg`, else the default, else that of the global argument of this name. A name without
 * a value changes nothing. A default that is not used is not expanded, so what is wrong with it does no harm.
 * RUN sees an argument even where ENV set the name before; the configuration does not.
 */
export const convertArg: Convert<ArgInstruction> = (instruction, context) => {
  const { stage, options, globals } = context;
  const shown: string[] = [];
  for (const { name, value } of instruction.args) {
    const byDefault = () => (value === undefined ? undefined : expandIn(context, value));
    const chosen = passedArgument(options, name.text) ?? byDefault() ?? globals.get(name.text);
    stage.declared.push({ name: name.text, value: chosen });
    if (chosen !== undefined) stage.variables.set(name.text, chosen);
    shown.push(chosen === undefined ? name.text : `${name.text}=${chosen}`);
  }
  recordMetadata(stage, `ARG ${shown.join(' ')}`);
};
