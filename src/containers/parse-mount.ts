import { posix, resolve } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { RESTRICTED_NAME } from '../store/volumes.ts';
import type { MountRequest } from './volumes.ts';

const VOLUME_HINT =
  'write HOST:CONTAINER[:ro], NAME:CONTAINER[:ro] or CONTAINER; the path in the container is absolute';

/** `-v`: a directory or file of this machine, a volume by its name, or a new one. */
export function parseVolume(text: string): MountRequest {
  const parts = text.split(':');
  const [source, target = '', mode = 'rw'] = parts.length === 1 ? [undefined, ...parts] : parts;
  const options = mode.split(',');
  const unknown = options.find((option) => !['ro', 'rw', 'nocopy', 'z', 'Z'].includes(option));
  if (parts.length > 3 || source === '' || unknown !== undefined) throw invalid('volume', text, VOLUME_HINT);
  const readonly = options.includes('ro');
  const place = targetOf('volume', text, target);
  if (source === undefined) return { type: 'volume', name: undefined, target: place, readonly, copy: true };
  if (/^[./~]/.test(source)) return { type: 'bind', source: resolve(source), target: place, readonly };
  requireName(source, 'volume', text);
  return { type: 'volume', name: source, target: place, readonly, copy: !options.includes('nocopy') };
}

const KEYS: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
};
const KNOWN = ['type', 'source', 'target', 'readonly', 'tmpfs-size', 'tmpfs-mode', 'volume-nocopy'];
const MOUNT_HINT =
  'e.g. type=bind,source=./data,target=/data,readonly, type=volume,source=NAME,target=/data or type=tmpfs,target=/tmp';

/** `--mount`. */
export function parseMount(text: string, bytes: (text: string) => number): MountRequest {
  const fields = new Map<string, string>();
  for (const part of text.split(',')) {
    const [written = '', value = 'true'] = part.split(/=(.*)/s);
    const key = KEYS[written] ?? written;
    if (!KNOWN.includes(key)) throw invalid('mount', text, `${JSON.stringify(written)} is not known; ${MOUNT_HINT}`);
    fields.set(key, value);
  }
  const { type = 'volume', source, readonly: flag, ...more } = Object.fromEntries(fields);
  const target = targetOf('mount', text, fields.get('target') ?? '');
  const readonly = flag === 'true' || flag === '1';
  switch (type) {
    case 'bind':
      if (source === undefined) throw invalid('mount', text, 'type=bind needs source=PATH');
      return { type, source: resolve(source), target, readonly };
    case 'volume':
      if (source !== undefined) requireName(source, 'mount', text);
      return { type, name: source, target, readonly, copy: more['volume-nocopy'] === undefined };
    case 'tmpfs':
      return { type, target, readonly, ...tmpfsOptions(more['tmpfs-size'], more['tmpfs-mode'], text, bytes) };
    default:
      throw invalid('mount', text, `type=${type} is not known; use bind, volume or tmpfs`);
  }
}

/** `--tmpfs TARGET[:size=64m,mode=1777,ro]`. Options that mean nothing here (exec, nosuid …) are those of docker. */
export function parseTmpfs(text: string, bytes: (text: string) => number): MountRequest {
  const [path = '', options = ''] = text.split(/:(.*)/s);
  const fields = new Map(options.split(',').map((option) => option.split('=', 2) as [string, string | undefined]));
  const known = ['', 'size', 'mode', 'ro', 'rw', 'nosuid', 'nodev', 'exec', 'noexec'];
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid('tmpfs', text, 'the options are size=BYTES, mode=OCTAL and ro');
  const target = targetOf('tmpfs', text, path);
  const more = tmpfsOptions(fields.get('size'), fields.get('mode'), text, bytes);
  return { type: 'tmpfs', target, readonly: fields.has('ro'), ...more };
}

function tmpfsOptions(
  size: string | undefined,
  mode: string | undefined,
  text: string,
  bytes: (text: string) => number,
): { size?: number; mode?: number } {
  if (mode !== undefined && !/^[0-7]{3,5}$/.test(mode)) throw invalid('tmpfs', text, 'the mode is an octal number');
  return {
    ...(size !== undefined && { size: bytes(size) }),
    ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
  };
}

function targetOf(option: string, text: string, target: string): string {
  const clean = posix.normalize(target).replace(/(.)\/$/, '$1');
  if (!target.startsWith('/')) throw invalid(option, text, option === 'volume' ? VOLUME_HINT : MOUNT_HINT);
  if (clean === '/') throw invalid(option, text, 'nothing can be mounted on / of a container');
  return clean;
}

function requireName(name: string, option: string, text: string): void {
  if (RESTRICTED_NAME.test(name)) return;
  throw invalid(option, text, `${JSON.stringify(name)} is no name of a volume; a path begins with / or ./`);
}

function invalid(option: string, text: string, hint: string): TsbuildError {
  return new TsbuildError('USAGE', `--${option} ${text} is not understood`, { hint });
}
