import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from './open.ts';

/**
 * Gives a new store on the same disk the images of another one, so that base images need not be fetched again. They
 * are links: what the new store does to them, and its end, is nothing to the other one.
 */
export function takeImages(from: Store, to: Store): void {
  for (const blob of readdirSync(from.layout.blobs))
    linkSync(join(from.layout.blobs, blob), join(to.layout.blobs, blob));
  rmSync(to.layout.index);
  linkSync(from.layout.index, to.layout.index);
  const sources = join(from.layout.base, 'sources');
  if (existsSync(sources)) cpSync(sources, join(to.layout.base, 'sources'), { recursive: true });
  else mkdirSync(join(to.layout.base, 'sources'));
}
