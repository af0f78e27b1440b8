import { csvTexts } from '../csv.ts';
import { Refusal } from '../fail.ts';

export type EntryKind = 'attest' | 'cache-from' | 'cache-to' | 'output' | 'secret' | 'ssh';

/** One cache, output, secret, key or attestation: its fields in the order in which they are printed. */
export type Entry = ReadonlyMap<string, string | true | readonly string[]>;

type Fields = ReadonlyMap<string, string>;

/** Reads the form of an entry that is a text, as the command line takes it: `type=local,dest=out`. */
export function parseEntry(kind: EntryKind, text: string): Entry[] {
  if (kind === 'ssh') return [parseSsh(text)];
  const fields = csvTexts(text);
  const plain = fields.every((field) => !field.includes('='));
  if (plain && kind.startsWith('cache')) return fields.map((ref) => sorted({ type: 'registry', ref }));
  if (plain && kind === 'output' && fields.length === 1) {
    return [sorted(text === '-' ? { type: 'tar', dest: '-' } : { type: 'local', dest: text })];
  }
  const pairs = fields.map((field): [string, string] => {
    const equals = field.indexOf('=');
    if (equals < 0) throw new Refusal(`${JSON.stringify(field)} is no field=value`);
    return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1)];
  });
  return [makeEntry(kind, new Map(pairs))];
}

function parseSsh(text: string): Entry {
  const equals = text.indexOf('=');
  if (equals < 0) return new Map([['id', text]]);
  return new Map<string, string | string[]>([
    ['id', text.slice(0, equals)],
    ['paths', text.slice(equals + 1).split(',')],
  ]);
}

/** Makes an entry of its fields, and refuses those that say nothing. */
export function makeEntry(kind: EntryKind, fields: Fields): Entry {
  if (kind === 'secret') return makeSecret(fields);
  if ((fields.get('type') ?? '') === '') throw new Refusal(`${kind} needs a type`);
  if (kind !== 'attest') return sorted(Object.fromEntries(fields));
  const disabled = fields.get('disabled');
  const rest = new Map([...fields].filter(([name]) => name !== 'disabled'));
  const entry = sorted(Object.fromEntries(rest));
  if (disabled === undefined || ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(disabled)) return entry;
  return new Map([...entry, ['disabled', true as const] as const].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const SECRET_FIELDS = ['type', 'id', 'src', 'source', 'env'];

function makeSecret(fields: Fields): Entry {
  const unknown = [...fields.keys()].find((name) => !SECRET_FIELDS.includes(name));
  if (unknown !== undefined) throw new Refusal(`a secret has no field ${unknown}: its fields are id, src and env`);
  const type = fields.get('type');
  if (type !== undefined && type !== 'file' && type !== 'env')
    throw new Refusal(`a secret is of type file or env, not ${type}`);
  let src = fields.get('src') ?? fields.get('source');
  let env = fields.get('env');
  if (type === 'env' && env === undefined) [src, env] = [undefined, src];
  const pairs: [string, string | undefined][] = [
    ['id', fields.get('id')],
    ['src', src],
    ['env', env],
  ];
  return new Map(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== ''));
}

function sorted(fields: Readonly<Record<string, string>>): Entry {
  return new Map(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The list without entries that come twice; of attestations of one type the last one counts. */
export function distinctEntries(kind: EntryKind, entries: readonly Entry[]): Entry[] {
  const byKey = new Map<string, Entry>();
  for (const entry of entries) {
    const key = kind === 'attest' ? String(entry.get('type')) : JSON.stringify([...entry]);
    byKey.set(key, kind === 'attest' ? entry : (byKey.get(key) ?? entry));
  }
  return [...byKey.values()];
}

/** The text form of an entry, as `--output` and its like take it. */
export function entryText(entry: Entry): string {
  return [...entry]
    .map(([name, value]) => `${name}=${String(value)}`)
    .map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}
