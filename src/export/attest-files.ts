import { type Attestation, type Subject, statementOf } from '../attest/attestation.ts';
import { fromBytePath } from '../base/bytepath.ts';
import { sha256File } from '../context/file-digests.ts';
import { type Tree, walkTree } from '../snapshot/tree.ts';

/** What a statement is called beside the files that it is about, and its text. */
export interface StatementFile {
  name: string;
  content: Buffer;
}

/** The attestations of a root that leaves as files: each is about every file of it, by its digest. */
export function statementFiles(tree: Tree, attestations: readonly Attestation[]): StatementFile[] {
  if (attestations.length === 0) return [];
  const subjects: Subject[] = [];
  walkTree(tree, '', (path, entry) => {
    if (entry.type !== 'file') return;
    subjects.push({ name: fromBytePath(path), digest: `sha256:${sha256File(entry.hostPath).toString('hex')}` });
  });
  return attestations.map((attestation) => ({
    name: attestation.fileName,
    content: Buffer.from(JSON.stringify(statementOf(attestation, subjects), null, 2)),
  }));
}
