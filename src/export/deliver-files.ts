import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatWithVersion } from '../oci/platform.ts';
import type { Platform } from '../oci/types.ts';
import { statementFiles } from './attest-files.ts';
import type { Built, DeliverContext, DeliverOptions } from './built.ts';
import { destinationStream } from './destination.ts';
import type { Output } from './output.ts';
import { removeOthers } from './remove-others.ts';
import { copyRootfs, type PackedRoot, packRootfs } from './rootfs.ts';

/**
 * Writes the files of a build as a directory or a tar. Those of several platforms get a directory for each, with the
 * names that the reference builder gives them.
 */
export async function deliverFiles(
  output: Extract<Output, { type: 'tar' | 'local' }>,
  { images, multiPlatform }: Built,
  { layers }: DeliverContext,
  { step, epoch, rootless, signal }: DeliverOptions,
): Promise<void> {
  const { type, destination, platformSplit = multiPlatform } = output;
  await step(`exporting to ${type === 'tar' ? 'a tar' : destination}`, async (progress) => {
    const roots: PackedRoot[] = [];
    for (const { snapshot, plan, platform, attestations = [] } of images) {
      const directory = platformSplit ? directoryOf(platform) : '';
      const tree = await layers.view(snapshot, progress);
      const statements = statementFiles(tree, attestations);
      roots.push({ tree, statements, directory, clampTo: plan.epoch ?? epoch });
    }
    if (type === 'tar') {
      return destinationStream(destination).write((emit) => packRootfs(roots, emit, signal));
    }
    for (const { tree, directory = '', clampTo } of roots) {
      await copyRootfs(tree, join(destination, directory), { owners: !rootless, clampTo, signal });
    }
    if (output.remove) removeOthers(roots, destination);
    for (const root of roots) writeStatements(root, join(destination, root.directory ?? ''));
  });
}

/** Behind the files: what is attested of them takes the place of a file of its name. */
function writeStatements({ statements = [], clampTo }: PackedRoot, directory: string): void {
  for (const { name, content } of statements) {
    const path = join(directory, name);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, content, { flag: 'wx', mode: 0o644 });
    if (clampTo !== undefined) utimesSync(path, clampTo, clampTo);
  }
}

/** `linux_arm_v7`. */
function directoryOf(platform: Platform): string {
  return formatWithVersion(platform).replaceAll('/', '_');
}
