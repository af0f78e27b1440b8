import { TsbuildError } from '../base/error.ts';

/** Reads SOURCE_DATE_EPOCH (reproducible-builds.org): seconds. Empty is as if it were not set. */
export function epochOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new TsbuildError('USAGE', `SOURCE_DATE_EPOCH is not a number of seconds: ${JSON.stringify(text)}`);
}
