import type { Place } from '../../grammar/hcl/index.ts';
import { TsbuildError } from '../base/error.ts';

/** The error about something that a bake file says. */
export function failAt({ origin, start, end }: Place, message: string, hint?: string): TsbuildError {
  const location = origin.index.range(start, end);
  return new TsbuildError('INVALID', message, { hint, location, source: origin.source });
}

/** What a function or a conversion refuses; whoever knows the place in the file makes an error of it. */
export class Refusal extends Error {}
