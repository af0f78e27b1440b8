import { type Digest, hexOf, type Json } from '../base/digest.ts';

/** What is said of an image: of one platform, and of no digest yet. */
export interface Attestation {
  predicateType: string;
  predicate: Json;
  /** What it is called beside the files of a build (`-o type=local`). */
  fileName: string;
}

/** What a statement is about. */
export interface Subject {
  name: string;
  digest: Digest;
}

/** A statement (in-toto attestation framework, v0.1, which is the version that the reference builder writes). */
export function statementOf({ predicateType, predicate }: Attestation, subjects: readonly Subject[]): Json {
  return {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType,
    subject: subjects.map(({ name, digest }) => ({ name, digest: { sha256: hexOf(digest) } })),
    predicate,
  };
}

/** The same statement about an image whose manifest has become another one; undefined where it is about none of these. */
export function movedStatement(statement: Json, moved: ReadonlyMap<Digest, Digest>): Json | undefined {
  const { subject } = (statement ?? {}) as { subject?: Json };
  if (!Array.isArray(subject)) return undefined;
  let found = false;
  const subjects = subject.map((one: Json): Json => {
    const { digest, ...rest } = (one ?? {}) as { digest?: { sha256?: unknown } };
    const now = moved.get(`sha256:${String(digest?.sha256)}`);
    if (now === undefined) return one;
    found = true;
    return { ...(rest as Record<string, Json>), digest: { ...digest, sha256: hexOf(now) } } as Json;
  });
  return found ? ({ ...(statement as Record<string, Json>), subject: subjects } as Json) : undefined;
}
