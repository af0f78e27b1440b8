import { type BytePath, fromBytePath } from '../../base/bytepath.ts';
import type { PackageUrl } from '../purl.ts';
import type { Package } from './package.ts';

/** A package of a `node_modules` directory: what is below is its own business, and has packages of its own. */
const MANIFEST = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/;
const LOCK = /(?:^|\/)package-lock\.json$/;

export function isNpmFile(path: BytePath): boolean {
  return MANIFEST.test(path) || (LOCK.test(path) && !/(?:^|\/)node_modules\//.test(path));
}

/** The package that a manifest describes, or those that a lock file installs where nothing is only for developing. */
export function npmPackages(path: BytePath, content: Buffer): Package[] {
  const document = objectIn(content);
  const source = `/${fromBytePath(path)}`;
  return LOCK.test(path) ? lockedPackages(document, source) : [packageOf(document, source)].flatMap((one) => one ?? []);
}

function objectIn(content: Buffer): Record<string, unknown> {
  try {
    return asObject(JSON.parse(content.toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function packageOf({ name, version, license }: Record<string, unknown>, source: string): Package | undefined {
  if (typeof name !== 'string' || typeof version !== 'string' || name === '' || version === '') return undefined;
  return { name, version, purl: purlOf(name, version), source, license: licenseOf(license) };
}

/** Older manifests have an object in the place of the expression. */
function licenseOf(license: unknown): string | undefined {
  if (typeof license === 'string') return license;
  const { type } = asObject(license);
  return typeof type === 'string' ? type : undefined;
}

function purlOf(name: string, version: string): PackageUrl {
  const slash = name.indexOf('/');
  if (slash < 0) return { type: 'npm', name, version };
  return { type: 'npm', namespace: name.slice(0, slash), name: name.slice(slash + 1), version };
}

/** Versions 2 and 3 list packages by their paths, version 1 dependencies in one another by their names. */
function lockedPackages({ packages, dependencies }: Record<string, unknown>, source: string): Package[] {
  if (packages === undefined) return lockedDependencies(asObject(dependencies), source);
  return Object.entries(asObject(packages)).flatMap(([path, value]): Package[] => {
    const entry = asObject(value);
    const name = entry.name ?? /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    if (path === '' || entry.link === true || isLeftOut(entry)) return [];
    return [packageOf({ ...entry, name }, source)].flatMap((one) => one ?? []);
  });
}

function lockedDependencies(dependencies: Record<string, unknown>, source: string): Package[] {
  return Object.entries(dependencies).flatMap(([name, value]): Package[] => {
    const entry = asObject(value);
    if (isLeftOut(entry)) return [];
    const inner = lockedDependencies(asObject(entry.dependencies), source);
    return [...[packageOf({ ...entry, name }, source)].flatMap((one) => one ?? []), ...inner];
  });
}

function isLeftOut({ dev, optional, devOptional }: Record<string, unknown>): boolean {
  return dev === true || optional === true || devOptional === true;
}
