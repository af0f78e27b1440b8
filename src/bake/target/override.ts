import { TsbuildError } from '../../base/error.ts';
import { matchGlob } from '../../base/gomatch.ts';
import { didYouMean } from '../../base/suggest.ts';
import { Refusal } from '../fail.ts';
import { toBool } from '../value/convert.ts';
import { distinctEntries, type Entry, type EntryKind, parseEntry } from './entry.ts';
import type { Attribute, Target } from './target.ts';

/** One key of `--set`, with all values that it was given. */
interface Override {
  key: string;
  name: string | undefined;
  values: string[];
  append: boolean;
  /** As written, for errors. */
  text: string;
}

export type Overrides = ReadonlyMap<string, readonly Override[]>;

/** The keys of `--set` that are not named as the attribute is. */
const ALIASES: Readonly<Record<string, Attribute>> = { platform: 'platforms', secrets: 'secret' };
const SCALARS = ['context', 'dockerfile', 'target', 'call', 'shm-size', 'network'] as const;
const MAPS = ['args', 'contexts', 'labels', 'extra-hosts'] as const;
const LISTS = ['tags', 'platforms', 'no-cache-filter', 'ulimits'] as const;
/** Lists that grow whether or not `+=` is written. */
const GROWING = ['annotations', 'entitlements'] as const;
const ENTRIES = ['cache-from', 'cache-to', 'output', 'secret', 'ssh', 'attest'] as const;
const BOOLEANS = ['pull', 'no-cache'] as const;
const KEYS = [
  ...SCALARS,
  ...MAPS,
  ...LISTS,
  ...GROWING,
  ...ENTRIES,
  ...BOOLEANS,
  'platform',
  'secrets',
  'push',
  'load',
];

function isOneOf<K extends string>(keys: readonly K[], key: string): key is K {
  return keys.includes(key as K);
}

/** Reads `--set PATTERN.KEY[.NAME][+]=VALUE`, for the targets that the pattern matches. */
export function readOverrides(
  texts: readonly string[],
  targets: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Overrides {
  const overrides = new Map<string, Override[]>();
  for (const text of texts) {
    const override = readOverride(text, env);
    if (override === undefined) continue;
    for (const target of matching(text.slice(0, text.indexOf('.')), targets, text)) {
      const list = overrides.get(target) ?? [];
      const same = list.find(({ key, name }) => key === override.key && name === override.name);
      if (same === undefined) list.push({ ...override, values: [...override.values] });
      else {
        same.values.push(...override.values);
        same.append = override.append;
      }
      overrides.set(target, list);
    }
  }
  return overrides;
}

function readOverride(text: string, env: Readonly<Record<string, string | undefined>>): Override | undefined {
  const [, left = text, value] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  const append = left.endsWith('+');
  const [, key = '', name] = /^[^.]*\.([^.]*)(?:\.(.*))?$/s.exec(append ? left.slice(0, -1) : left) ?? [];
  if (!KEYS.includes(key)) {
    const hint =
      didYouMean(key, KEYS) ??
      'write --set TARGET.KEY=VALUE, e.g. --set app.args.VERSION=2 or --set *.platform=linux/amd64';
    throw usage(text, key === '' ? 'TARGET.KEY=VALUE is missing' : `a target has no key ${key}`, hint);
  }
  if (isOneOf(MAPS, key) && (name === undefined || name === ''))
    throw usage(text, `${key} needs a name`, `write TARGET.${key}.NAME=VALUE`);
  if (value !== undefined) return { key, name, values: [value], append, text };
  if (key !== 'args' || name === undefined) throw usage(text, 'the value is missing', 'write TARGET.KEY=VALUE');
  const found = env[name];
  return found === undefined ? undefined : { key, name, values: [found], append, text };
}

function matching(pattern: string, targets: readonly string[], text: string): string[] {
  if (targets.includes(pattern)) return [pattern];
  const found = targets.filter((target) => matchGlob(pattern, target));
  if (found.length > 0) return found;
  throw usage(
    text,
    `no target matches ${pattern}`,
    didYouMean(pattern, targets) ?? `targets are ${targets.join(', ')}`,
  );
}

function usage(text: string, problem: string, hint?: string): TsbuildError {
  return new TsbuildError('USAGE', `--set ${text}: ${problem}`, { hint });
}

/** Changes a target as the command line wants it. */
export function applyOverrides(target: Target, overrides: readonly Override[] = []): void {
  for (const override of overrides) {
    try {
      applyOverride(target, override);
    } catch (error) {
      if (error instanceof Refusal) throw usage(override.text, error.message);
      throw error;
    }
  }
}

function applyOverride(target: Target, { key, name = '', values, append }: Override): void {
  const attribute = ALIASES[key] ?? key;
  const last = values.at(-1) ?? '';
  if (attribute === 'push') setPush(target, toBool(last));
  else if (attribute === 'load') setLoad(target, toBool(last));
  else if (isOneOf(SCALARS, attribute)) target[attribute] = last;
  else if (isOneOf(BOOLEANS, attribute)) target[attribute] = toBool(last);
  else if (isOneOf(MAPS, attribute)) {
    target[attribute] = new Map([...(target[attribute] ?? []), [name, last]]) as Map<string, string>;
  } else if (isOneOf(GROWING, attribute)) target[attribute] = [...(target[attribute] ?? []), ...values];
  else if (isOneOf(LISTS, attribute)) target[attribute] = append ? [...(target[attribute] ?? []), ...values] : values;
  else if (isOneOf(ENTRIES, attribute)) setEntries(target, attribute, values, append);
}

function setEntries(target: Target, kind: EntryKind, values: readonly string[], append: boolean): void {
  const entries = values.filter((value) => value !== '').flatMap((value) => parseEntry(kind, value));
  const keep = append || kind === 'attest';
  target[kind] = distinctEntries(kind, [...(keep ? (target[kind] ?? []) : []), ...entries]);
}

function withField(entry: Entry, name: string, value: string): Entry {
  return new Map([...new Map([...entry, [name, value] as const])].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** As docker's `--push`: outputs that are images are pushed, and where there are none but docker's, one is added. */
function setPush(target: Target, push: boolean): void {
  const outputs = target.output ?? [];
  const value = String(push);
  const changed = outputs.map((output) => (output.get('type') === 'image' ? withField(output, 'push', value) : output));
  if (!push) target.output = changed.filter((output) => output.get('type') !== 'registry');
  else if (outputs.some((output) => output.get('type') !== 'docker')) target.output = changed;
  else
    target.output = [
      ...changed,
      new Map([
        ['push', 'true'],
        ['type', 'image'],
      ]),
    ];
}

const IMAGES = ['image', 'registry', 'oci'];

/** As docker's `--load`: an output into the store is added, unless there are outputs of files. */
function setLoad(target: Target, load: boolean): void {
  const outputs = target.output ?? [];
  const isStore = (output: Entry): boolean => output.get('type') === 'docker' && !output.has('dest');
  const isImage = (output: Entry): boolean =>
    output.get('type') === 'docker' || IMAGES.includes(String(output.get('type')));
  if (!load || outputs.some(isStore) || !outputs.every(isImage)) return;
  target.output = [...outputs, new Map([['type', 'docker']])];
}
