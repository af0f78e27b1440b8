import type { Entry } from './entry.ts';

/** A target as files and `--set` describe it. Names are those of the file; what is absent was not said. */
export interface Target {
  name: string;
  description?: string | undefined;
  inherits?: string[] | undefined;
  annotations?: string[] | undefined;
  attest?: Entry[] | undefined;
  context?: string | undefined;
  contexts?: Map<string, string> | undefined;
  dockerfile?: string | undefined;
  'dockerfile-inline'?: string | undefined;
  /** Null takes a value away that a target inherits; nothing else comes of it. */
  args?: Map<string, string | null> | undefined;
  labels?: Map<string, string | null> | undefined;
  tags?: string[] | undefined;
  'cache-from'?: Entry[] | undefined;
  'cache-to'?: Entry[] | undefined;
  target?: string | undefined;
  secret?: Entry[] | undefined;
  ssh?: Entry[] | undefined;
  platforms?: string[] | undefined;
  output?: Entry[] | undefined;
  pull?: boolean | undefined;
  'no-cache'?: boolean | undefined;
  network?: string | undefined;
  'no-cache-filter'?: string[] | undefined;
  'shm-size'?: string | undefined;
  ulimits?: string[] | undefined;
  call?: string | undefined;
  entitlements?: string[] | undefined;
  'extra-hosts'?: Map<string, string | null> | undefined;
}

export interface Group {
  name: string;
  description?: string | undefined;
  targets: string[];
}

/** Everything that the files define, before a target is asked for. */
export interface Config {
  groups: Group[];
  targets: Target[];
}

export type Attribute = Exclude<keyof Target, 'name'>;
type Kind = 'string' | 'bool' | 'strings' | 'map' | 'nullable-map' | 'entries';

/** All attributes in the order in which they are printed. */
export const ATTRIBUTES: Readonly<Record<Attribute, Kind>> = {
  description: 'string',
  inherits: 'strings',
  annotations: 'strings',
  attest: 'entries',
  context: 'string',
  contexts: 'map',
  dockerfile: 'string',
  'dockerfile-inline': 'string',
  args: 'nullable-map',
  labels: 'nullable-map',
  tags: 'strings',
  'cache-from': 'entries',
  'cache-to': 'entries',
  target: 'string',
  secret: 'entries',
  ssh: 'entries',
  platforms: 'strings',
  output: 'entries',
  pull: 'bool',
  'no-cache': 'bool',
  network: 'string',
  'no-cache-filter': 'strings',
  'shm-size': 'string',
  ulimits: 'strings',
  call: 'string',
  entitlements: 'strings',
  'extra-hosts': 'nullable-map',
};
