import { type TsbuildError, TsbuildErrors, toTsbuildError } from '../base/error.ts';
import { renderError } from '../progress/failure.ts';
import { colorOf } from './terminal.ts';

/** Writes an error for people to standard error. What is a defect of ours comes with its stack. */
export function reportError(error: unknown): void {
  const { stderr } = process;
  const shown = error instanceof TsbuildErrors ? error : toTsbuildError(error);
  stderr.write(renderError(shown, { color: colorOf(stderr), columns: stderr.columns || DEFAULT_COLUMNS }));
  if (process.env.TSBUILD_DEBUG !== undefined || isDefect(shown)) stderr.write(`${stackOf(error)}\n`);
}

const DEFAULT_COLUMNS = 100;

function isDefect(error: TsbuildError | TsbuildErrors): boolean {
  return !(error instanceof TsbuildErrors) && error.code === 'INTERNAL';
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : '';
  return `${error.stack}${cause}`;
}
