/** One field of a line of comma separated values, with its place in the line, quotes included. */
export interface CsvField {
  text: string;
  start: number;
  end: number;
}

/**
 * Splits one line of comma separated values (RFC 4180: a quoted field may hold commas, and `""` for a quote).
 * Undefined where quotes do not pair. An empty line has no fields.
 */
export function csvFields(line: string): CsvField[] | undefined {
  const fields: CsvField[] = [];
  if (line === '') return fields;
  for (let start = 0; start <= line.length; ) {
    const field = line[start] === '"' ? quotedField(line, start) : plainField(line, start);
    if (field === undefined) return undefined;
    fields.push(field);
    start = field.end + 1;
  }
  return fields;
}

function plainField(line: string, start: number): CsvField | undefined {
  const comma = line.indexOf(',', start);
  const end = comma === -1 ? line.length : comma;
  const text = line.slice(start, end);
  return text.includes('"') ? undefined : { text, start, end };
}

function quotedField(line: string, start: number): CsvField | undefined {
  let text = '';
  for (let at = start + 1; ; ) {
    const quote = line.indexOf('"', at);
    if (quote === -1) return undefined;
    text += line.slice(at, quote);
    if (line[quote + 1] !== '"') {
      const end = quote + 1;
      return end === line.length || line[end] === ',' ? { text, start, end } : undefined;
    }
    text += '"';
    at = quote + 2;
  }
}
