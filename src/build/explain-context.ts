import { toBytePath } from '../base/bytepath.ts';
import { type Digest, hexOf } from '../base/digest.ts';
import { type IgnoreRules, parseIgnoreFile } from '../base/ignore.ts';
import type { ReadCache } from '../cache/read.ts';
import { ContextTree } from '../context/context-tree.ts';
import type { IgnoreReasons } from '../explain/file-changes.ts';
import type { RecordStore } from '../store/records.ts';
import type { ContextDirectory } from './input.ts';

/** Of what was copied here, or on the machines that imported caches are from. */
export function treeTexts(records: RecordStore, imported: readonly ReadCache[] = []): (digest: Digest) => unknown {
  return (digest) =>
    records.get('trees', hexOf(digest)) ?? imported.flatMap(({ document }) => document.trees?.[digest] ?? [])[0];
}

/** Which rules of the ignore files, those of now and those of the earlier build, hide a path. */
export function contextReasons(
  directories: ReadonlyMap<string, ContextDirectory>,
): (scope: string | undefined, textBefore: string) => IgnoreReasons {
  return (scope = '', textBefore) => {
    const found = directories.get(scope);
    if (found === undefined) return { hiddenNow: () => undefined, hiddenBefore: () => undefined };
    const tree = new ContextTree(found.directory, found.rules);
    const before = parseIgnoreFile(textBefore);
    return {
      hiddenNow: (path) => (tree.hides(toBytePath(path)) ? ruleFor(found.rules, path) : undefined),
      hiddenBefore: (path) => ruleFor(before, path),
    };
  };
}

function ruleFor(rules: IgnoreRules, path: string): string | undefined {
  const scope = rules.at(toBytePath(path));
  return scope.ignored && scope.decidedBy !== undefined ? JSON.stringify(scope.decidedBy.text) : undefined;
}
