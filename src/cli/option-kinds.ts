import type { Options } from 'yargs';

/** Is there, or not. */
export const flag = (describe: string, alias?: string) =>
  ({ type: 'boolean', describe, alias }) as const satisfies Options;

/** With a text. */
export const value = (describe: string, alias?: string) =>
  ({ type: 'string', requiresArg: true, describe, alias }) as const satisfies Options;

/** With a text, any number of times. */
export const list = (describe: string, alias?: string) =>
  ({ type: 'string', array: true, requiresArg: true, describe, alias }) as const satisfies Options;
