import { createHash } from 'node:crypto';
import { isCarriedXattr } from '../../src/snapshot/carried-xattrs.ts';
import { parseSamples, type Sample } from '../tar/samples.ts';

/** What builders must agree about: the configuration, and the flattened files without their times. */
export interface Picture {
  config: Record<string, unknown>;
  /** By path: type, mode, owner, content or target, attributes. */
  files: Map<string, string>;
}

/** The fields of an image's configuration that say how it is run. */
const FIELDS = [
  'Cmd',
  'Entrypoint',
  'Env',
  'ExposedPorts',
  'Healthcheck',
  'Labels',
  'OnBuild',
  'Shell',
  'StopSignal',
  'User',
  'Volumes',
  'WorkingDir',
];

/** Nothing, null and an empty value mean the same to whoever runs the image. */
export function pictureOf(config: Readonly<Record<string, unknown>>, tar: Buffer): Picture {
  const meaningful = FIELDS.map((name) => [name, config[name]] as const).filter(([, value]) => !isEmpty(value));
  return { config: Object.fromEntries(meaningful), files: filesOf(tar) };
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || ['""', '{}', '[]'].includes(JSON.stringify(value));
}

function filesOf(tar: Buffer): Map<string, string> {
  const samples = parseSamples(tar).map((sample) => [sample.entry.path.replace(/^\.?\/|\/$/g, ''), sample] as const);
  return new Map(
    samples.filter(([path]) => path !== '' && path !== '.').map(([path, sample]) => [path, lineOf(sample)]),
  );
}

function lineOf({ entry, content }: Sample): string {
  const { type, mode, uid, gid, linkPath = '', devMajor, devMinor } = entry;
  if (type === 'hardlink') return `hardlink to ${linkPath.replace(/^\.?\//, '')}`;
  const attributes = [...(entry.xattrs ?? [])].filter(([name]) => isCarriedXattr(name));
  const what = {
    file: () => contentOf(content),
    symlink: () => `to ${linkPath}`,
    char: () => `${devMajor},${devMinor}`,
    block: () => `${devMajor},${devMinor}`,
    directory: () => '',
    fifo: () => '',
  }[type]();
  const shown = attributes.map(([name, value]) => `${name}=${value.toString('hex')}`).sort();
  return [type, mode.toString(8), `${uid}:${gid}`, what, ...shown].join(' ').trim();
}

const LONGEST = 80;

function contentOf(content: Buffer): string {
  if (content.length <= LONGEST) return JSON.stringify(content.toString('latin1'));
  return `${content.length} bytes ${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
}

/** Where two builders disagree, a line each: `config Env: ours … theirs …`, `file a/b: ours … theirs …`. */
export function disagreements(ours: Picture, theirs: Picture): string[] {
  const found: string[] = [];
  const compare = (what: string, mine: unknown, other: unknown) => {
    const [left, right] = [canonical(mine), canonical(other)];
    if (left !== right) found.push(`${what}: ours ${left}, theirs ${right}`);
  };
  for (const name of FIELDS) compare(`config ${name}`, ours.config[name], theirs.config[name]);
  const paths = new Set([...ours.files.keys(), ...theirs.files.keys()]);
  for (const path of [...paths].sort()) compare(`file ${path}`, ours.files.get(path), theirs.files.get(path));
  return found;
}

function canonical(value: unknown): string {
  if (value === undefined) return 'nothing';
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
