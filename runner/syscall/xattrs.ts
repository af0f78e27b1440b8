import { constants } from 'node:os';
import type { BytePath } from '../../src/base/bytepath.ts';
import { callForEach, type Outcome, readForEach } from './batch.ts';
import { systemError } from './errno.ts';
import { SYS } from './numbers.ts';

/** The kernel's limits of a list of names and of a value (XATTR_LIST_MAX, XATTR_SIZE_MAX). */
const XATTR_MAX = 65536;

/** Extended attributes of one file: names as bytes (latin1), values as they are. */
export type Xattrs = Map<BytePath, Buffer>;

export interface XattrItem {
  path: BytePath;
  name: BytePath;
  value: Buffer;
}

/**
 * The extended attributes of files, of a symbolic link itself and not of what it points to. A file without any is
 * absent, and so is one that is gone or whose file system has no attributes; every other error is thrown.
 */
export async function readXattrs(paths: readonly BytePath[]): Promise<Map<BytePath, Xattrs>> {
  const found = new Map<BytePath, Xattrs>();
  const pairs = await listNames(paths);
  const values = await readForEach(
    pairs,
    XATTR_MAX,
    ({ path, name }) => path.length + name.length,
    (program, { path, name }, buffer, options) =>
      program.call(SYS.lgetxattr, [program.string(path), program.string(name), buffer, XATTR_MAX], options),
  );
  pairs.forEach(({ path, name }, index) => {
    const value = attributeBytes(values[index], `read attribute ${name} of ${path}`);
    if (value === undefined) return;
    const attributes = found.get(path) ?? new Map();
    found.set(path, attributes.set(name, value));
  });
  return found;
}

/** Sets extended attributes (lsetxattr), creating or replacing. */
export function writeXattrs(items: readonly XattrItem[]): Promise<Outcome[]> {
  return callForEach(
    items,
    (item) => item.path.length + item.name.length + item.value.length,
    (program, { path, name, value }, store) => {
      const args = [program.string(path), program.string(name), program.bytes(value), value.length, 0];
      program.call(SYS.lsetxattr, args, { store, failed: 'next' });
    },
  );
}

async function listNames(paths: readonly BytePath[]): Promise<{ path: BytePath; name: BytePath }[]> {
  const lists = await readForEach(
    paths,
    XATTR_MAX,
    (path) => path.length,
    (program, path, buffer, options) =>
      program.call(SYS.llistxattr, [program.string(path), buffer, XATTR_MAX], options),
  );
  return paths.flatMap((path, index) => {
    const list = attributeBytes(lists[index], `list the attributes of ${path}`) ?? Buffer.alloc(0);
    const names = list.toString('latin1').split('\0').slice(0, -1);
    return names.map((name) => ({ path, name }));
  });
}

const { ENODATA, ENOENT, ENOTDIR, EOPNOTSUPP } = constants.errno;
const ABSENT: readonly number[] = [ENODATA, ENOENT, ENOTDIR, EOPNOTSUPP];

function attributeBytes(result: Buffer | number | undefined, what: string): Buffer | undefined {
  if (typeof result !== 'number') return result;
  if (ABSENT.includes(result)) return undefined;
  throw systemError(what, result);
}
