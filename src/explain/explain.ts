import type { BytePath } from '../base/bytepath.ts';
import { type Digest, isDigest } from '../base/digest.ts';
import type { RecordedGraph, RecordedStep } from '../journal/graph-record.ts';
import { type Alignment, align } from './align.ts';
import { hasOtherText, instructionChange, valueChange } from './clauses.ts';
import { configChanges } from './config-changes.ts';
import { fileChanges, type IgnoreReasons } from './file-changes.ts';
import { parseStepName } from './instruction.ts';
import { opChanges } from './op-changes.ts';
import { sentenceOf } from './sentence.ts';
import { quoted } from './show.ts';
import { differingEntries, parseTreeText } from './tree-text.ts';
import type { Baseline, Cause, Change, StepExplanation, StepState, TargetExplanation } from './types.ts';

export interface ExplainInput {
  name?: string | undefined;
  now: RecordedGraph;
  states: ReadonlyMap<Digest, StepState>;
  before?: { graph: RecordedGraph; baseline: Baseline; failed?: boolean | undefined } | undefined;
  /** The text behind a content digest. */
  treeText: (digest: Digest) => unknown;
  /** Why paths of a scope's context are hidden. */
  ignoreReasons: (scope: string | undefined, ignoreTextBefore: string) => IgnoreReasons;
}

/** Says of each step why it is in the cache or not. Inputs come first; executes nothing and reads no context. */
export function explainTarget(input: ExplainInput): TargetExplanation {
  const { name, now, before } = input;
  const explainer = new Explainer(input);
  const steps = now.steps.filter(({ internal }) => internal !== true).map((step) => explainer.explain(step));
  const config = before === undefined ? [] : configChanges(now.config, before.graph.config);
  return { name, platform: now.platform, comparedWith: before?.baseline, steps, config };
}

class Explainer {
  readonly #input: ExplainInput;
  readonly #alignment: Alignment;
  readonly #steps: ReadonlyMap<Digest, RecordedStep>;
  readonly #before: ReadonlyMap<Digest, RecordedStep>;
  readonly #causes = new Map<Digest, Cause>();

  constructor(input: ExplainInput) {
    this.#input = input;
    this.#alignment = input.before === undefined ? new Map() : align(input.now, input.before.graph);
    this.#steps = byKey(input.now);
    this.#before = input.before === undefined ? new Map() : byKey(input.before.graph);
  }

  explain(step: RecordedStep): StepExplanation {
    const { key, name } = step;
    const state = this.#state(step);
    const { outcome } = state;
    const isKnown = this.#before.has(key);
    const cause = outcome === 'hit' || (outcome === 'free' && isKnown) ? undefined : this.#causeOf(step);
    return { key, name, outcome, cause, sentence: sentenceOf({ state, cause, isFirst: this.#before.size === 0 }) };
  }

  #state({ key }: RecordedStep): StepState {
    return this.#input.states.get(key) ?? { outcome: 'free' };
  }

  /** What is the first to have changed of what a step is made of. */
  #causeOf(step: RecordedStep): Cause {
    const known = this.#causes.get(step.key);
    const cause = known ?? this.#findCause(step);
    this.#causes.set(step.key, cause);
    return cause;
  }

  #findCause(step: RecordedStep): Cause {
    if (this.#state(step).fresh === 'own') {
      return { changes: [{ kind: 'no-cache', text: 'its stage is built without the cache (--no-cache)' }] };
    }
    const before = this.#alignment.get(step.key);
    if (before === undefined) return { changes: [unknownStep(step)] };
    const own = this.#ownChanges(step, before);
    return own.length > 0 ? { changes: own } : this.#inputCause(step, before);
  }

  #ownChanges(step: RecordedStep, before: RecordedStep): Change[] {
    if (step.preImage.op.kind === 'image') return this.#baseChanges(step, before);
    const changes = opChanges(step, before);
    return changes.length > 0 ? changes : this.#materialChanges(step, before);
  }

  #baseChanges(step: RecordedStep, before: RecordedStep): Change[] {
    const { manifest } = step.preImage.op;
    const { manifest: manifestBefore } = before.preImage.op;
    if (manifest === manifestBefore) return [];
    if (hasOtherText(step, before)) return [{ ...instructionChange(step, before), kind: 'base' }];
    const { now, before: earlier } = this.#input;
    if (earlier !== undefined && now.platform !== earlier.graph.platform) {
      return [{ kind: 'platform', text: `the platform ${valueChange(now.platform, earlier.graph.platform)}` }];
    }
    const image = parseStepName(step.name).text.replace(/^FROM /, '');
    const text = `the base image ${image} ${valueChange(short(manifest), short(manifestBefore))}`;
    return [{ kind: 'base', subject: image, text }];
  }

  #materialChanges({ preImage, scope }: RecordedStep, before: RecordedStep): Change[] {
    const { op, material } = preImage;
    const materialBefore = before.preImage.material;
    if (material === materialBefore || JSON.stringify(material) === JSON.stringify(materialBefore)) return [];
    const patterns = patternsOf(op.sources);
    const [text, textBefore] = [material, materialBefore].map((digest) =>
      typeof digest === 'string' && isDigest(digest) ? this.#input.treeText(digest) : undefined,
    );
    const [files, filesBefore] = differingEntries(text, textBefore).map((tree) => parseTreeText(tree, patterns));
    if (files === undefined || filesBefore === undefined) {
      const what = op.kind === 'copy' ? 'the files that it copies' : 'what it reads from outside';
      return [{ kind: 'file', text: `${what} changed; which ones they were is not recorded here` }];
    }
    const ignoreBefore = this.#input.before?.graph.ignore[before.scope ?? ''] ?? '';
    return fileChanges(files, filesBefore, this.#input.ignoreReasons(scope, ignoreBefore));
  }

  /** The step is what it was, and stands on another one; or it stands on the same and is not recorded any more. */
  #inputCause(step: RecordedStep, before: RecordedStep): Cause {
    const [inputs, inputsBefore] = [step, before].map(({ preImage }) => preImage.inputs as readonly Digest[]);
    const changed = (inputs ?? []).flatMap((key, index) => {
      const keyBefore = inputsBefore?.[index];
      const input = this.#steps.get(key);
      return (key === keyBefore && !this.#isFresh(key)) || input === undefined ? [] : [{ input, keyBefore }];
    });
    const [first] = changed.sort((a, b) => this.#weight(a.input) - this.#weight(b.input));
    if (first === undefined) return { changes: [this.#missingRecord()] };
    return this.#causeThrough(first.input, first.keyBefore);
  }

  #isFresh(key: Digest): boolean {
    return this.#input.states.get(key)?.fresh !== undefined;
  }

  /** What ran is likelier the reason than what came out as it was. */
  #weight(input: RecordedStep): number {
    return { miss: 0, open: 1, free: 2, hit: 3 }[this.#state(input).outcome];
  }

  #causeThrough(input: RecordedStep, keyBefore: Digest | undefined): Cause {
    const was = this.#alignment.get(input.key);
    const removed = keyBefore === undefined ? undefined : this.#before.get(keyBefore);
    const isOther = removed !== undefined && was?.key !== removed.key && !this.#isAligned(removed);
    if (isOther && (was !== undefined || isRoot(input))) {
      const text = parseStepName(removed.name).text;
      return {
        changes: [{ kind: 'removed', subject: text, text: `the step before it, ${quoted(text)}, was removed` }],
      };
    }
    const cause = this.#causeOf(input);
    return { step: cause.step ?? input.name, changes: cause.changes };
  }

  #isAligned({ key }: RecordedStep): boolean {
    return [...this.#alignment.values()].some((step) => step.key === key);
  }

  #missingRecord(): Change {
    const text =
      this.#input.before?.failed === true
        ? 'the build before this one did not come to its end'
        : 'its cache record or its layer was deleted (prune)';
    return { kind: 'record', text };
  }
}

/** Caches of other machines say nothing of base images. */
function unknownStep({ preImage }: RecordedStep): Change {
  if (preImage.op.kind === 'image') return { kind: 'base', text: 'it is not the base image of before' };
  return { kind: 'new', text: 'the step is new' };
}

function isRoot({ preImage }: RecordedStep): boolean {
  return preImage.inputs.length === 0;
}

function byKey({ steps }: RecordedGraph): Map<Digest, RecordedStep> {
  return new Map(steps.map((step) => [step.key, step]));
}

function patternsOf(sources: unknown): BytePath[] {
  const list = Array.isArray(sources) ? sources : [];
  return list.flatMap((source) => (typeof source?.pattern === 'string' ? [source.pattern] : []));
}

/** As many digits as tell images apart. */
const SHORT = 'sha256:'.length + 12;

function short(digest: unknown): string {
  return String(digest).slice(0, SHORT);
}
