import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isErrno, TsbuildError } from '../../base/error.ts';
import { type Mounted, nothingMounted } from './mounted.ts';
import type { SecretOp } from './op.ts';

/** Where the value of a secret is: it is read when a step that needs it runs, and kept nowhere. */
export type SecretSource = { file: string } | { env: string };

/** As the reference has it. */
const MAX_SIZE = 500 * 1024;
const DEFAULT_MODE = 0o400;

interface SecretResources {
  secrets: ReadonlyMap<string, SecretSource>;
  onSecret: (value: Buffer) => void;
}

/** A secret as a file in memory, as a variable, or both. One that is not given is left out, or an error if required. */
export function secretMount(op: SecretOp, { secrets, onSecret }: SecretResources): Mounted {
  const mounted = nothingMounted();
  const source = secrets.get(op.id);
  const content = source === undefined ? undefined : readSecretValue(op.id, source);
  if (content === undefined) {
    if (op.required) throw missing(op.id);
    return mounted;
  }
  onSecret(content);
  const { target, env, mode = DEFAULT_MODE, uid = 0, gid = 0 } = op;
  if (env !== undefined) mounted.environment.push([env, textOf(op.id, content)]);
  if (target === undefined) return mounted;
  mounted.files.push({ target, content, mode, uid, gid });
  mounted.points.push({ path: target.slice(1), type: 'file' });
  return mounted;
}

/** The value of a secret, at the moment; undefined where its variable is not set. */
export function readSecretValue(id: string, source: SecretSource): Buffer | undefined {
  if ('env' in source) {
    const value = process.env[source.env];
    return value === undefined ? undefined : checkSize(id, Buffer.from(value));
  }
  try {
    return readSecret(id, source.file);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EACCES', 'EISDIR')) throw error;
    throw new TsbuildError('NOT_FOUND', `the file of the secret ${id} cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}

/** Also from a pipe, as a shell's `<(…)` is; never more than a secret may have. */
function readSecret(id: string, path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    if (fstatSync(fd).isDirectory()) throw new TsbuildError('INVALID', `the file of the secret ${id} is a directory`);
    const buffer = Buffer.alloc(MAX_SIZE + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size < buffer.length; size += read) {
      read = readSync(fd, buffer, size, buffer.length - size, null);
    }
    return checkSize(id, buffer.subarray(0, size));
  } finally {
    closeSync(fd);
  }
}

function checkSize(id: string, value: Buffer): Buffer {
  if (value.length <= MAX_SIZE) return value;
  throw new TsbuildError('INVALID', `the secret ${id} is larger than ${MAX_SIZE} bytes`);
}

function textOf(id: string, content: Buffer): string {
  if (!content.includes(0)) return content.toString();
  throw new TsbuildError('INVALID', `the secret ${id} has a NUL byte, which no variable can hold`, {
    hint: 'mount it as a file: leave env out',
  });
}

function missing(id: string): TsbuildError {
  return new TsbuildError('NOT_FOUND', `the secret ${id} is required, and the build has none of that id`, {
    hint: `pass it with --secret id=${id},src=FILE or --secret id=${id},env=NAME`,
  });
}
