export type ProgressMode = 'auto' | 'tty' | 'plain' | 'quiet' | 'rawjson';

/** Where a display goes: standard error, or anything that is written to like it. */
export interface ProgressStream {
  write(text: string): boolean;
  on?(event: 'error', listener: (error: Error) => void): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  rows?: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** `auto` draws in place where there is a terminal that can, and prints plain lines elsewhere. */
export function resolveMode(
  mode: ProgressMode,
  stream: ProgressStream,
  environment: Environment,
): Exclude<ProgressMode, 'auto'> {
  if (mode !== 'auto') return mode;
  return stream.isTTY && environment.TERM !== 'dumb' ? 'tty' : 'plain';
}

/**
 * Whether to colour: a flag decides, then NO_COLOR (no-color.org: any value but the empty one), then FORCE_COLOR,
 * then whether there is a terminal that can.
 */
export function wantsColor(
  flag: 'auto' | 'always' | 'never',
  stream: ProgressStream,
  environment: Environment,
): boolean {
  if (flag !== 'auto') return flag === 'always';
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR !== undefined) return !['', '0', 'false'].includes(environment.FORCE_COLOR);
  return stream.isTTY === true && environment.TERM !== 'dumb';
}
