import type { Globals } from './file/globals.ts';
import { encodeJson } from './functions/encoding.ts';
import type { Config } from './target/target.ts';
import { Num } from './value/number.ts';
import { isPrimitive, typeOf, typeText } from './value/type.ts';
import { compareText, type Value } from './value/value.ts';

/** A target or group as `--list=targets` shows it; those that begin with `_` are private. */
export interface ListedTarget {
  name: string;
  description?: string;
  group?: true;
}

export interface ListedVariable {
  name: string;
  type?: string;
  description?: string;
  value?: string;
}

export function listTargets({ targets, groups }: Config): ListedTarget[] {
  const listed: ListedTarget[] = [
    ...targets.map(({ name, description }) => ({ name, ...(description && { description }) })),
    ...groups.map(({ name, description, targets: members }) => {
      const names = [...members].sort().join(', ');
      return { name, description: description ? `${description} (${names})` : names, group: true as const };
    }),
  ];
  return listed.filter(({ name }) => !name.startsWith('_')).sort((a, b) => compareText(a.name, b.name));
}

export function listVariables(globals: Globals): ListedVariable[] {
  return [...globals.variables.values()]
    .map(({ name, type, description, block }): ListedVariable => {
      const value = globals.variable(name, block.at) as Value;
      const shown = type ?? typeOf(value);
      return {
        name,
        ...((type !== undefined || isPrimitive(shown)) && { type: typeText(shown) }),
        ...(description !== undefined && { description }),
        ...(value !== null && { value: textOf(value) }),
      };
    })
    .sort((a, b) => compareText(a.name, b.name));
}

function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  return value instanceof Num ? String(value) : encodeJson(value);
}
