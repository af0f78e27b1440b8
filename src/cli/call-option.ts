import { TsbuildError } from '../base/error.ts';
import { suggest } from '../base/suggest.ts';

const METHODS = ['build', 'check', 'outline', 'targets'] as const;
const FORMATS = ['text', 'json'] as const;

export interface Call {
  method: (typeof METHODS)[number];
  format: (typeof FORMATS)[number];
  /** End with 0 whatever a check finds. */
  ignoreStatus: boolean;
}

/** Reads `--call`: a method, and behind commas `format=json` and `ignorestatus=true`, as docker's buildx does. */
export function parseCall(text: string): Call {
  const [method = '', ...options] = text.split(',').map((part) => part.trim());
  const call: Call = {
    method: oneOf(METHODS, method === 'lint' ? 'check' : method),
    format: 'text',
    ignoreStatus: false,
  };
  for (const option of options) {
    const [key = '', value = ''] = option.split('=', 2);
    if (key === 'format') call.format = oneOf(FORMATS, value);
    else if (key === 'ignorestatus') call.ignoreStatus = oneOf(['true', 'false'], value) === 'true';
    else throw unknown(key, ['format', 'ignorestatus']);
  }
  return call;
}

function oneOf<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw unknown(text, known);
  return found;
}

function unknown(text: string, known: readonly string[]): TsbuildError {
  const near = suggest(text, known);
  const hint = near === undefined ? `use one of ${known.join(', ')}` : `did you mean ${near}?`;
  return new TsbuildError('USAGE', `--call: unknown ${JSON.stringify(text)}`, { hint });
}
