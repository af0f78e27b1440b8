import type { SourceFile, SourceRange } from './source.ts';

/**
 * Everything a user sees of a build is rendered from this one stream: the terminal display, plain lines, raw JSON,
 * the report. Times are milliseconds since the epoch.
 */
export type BuildEvent =
  | VertexEvent
  | { type: 'started'; vertex: string; time: number }
  | { type: 'cached'; vertex: string; time: number }
  | { type: 'log'; vertex: string; time: number; stream: 1 | 2; data: Buffer }
  | StatusEvent
  | { type: 'completed'; vertex: string; time: number; error?: string | undefined }
  | {
      type: 'warning';
      time: number;
      message: string;
      source?: SourceFile | undefined;
      location?: SourceRange | undefined;
      /** The check that warns, and what it is about. */
      rule?: string | undefined;
      detail?: string | undefined;
    };

/** Declares a vertex, before any other event of it. */
export interface VertexEvent {
  type: 'vertex';
  /** Stable within a build. */
  vertex: string;
  /** What the user wrote, e.g. `[build 2/5] RUN npm ci`; `[internal] …` for our own work. */
  name: string;
  inputs: readonly string[];
  /** Our own work, and no instruction. */
  internal?: true | undefined;
  time: number;
}

/** Progress of a part of a vertex, e.g. one layer that is being pulled: bytes, or a count. */
export interface StatusEvent {
  type: 'status';
  vertex: string;
  /** Unique within the vertex, e.g. a short digest. */
  id: string;
  /** e.g. `downloading`, `extracting`, `done`. */
  action: string;
  current: number;
  /** 0 where it is not known. */
  total: number;
  time: number;
}

export type EventSink = (event: BuildEvent) => void;
