import { type Digest, digestOf, isDigest } from '../base/digest.ts';
import type { BuildEvent } from '../base/events.ts';
import type { SourcePosition } from '../base/source.ts';
import type { Display, Write } from './display.ts';
import { type BuildEventOfVertex, BuildModel, type StatusState, type VertexState } from './model.ts';
import type { WarningEvent } from './warnings.ts';

/**
 * One JSON object per event, in the form of BuildKit's `SolveStatus` (client/graph.go): what reads the output of
 * `--progress=rawjson` there reads this. A vertex is repeated as a whole whenever it changes.
 */
export class RawJsonDisplay implements Display {
  readonly #write: Write;
  readonly #model = new BuildModel();

  constructor(write: Write) {
    this.#write = write;
  }

  accept(event: BuildEvent): void {
    const status =
      event.type === 'warning' ? { warnings: [warningJson(event)] } : solveStatus(event, this.#model.apply(event));
    this.#write(`${JSON.stringify(status)}\n`);
  }

  tick(): void {}

  close(): void {}
}

function solveStatus(event: BuildEventOfVertex, vertex: VertexState): object {
  if (event.type === 'log') {
    const { stream, data } = event;
    return { logs: [{ vertex: digestFor(vertex.id), stream, data: base64(data), timestamp: timeJson(event.time) }] };
  }
  const status = event.type === 'status' ? vertex.statuses.get(event.id) : undefined;
  if (status !== undefined) return { statuses: [statusJson(status, vertex, event.time)] };
  return { vertexes: [vertexJson(vertex)] };
}

function vertexJson(vertex: VertexState): object {
  return {
    digest: digestFor(vertex.id),
    inputs: vertex.inputs.length > 0 ? vertex.inputs.map(digestFor) : undefined,
    name: vertex.name,
    started: timeJson(vertex.started),
    completed: timeJson(vertex.completed),
    cached: vertex.cached || undefined,
    error: vertex.error,
  };
}

function statusJson(status: StatusState, vertex: VertexState, time: number): object {
  return {
    id: [status.action, status.id].filter((word) => word !== '').join(' '),
    vertex: digestFor(vertex.id),
    total: status.total || undefined,
    current: status.current,
    timestamp: timeJson(time),
    started: timeJson(status.started),
    completed: timeJson(status.completed),
  };
}

function warningJson({ message, rule, detail, source, location }: WarningEvent): object {
  return {
    level: 1,
    short: base64(rule === undefined ? message : `${rule}: ${message} (line ${location?.start.line})`),
    detail: detail === undefined ? undefined : [base64(detail)],
    sourceInfo: source && { filename: source.name, data: base64(source.text) },
    range: location && [{ start: positionJson(location.start), end: positionJson(location.end) }],
  };
}

/** Lines from 1, characters from 0, as BuildKit's parser counts them. */
function positionJson({ line, column }: SourcePosition): object {
  return { line, character: column - 1 };
}

/** Readers of the format expect digests where our vertices have ids of any form. */
function digestFor(id: string): Digest {
  return isDigest(id) ? id : digestOf(id);
}

function timeJson(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

function base64(data: string | Uint8Array): string {
  return (
    typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length)
  ).toString('base64');
}
