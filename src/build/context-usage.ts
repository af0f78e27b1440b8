import type { BytePath } from '../base/bytepath.ts';
import type { Digest } from '../base/digest.ts';
import type { SourceFile, SourceRange } from '../base/source.ts';
import type { SelectionRequest } from '../ops/context-source.ts';
import type { BuildInput } from './input.ts';

/** An instruction that reads files of the context. */
export interface ContextUse {
  /** The step as a build shows it; for a mount that of the RUN. */
  step: string;
  source: SourceFile | undefined;
  location: SourceRange | undefined;
  /** What it reads, by path. */
  paths: ReadonlySet<BytePath>;
  request: SelectionRequest;
  digest: Digest;
}

export interface ContextFile {
  path: BytePath;
  type: 'file' | 'directory' | 'symlink' | 'other';
  /** Bytes of a file. */
  size: number;
}

/** What is in a context, and what of it the stages of a build file read. */
export interface UsedContext {
  input: BuildInput;
  /** Everything that the ignore file lets through: a directory before what is in it. */
  files: readonly ContextFile[];
  uses: readonly ContextUse[];
  ignoreFile: string;
  unknownImages: readonly string[];
  /** The rules of an ignore file that would hide what nothing uses, and change no result; empty where there is nothing to hide. */
  proposal: readonly string[];
}

export interface Usage {
  /** Files and links; directories count for nothing. */
  files: number;
  bytes: number;
  unusedFiles: number;
  unusedBytes: number;
}

/** What each directory holds, with all that is below it; '' is the whole. */
export function usageByDirectory({ files, uses }: UsedContext): Map<BytePath, Usage> {
  const used = usedPaths(uses);
  const usage = new Map<BytePath, Usage>([['', { files: 0, bytes: 0, unusedFiles: 0, unusedBytes: 0 }]]);
  for (const { path, type, size } of files) {
    if (type === 'directory') continue;
    const isUsed = used.has(path);
    for (let at = path.lastIndexOf('/'), directory = path; directory !== ''; at = directory.lastIndexOf('/')) {
      directory = directory.slice(0, Math.max(at, 0));
      const sum = usage.get(directory) ?? { files: 0, bytes: 0, unusedFiles: 0, unusedBytes: 0 };
      sum.files++;
      sum.bytes += size;
      if (!isUsed) sum.unusedFiles++;
      if (!isUsed) sum.unusedBytes += size;
      usage.set(directory, sum);
    }
  }
  return usage;
}

export function usedPaths(uses: readonly ContextUse[]): Set<BytePath> {
  return new Set(uses.flatMap(({ paths }) => [...paths]));
}
