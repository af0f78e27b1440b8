import { readdirSync } from 'node:fs';
import { readXattrs } from '../../runner/syscall/index.ts';
import { type BytePath, fsPath, joinBytePath } from '../base/bytepath.ts';

const OPAQUE = ['trusted.overlay.opaque', 'user.overlay.opaque'];

/** The directories of an upper directory that overlayfs marked opaque, relative to it. */
export async function overlayMarks(directory: BytePath): Promise<BytePath[]> {
  const paths = directoriesBelow(directory);
  const attributes = await readXattrs(paths.map((path) => joinBytePath(directory, path)));
  return paths.filter((path) => {
    const found = attributes.get(joinBytePath(directory, path));
    return OPAQUE.some((name) => found?.get(name)?.toString('latin1') === 'y');
  });
}

function directoriesBelow(root: BytePath): BytePath[] {
  const found: BytePath[] = [];
  const pending: BytePath[] = [''];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const name of readdirSync(fsPath(joinBytePath(root, path)), { encoding: 'latin1', withFileTypes: true })) {
      if (!name.isDirectory()) continue;
      const child = joinBytePath(path, name.name);
      found.push(child);
      pending.push(child);
    }
  }
  return found;
}
