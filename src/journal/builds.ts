import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { StoreLayout } from '../store/layout.ts';
import { isBuildId, timeOfBuildId } from './build-id.ts';
import type { BuildSummary, JournalEvent } from './types.ts';
import { EVENTS_FILE, SUMMARY_FILE } from './writer.ts';

/** As many builds as somebody looks back at, and bytes of their events. */
const MAX_BUILDS = 100;
const MAX_SIZE = 256 * 1024 * 1024;

/** The journals of the builds of a store. */
export class BuildJournals {
  readonly #directory: string;

  constructor(layout: StoreLayout) {
    this.#directory = join(layout.base, 'builds');
  }

  directory(id: string): string {
    return join(this.#directory, id);
  }

  /** The newest first. */
  ids(): string[] {
    try {
      return readdirSync(this.#directory).filter(isBuildId).sort().reverse();
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  /** The build that a text names: its ID, the beginning or the end of it that no other has, or without one the last. */
  find(text?: string): string {
    const ids = this.ids();
    const found = text === undefined ? ids.slice(0, 1) : ids.filter((id) => id.startsWith(text) || id.endsWith(text));
    const [id, ...others] = found.includes(text ?? '') ? [text] : found;
    if (id !== undefined && others.length === 0) return id;
    const problem = id === undefined ? 'no build' : `${others.length + 1} builds`;
    throw new TsbuildError(
      'NOT_FOUND',
      text === undefined ? 'nothing has been built' : `${problem} of the ID ${text}`,
      {
        hint: '`tsbuild builds ls` lists what is kept',
      },
    );
  }

  summary(id: string): BuildSummary {
    const kept = readJson(join(this.directory(id), SUMMARY_FILE)) as Partial<BuildSummary> | undefined;
    if (kept !== undefined && Array.isArray(kept.steps) && Array.isArray(kept.targets)) return kept as BuildSummary;
    return { id, started: timeOfBuildId(id), outcome: 'interrupted', targets: [], images: [], steps: [] };
  }

  /** Lines that are no events, as a crash may leave, are left out. */
  events(id: string): JournalEvent[] {
    const lines = (readText(join(this.directory(id), EVENTS_FILE)) ?? '').split('\n');
    return lines.flatMap((line) => {
      const event = parsed(line) as JournalEvent | undefined;
      return typeof event?.type === 'string' ? [event] : [];
    });
  }

  remove(id: string): void {
    rmSync(this.directory(id), { recursive: true, force: true });
  }

  /** Drops the oldest above the bounds. Sizes are looked at where the last build made much output. */
  trim({ sizes }: { sizes: boolean }): void {
    const ids = this.ids();
    let total = 0;
    for (const [index, id] of ids.entries()) {
      if (sizes) total += statSync(join(this.directory(id), EVENTS_FILE), { throwIfNoEntry: false })?.size ?? 0;
      if (index >= MAX_BUILDS || total > MAX_SIZE) this.remove(id);
    }
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function readJson(path: string): unknown {
  return parsed(readText(path) ?? '');
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
