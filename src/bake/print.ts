import { jsonText } from './functions/encoding.ts';
import { cleanContext, type Selection } from './target/resolve.ts';
import { ATTRIBUTES, type Attribute, type Target } from './target/target.ts';

type Printable = string | boolean | readonly Printable[] | ReadonlyMap<string, Printable>;

/** What `--print` shows: the JSON of the reference, with its order and its escapes. */
export function printSelection({ targets, groups }: Selection): string {
  const printedGroups = [...groups].map(([name, { description, targets: members }]) => {
    const fields = new Map<string, Printable>();
    if (description !== undefined && description !== '') fields.set('description', description);
    return [name, fields.set('targets', members)] as const;
  });
  const printedTargets = [...targets].map(([name, target]) => [name, printableTarget(target)] as const);
  return `${json(
    new Map<string, Printable>([
      ['group', sortedMap(printedGroups)],
      ['target', sortedMap(printedTargets)],
    ]),
    '',
  )}\n`;
}

function sortedMap(entries: Iterable<readonly [string, Printable]>): ReadonlyMap<string, Printable> {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Their values are templates for whoever reads the output as a bake file. */
const ESCAPED: ReadonlySet<Attribute> = new Set([
  'annotations',
  'dockerfile-inline',
  'labels',
  'args',
  'extra-hosts',
] as const);

function printableTarget(target: Target): ReadonlyMap<string, Printable> {
  const fields = new Map<string, Printable>();
  for (const name of Object.keys(ATTRIBUTES) as Attribute[]) {
    const value = printableValue(name === 'context' ? cleanContext(target.context ?? '.') : target[name]);
    if (value !== undefined) fields.set(name, ESCAPED.has(name) ? escaped(value) : value);
  }
  return fields;
}

function printableValue(value: Target[Attribute]): Printable | undefined {
  if (value instanceof Map) {
    const entries = [...value].filter((entry): entry is [string, string] => entry[1] !== null);
    return entries.length === 0 ? undefined : sortedMap(entries);
  }
  return Array.isArray(value) && value.length === 0 ? undefined : (value as Printable | undefined);
}

function escaped(value: Printable): Printable {
  if (typeof value === 'string') return value.replace(/\$\{|%\{/g, (found) => found.charAt(0) + found);
  if (value instanceof Map) return new Map([...value].map(([name, item]) => [name, escaped(item)]));
  return Array.isArray(value) ? value.map(escaped) : value;
}

function json(value: Printable, indent: string): string {
  if (typeof value === 'string') return jsonText(value);
  if (typeof value === 'boolean') return String(value);
  const inner = `${indent}  `;
  const isMap = value instanceof Map;
  const items = isMap
    ? [...(value as ReadonlyMap<string, Printable>)].map(([name, item]) => `${jsonText(name)}: ${json(item, inner)}`)
    : (value as readonly Printable[]).map((item) => json(item, inner));
  const [open, close] = isMap ? '{}' : '[]';
  return items.length === 0 ? `${open}${close}` : `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
}
