import { dirname, resolve } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { isObject, type UserConfig } from './user-config.ts';

/** What the user says of one registry. */
export interface RegistrySettings {
  /** Where its API is served, without `/v2/`; http only where the user wrote it so. */
  url?: URL | undefined;
  /** Asked before the registry itself, in this order; for reading only. */
  mirrors: readonly Mirror[];
  /** Its certificate is not verified, and plain http will do. */
  insecure: boolean;
  /** A file with the authorities, in PEM, that its certificate may also be of. */
  ca?: string | undefined;
}

export interface Mirror {
  /** A registry like others: it may have settings of its own. */
  domain: string;
  /** Stands before the name of a repository, and ends with a slash; empty for none. */
  prefix: string;
}

/** By the domain that image names have, e.g. `docker.io` or `registry.example.com:5000`. */
export type RegistriesSettings = ReadonlyMap<string, RegistrySettings>;

const FIELDS = ['url', 'mirrors', 'insecure', 'ca'];
const DOMAIN = /^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-fA-F:]+\](:\d{1,5})?$/;
const MIRROR = /^([^/]+)((?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)\/?$/;

/** The section `registries` of the user's settings. Errors say which field of which registry. */
export function registriesOf({ path, sections }: UserConfig): RegistriesSettings {
  const section = sections.registries ?? {};
  if (!isObject(section)) throw invalid(path, 'registries', 'a map of registries by their domain');
  return new Map(Object.entries(section).map(([domain, fields]) => [domain, settingsOf(path, domain, fields ?? {})]));
}

function settingsOf(path: string, domain: string, fields: unknown): RegistrySettings {
  const where = `registries.${domain}`;
  if (!DOMAIN.test(domain)) throw invalid(path, where, 'named by HOST[:PORT], as in image names');
  if (!isObject(fields)) throw invalid(path, where, 'a map of fields');
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw invalid(path, `${where}.${unknown}`, `one of ${FIELDS.join(', ')}`);
  const { url, mirrors = [], insecure = false, ca } = fields;
  if (typeof insecure !== 'boolean') throw invalid(path, `${where}.insecure`, 'true or false');
  if (ca !== undefined && typeof ca !== 'string') throw invalid(path, `${where}.ca`, 'the path of a file');
  if (!Array.isArray(mirrors)) throw invalid(path, `${where}.mirrors`, 'a list');
  return {
    url: url === undefined ? undefined : urlOf(path, `${where}.url`, url),
    mirrors: mirrors.map((mirror, index) => mirrorOf(path, `${where}.mirrors[${index}]`, mirror)),
    insecure,
    ca: ca === undefined ? undefined : resolve(dirname(path), ca),
  };
}

function urlOf(path: string, where: string, text: unknown): URL {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.username !== '') {
    throw invalid(path, where, 'a URL that begins with https:// or http://, without user, password and query');
  }
  return url;
}

function mirrorOf(path: string, where: string, text: unknown): Mirror {
  const [, domain = '', prefix = ''] = MIRROR.exec(typeof text === 'string' ? text : '') ?? [];
  if (!DOMAIN.test(domain)) throw invalid(path, where, 'HOST[:PORT][/PREFIX]; its url stands in its own section');
  return { domain, prefix: prefix === '' ? '' : `${prefix.slice(1)}/` };
}

function invalid(path: string, where: string, expected: string): TsbuildError {
  return new TsbuildError('INVALID', `${path}: ${where} is not ${expected}`);
}
