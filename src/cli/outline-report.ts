import type { SourceFile } from '../base/source.ts';
import type { Outline, OutlineMount } from '../frontend/outline.ts';
import type { Target } from '../frontend/targets.ts';
import { documentOf, locationJson, textJson } from './location-json.ts';
import { table } from './table.ts';

/** What `--call=outline` prints for people: a table for each kind of thing that a build can be given. */
export function outlineText({ name, description = '', args, secrets, ssh, caches }: Outline): string {
  const about = [['TARGET:', name ?? '(default)'], ...(description === '' ? [] : [['DESCRIPTION:', description]])];
  const [first = [], ...more] = about;
  const mounts = (title: string, list: readonly OutlineMount[]) =>
    tableOf(
      [title, 'REQUIRED'],
      list.map((mount) => [mount.name, mount.required ? 'true' : '']),
    );
  return [
    table(first, more),
    tableOf(
      ['BUILD ARG', 'VALUE', 'DESCRIPTION'],
      args.map((arg) => [arg.name, arg.value ?? '', arg.description ?? '']),
    ),
    mounts('SECRET', secrets),
    mounts('SSH', ssh),
    tableOf(
      ['CACHE'],
      caches.map((cache) => [cache.name]),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function tableOf(header: readonly string[], rows: readonly string[][]): string {
  return rows.length === 0 ? '' : table(header, rows);
}

/** The same in the form of BuildKit's `frontend.outline` result. */
export function outlineJson({ name, description, args, secrets, ssh, caches }: Outline, source: SourceFile): string {
  const mounts = (list: readonly OutlineMount[]) =>
    list.map((mount) => ({
      name: mount.name,
      required: mount.required || undefined,
      location: locationJson(mount.location),
    }));
  return documentOf({
    name,
    description,
    args: args.map((arg) => ({ ...arg, location: locationJson(arg.location) })),
    secrets: listed(mounts(secrets)),
    ssh: listed(mounts(ssh)),
    cache: listed(caches.map((cache) => ({ ID: cache.name, location: locationJson(cache.location) }))),
    sources: [textJson(source)],
  });
}

function listed<T>(list: T[]): T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** What `--call=targets` prints for people. A stage without a name is there where it is the default. */
export function targetsText(targets: readonly Target[]): string {
  const rows = targets.flatMap(({ name = '', default: isDefault, description = '' }) => {
    const shown = [name, isDefault ? '(default)' : ''].filter((word) => word !== '').join(' ');
    return shown === '' ? [] : [[shown, description]];
  });
  return table(['TARGET', 'DESCRIPTION'], rows);
}

/** The same in the form of BuildKit's `frontend.targets` result. */
export function targetsJson(targets: readonly Target[], source: SourceFile): string {
  return documentOf({
    targets: targets.map((target) => ({
      ...target,
      default: target.default || undefined,
      location: locationJson(target.location),
    })),
    sources: [textJson(source)],
  });
}
