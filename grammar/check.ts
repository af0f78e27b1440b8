/** The options of `# check=…`: at the top of the file for all of it, above an instruction for that one. */
export interface CheckOptions {
  skip: readonly string[] | 'all';
  error: boolean;
  experimental: readonly string[] | 'all';
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** A boolean as Go's strconv.ParseBool reads it, which is what the reference accepts; undefined for any other text. */
export function parseBoolean(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

/** Parses `skip=A,B;error=true;experimental=all`; a string is the complaint about it. */
export function parseCheckOptions(text: string): CheckOptions | string {
  const options: CheckOptions = { skip: [], error: false, experimental: [] };
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    if (equals === -1) return `invalid check option ${JSON.stringify(part.trim())}: expected key=value`;
    const key = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    if (key === 'skip' || key === 'experimental') {
      options[key] = value === 'all' ? 'all' : value.split(',').map((rule) => rule.trim());
    } else if (key === 'error') {
      const flag = parseBoolean(value);
      if (flag === undefined) return `invalid value ${JSON.stringify(value)} of the check option "error"`;
      options.error = flag;
    } else {
      return `unknown check option ${JSON.stringify(key)}`;
    }
  }
  return options;
}
