import { distinctEntries, type Entry, type EntryKind } from './entry.ts';
import { ATTRIBUTES, type Attribute, type Target } from './target.ts';

/** Lists that grow where a target inherits or comes twice; every other attribute is replaced. */
const GROWING: ReadonlySet<Attribute> = new Set([
  'annotations',
  'attest',
  'cache-from',
  'entitlements',
  'inherits',
  'no-cache-filter',
  'secret',
  'ssh',
  'ulimits',
] as const);

/** Lays `over` onto `target`, by the rules of `inherits` (docker/buildx, Target.Merge). */
export function mergeTarget(target: Target, over: Target): void {
  const fields = target as unknown as Record<Attribute, unknown>;
  for (const name of Object.keys(ATTRIBUTES) as Attribute[]) {
    const [below, above] = [target[name], over[name]];
    if (above === undefined || (name === 'description' && above === '')) continue;
    if (above instanceof Map) fields[name] = mergeMaps(below as Map<string, string | null> | undefined, above);
    else if (GROWING.has(name) && Array.isArray(above))
      fields[name] = grow(name, (below ?? []) as never[], above as never[]);
    else fields[name] = above;
  }
}

function mergeMaps(below: ReadonlyMap<string, string | null> | undefined, above: ReadonlyMap<string, string | null>) {
  return new Map([...(below ?? []), ...[...above].filter(([, value]) => value !== null)]);
}

function grow(name: Attribute, below: readonly unknown[], above: readonly unknown[]): unknown[] {
  const all = [...below, ...above];
  return ATTRIBUTES[name] === 'entries' ? distinctEntries(name as EntryKind, all as Entry[]) : all;
}

/** Removes what comes twice or is empty, and states what follows from the rest. */
export function normalizeTarget(target: Target): void {
  const fields = target as unknown as Record<Attribute, unknown>;
  for (const [name, kind] of Object.entries(ATTRIBUTES) as [Attribute, string][]) {
    const value = target[name];
    if (!Array.isArray(value)) continue;
    if (kind === 'entries') fields[name] = distinctEntries(name as EntryKind, value as Entry[]);
    else if (name !== 'inherits') fields[name] = [...new Set(value as string[])].filter((item) => item !== '');
  }
  if (target.network === 'host') target.entitlements = [...new Set([...(target.entitlements ?? []), 'network.host'])];
  for (const [name, value] of target.contexts ?? []) if (value === '') target.contexts?.delete(name);
}
