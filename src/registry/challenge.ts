/** One way of authentication that a server offers (RFC 9110, 11.3). The scheme and parameter names are lower case. */
export interface Challenge {
  scheme: string;
  parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const PARAMETER = new RegExp(`[\\s,]*(${TOKEN})\\s*=\\s*(?:${QUOTED}|(${TOKEN}))`, 'y');
const SCHEME = new RegExp(`[\\s,]*(${TOKEN})(?=[\\s,]|$)`, 'y');
/** Longer headers than this are not read: no real challenge comes near. */
const MAX_LENGTH = 8192;

/** Reads the `WWW-Authenticate` headers of a response; several challenges may share one header. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.filter((header) => header.length <= MAX_LENGTH).flatMap(parseHeader);
}

function parseHeader(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let position = 0;
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  for (let scheme = next(SCHEME); scheme !== null; scheme = next(SCHEME)) {
    const parameters = new Map<string, string>();
    for (let pair = next(PARAMETER); pair !== null; pair = next(PARAMETER)) {
      const [, name = '', quoted, plain = ''] = pair;
      parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'));
    }
    challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters });
  }
  return challenges;
}
