import type { BytePath } from '../../base/bytepath.ts';
import { type Tree, type TreeEntry, walkTree } from '../../snapshot/tree.ts';
import { apkPackages } from './apk.ts';
import { type Distribution, distributionOf } from './distribution.ts';
import { dpkgPackages } from './dpkg.ts';
import { isNpmFile, npmPackages } from './npm.ts';
import type { Found, Package } from './package.ts';
import { isPythonFile, pythonPackages } from './pip.ts';
import { RootFiles } from './root-files.ts';
import { rpmPackages } from './rpm.ts';

/** What a root has installed, as its package managers' own files say. No program of the root is run. */
export function scanRoot(tree: Tree): Found & { distribution: Distribution } {
  const unread: string[] = [];
  const files = new RootFiles(tree, (sentence) => unread.push(sentence));
  const distribution = distributionOf(files);
  const packages = [
    ...dpkgPackages(files, distribution),
    ...apkPackages(files, distribution),
    ...rpmPackages(files, distribution),
    ...languagePackages(files),
  ];
  return { packages, unread, distribution };
}

/** npm's and pip's packages may be anywhere. */
function languagePackages(files: RootFiles): Package[] {
  const found: [BytePath, TreeEntry][] = [];
  walkTree(files.tree, '', (path, entry) => {
    if (entry.type === 'file' && (isNpmFile(path) || isPythonFile(path))) found.push([path, entry]);
  });
  return found.flatMap(([path, entry]) => {
    const content = files.bytesOf(path, entry);
    if (content === undefined) return [];
    return isNpmFile(path) ? npmPackages(path, content) : pythonPackages(path, content);
  });
}
