/** Which options a file can give a default, and whose file: a project's comes from a repository that may be hostile. */

export const SECTIONS = ['build', 'bake', 'run'] as const;
export type Section = (typeof SECTIONS)[number];

/** How a value is written: a map stands for several NAME=VALUE. */
type Kind = 'text' | 'flag' | 'list' | 'pairs' | 'path';

export interface Setting {
  kind: Kind;
  /** All values that there are, where they are few. */
  choices?: readonly string[];
  /** What a project that the user does not trust may say of it; without, everything. */
  project?: readonly string[];
  /** Options of the command line that say the same in other words: where one is given, the default is none. */
  yields?: readonly string[];
  /** The variable of the environment that wins over files. */
  environment?: string;
}

const NOTHING: readonly string[] = [];
const text: Setting = { kind: 'text' };
const flag: Setting = { kind: 'flag' };
const list: Setting = { kind: 'list' };
const pairs: Setting = { kind: 'pairs' };
/** What a project can only tighten. */
const onlyOn: Setting = { kind: 'flag', project: ['true'] };
const users = (setting: Setting): Setting => ({ ...setting, project: NOTHING });

const PROGRESS: Setting = {
  kind: 'text',
  choices: ['auto', 'tty', 'plain', 'quiet', 'rawjson'],
  environment: 'BUILDKIT_PROGRESS',
};
/** A project may take the network away and not give it. */
const NETWORK: Setting = { kind: 'text', choices: ['default', 'none', 'host'], project: ['none'] };

const ATTESTATION: Setting = { kind: 'text', yields: ['attest'] };

/** What a machine gives away is not for a project to say. */
const LIMITS = {
  ulimit: users(list),
  memory: users(text),
  'memory-swap': users(text),
  'cpu-shares': users(text),
  'cpu-period': users(text),
  'cpu-quota': users(text),
  'cpuset-cpus': users(text),
  'cpuset-mems': users(text),
  'pids-limit': users(text),
};

/** `allow` grants, `runtime` names a program, and `offline` and `jobs` are the user's decisions. */
const BUILDS = {
  progress: PROGRESS,
  provenance: ATTESTATION,
  sbom: ATTESTATION,
  pull: flag,
  locked: onlyOn,
  'lock-file': { kind: 'path' } as Setting,
  jobs: users(text),
  offline: users(flag),
  allow: users(list),
  runtime: users({ kind: 'text', environment: 'TSBUILD_RUNTIME' }),
};

/** A cache that is imported becomes part of the store, and so of other projects' builds; one that is exported is a push. */
const CACHES = { 'cache-from': users(list), 'cache-to': users(list) };

export const SETTINGS: Readonly<Record<Section, Readonly<Record<string, Setting>>>> = {
  build: {
    platform: { kind: 'list', environment: 'DOCKER_DEFAULT_PLATFORM' },
    target: { kind: 'text', yields: ['at'] },
    'build-arg': pairs,
    label: pairs,
    'shm-size': text,
    ...BUILDS,
    ...CACHES,
    network: NETWORK,
    ...LIMITS,
  },
  bake: BUILDS,
  run: {
    init: flag,
    'read-only': onlyOn,
    'cap-drop': users(list),
    label: pairs,
    'shm-size': text,
    pull: flag,
    rm: users(flag),
    network: NETWORK,
    ...LIMITS,
    cpus: users({ kind: 'text', yields: ['cpu-quota', 'cpu-period'] }),
  },
};

/** Sections of the user's file that say what is to be trusted, or how far: never a project's. */
export const USER_SECTIONS = ['registries', 'network', 'limits', 'trust'];

/** Options that no file sets: they name secrets, places of this machine, or where a result goes. */
export const COMMAND_LINE_ONLY: readonly string[] = [
  ...['secret', 'ssh', 'output', 'push', 'load', 'tag', 'file', 'build-context', 'add-host', 'attest', 'no-cache'],
  ...[
    'no-cache-filter',
    'quiet',
    'iidfile',
    'metadata-file',
    'check',
    'call',
    'explain',
    'watch',
    'root',
    'set',
    'var',
  ],
  ...['print', 'list', 'affected', 'since', 'env', 'env-file', 'volume', 'mount', 'tmpfs', 'publish', 'publish-all'],
  ...['privileged', 'cap-add', 'user', 'workdir', 'entrypoint', 'name', 'hostname', 'detach', 'interactive', 'tty'],
];
