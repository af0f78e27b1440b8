import { normalize } from 'node:path';
import { TsbuildError } from '../../base/error.ts';
import { didYouMean } from '../../base/suggest.ts';
import { Refusal } from '../fail.ts';
import { distinctEntries, type Entry, type EntryKind, parseEntry } from '../target/entry.ts';
import { sanitizeName } from '../target/resolve.ts';
import type { Config, Target } from '../target/target.ts';
import { pairsOf } from './merge.ts';
import { isMap, type Yaml, type YamlMap } from './parse.ts';
import { formatSize, sizeOf } from './size.ts';

type Lookup = (name: string) => string | undefined;

/** The services that are built become targets, and the group `default` is all of them. */
export function composeConfig(project: YamlMap, lookup: Lookup): Config {
  const services = isMap(project.services) ? project.services : {};
  if (project.include !== undefined) {
    throw new TsbuildError('UNSUPPORTED', 'this version of tsbuild does not read what a compose file includes', {
      hint: 'name the files one after the other with -f',
    });
  }
  const targets = Object.entries(services).flatMap(([name, service]) => {
    if (!isMap(service)) return [];
    if (service.extends !== undefined) {
      throw new TsbuildError('UNSUPPORTED', `this version of tsbuild does not read extends of the service ${name}`, {
        hint: 'write a YAML anchor: build: { <<: *base }',
      });
    }
    if (service.build === undefined || service.build === null) return [];
    return [serviceTarget(name, service, { project, lookup })];
  });
  targets.sort((a, b) => (a.name < b.name ? -1 : 1));
  const groups =
    Object.keys(services).length === 0 ? [] : [{ name: 'default', targets: targets.map(({ name }) => name) }];
  return { groups, targets };
}

interface Project {
  project: YamlMap;
  lookup: Lookup;
}

const KEYS = [
  'additional_contexts',
  'args',
  'cache_from',
  'cache_to',
  'context',
  'dockerfile',
  'dockerfile_inline',
  'entitlements',
  'extra_hosts',
  'isolation',
  'labels',
  'network',
  'no_cache',
  'platforms',
  'privileged',
  'pull',
  'secrets',
  'shm_size',
  'ssh',
  'tags',
  'target',
  'ulimits',
];

function serviceTarget(service: string, definition: YamlMap, project: Project): Target {
  const name = sanitizeName(service);
  try {
    if (!/^[a-zA-Z0-9_-]+$/.test(name)) throw new Refusal('a name has letters, digits, _ and - only');
    const build: YamlMap = isMap(definition.build) ? definition.build : { context: definition.build as Yaml };
    const unknown = Object.keys(build).find((key) => !KEYS.includes(key) && !key.startsWith('x-'));
    if (unknown !== undefined)
      throw new Refusal(`build has no key ${unknown}. ${didYouMean(unknown, KEYS) ?? ''}`.trim());
    const target = buildTarget(name, build, definition, project);
    if (isMap(build['x-bake'])) extend(target, build['x-bake']);
    const image = textOf(definition.image);
    if ((target.tags ?? []).length === 0 && image !== undefined) target.tags = [image];
    return target;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new TsbuildError('INVALID', `the service ${service} of the compose file: ${error.message}`);
  }
}

function buildTarget(name: string, build: YamlMap, service: YamlMap, project: Project): Target {
  const environment = pairsOf(service.environment);
  const resolve: Lookup = (key) => textOf(environment[key]) ?? project.lookup(key);
  const shm = textOf(build.shm_size);
  return {
    name,
    context: textOf(build.context),
    contexts: textMap(build.additional_contexts, () => ''),
    dockerfile: textOf(build.dockerfile),
    'dockerfile-inline': textOf(build.dockerfile_inline),
    args: textMap(build.args, resolve),
    labels: textMap(build.labels, () => ''),
    tags: textList(build.tags),
    target: textOf(build.target),
    'cache-from': entries('cache-from', build.cache_from),
    'cache-to': entries('cache-to', build.cache_to),
    platforms: textList(build.platforms),
    network: textOf(build.network),
    ssh: keys(build.ssh),
    secret: secrets(build.secrets, project.project.secrets),
    'shm-size': shm === undefined ? undefined : formatSize(sizeOf(shm)),
    ulimits: ulimits(build.ulimits),
    pull: flag(build.pull, 'pull'),
    'no-cache': flag(build.no_cache, 'no_cache'),
    entitlements: textList(build.entitlements),
    'extra-hosts': textMap(build.extra_hosts, () => ''),
  };
}

function textOf(value: Yaml | undefined): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'object') throw new Refusal('a text is required where a list or a mapping stands');
  return String(value);
}

/** A list, or one text of words. */
function textList(value: Yaml | undefined): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value.split(/\s+/).filter((word) => word !== '');
  if (!Array.isArray(value)) throw new Refusal('a list is required');
  return value.map((item) => textOf(item) ?? '');
}

/** A name without a value takes what `resolve` says, and is left out where that is nothing. */
function textMap(value: Yaml | undefined, resolve: Lookup): Map<string, string> | undefined {
  if (value === undefined || value === null) return undefined;
  const found = Object.entries(pairsOf(value)).flatMap(([name, item]): [string, string][] => {
    const text = item === null ? resolve(name) : typeof item === 'object' ? undefined : String(item);
    return text === undefined ? [] : [[name, text]];
  });
  return new Map(found);
}

function flag(value: Yaml | undefined, name: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new Refusal(`${name} is true or false`);
}

function entries(kind: EntryKind, value: Yaml | undefined): Entry[] | undefined {
  return textList(value)?.flatMap((text) => (text === '' ? [] : parseEntry(kind, text)));
}

/** `[default, id=path]`, or a mapping of ids to paths. */
function keys(value: Yaml | undefined): Entry[] | undefined {
  if (value === undefined || value === null) return undefined;
  const found = Object.entries(pairsOf(Array.isArray(value) || isMap(value) ? value : [value])).map(
    ([id, path]): Entry => {
      const text = textOf(path);
      const fields = new Map<string, string | string[]>([['id', id]]);
      return text === undefined ? fields : fields.set('paths', [text]);
    },
  );
  return found.sort((a, b) => (String(a.get('id')) < String(b.get('id')) ? -1 : 1));
}

/** The secrets of a build name those at the top of the file, which say where their value is. */
function secrets(value: Yaml | undefined, defined: Yaml | undefined): Entry[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map((item) => {
    const id = textOf(isMap(item) ? item.source : item) ?? '';
    const secret = isMap(defined) ? defined[id] : undefined;
    if (!isMap(secret)) throw new Refusal(`the secret ${id} is not defined at the top of the file`);
    if (secret.external === true) throw new Refusal(`the secret ${id} is external, which a build cannot read`);
    const fields = [
      ['id', id],
      ['src', cleaned(textOf(secret.file))],
      ['env', textOf(secret.environment)],
    ] as const;
    return new Map(fields.filter((field): field is [(typeof field)[0], string] => field[1] !== undefined));
  });
}

/** A path below the directory of the file is written as short as it can be. */
function cleaned(path: string | undefined): string | undefined {
  return path === undefined || path.startsWith('/') ? path : normalize(path);
}

function ulimits(value: Yaml | undefined): string[] | undefined {
  if (!isMap(value)) return undefined;
  return Object.entries(value)
    .map(([name, limit]) => {
      const [soft, hard] = isMap(limit) ? [limit.soft, limit.hard] : [limit, limit];
      return `${name}=${textOf(soft) ?? ''}:${textOf(hard) ?? ''}`;
    })
    .sort();
}

const EXTENSION: Readonly<Record<string, (target: Target, value: Yaml) => void>> = {
  tags: (target, value) => {
    target.tags = distinct(target.tags, textList(value));
  },
  platforms: (target, value) => {
    target.platforms = distinct(target.platforms, textList(value));
  },
  'no-cache-filter': (target, value) => {
    target['no-cache-filter'] = distinct(target['no-cache-filter'], textList(value));
  },
  'cache-from': addEntries('cache-from'),
  'cache-to': addEntries('cache-to'),
  secret: addEntries('secret'),
  ssh: addEntries('ssh'),
  output: addEntries('output'),
  pull: (target, value) => {
    target.pull = flag(value, 'pull');
  },
  'no-cache': (target, value) => {
    target['no-cache'] = flag(value, 'no-cache');
  },
  contexts: (target, value) => {
    target.contexts = new Map([...(textMap(value, () => '') ?? []), ...(target.contexts ?? [])]);
  },
};

function addEntries(kind: EntryKind) {
  return (target: Target, value: Yaml): void => {
    target[kind] = distinctEntries(kind, [...(target[kind] ?? []), ...(entries(kind, value) ?? [])]);
  };
}

function distinct(below: readonly string[] = [], above: readonly string[] = []): string[] {
  return [...new Set([...below, ...above])];
}

/** `x-bake`: what a target has and a compose file has no word for. */
function extend(target: Target, extension: YamlMap): void {
  for (const [key, value] of Object.entries(extension)) {
    const set = Object.hasOwn(EXTENSION, key) ? EXTENSION[key] : undefined;
    if (set === undefined)
      throw new Refusal(`x-bake has no key ${key}. ${didYouMean(key, Object.keys(EXTENSION)) ?? ''}`.trim());
    set(target, value);
  }
}
