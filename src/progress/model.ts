import type { BuildEvent, StatusEvent, VertexEvent } from '../base/events.ts';
import { formatBytes } from './units.ts';

export type BuildEventOfVertex = Exclude<BuildEvent, { type: 'warning' }>;

/** Progress of a part of a vertex; `completed` where it is at its end. */
export interface StatusState {
  id: string;
  /** The last action that was not `done`. */
  action: string;
  current: number;
  total: number;
  started: number;
  completed: number | undefined;
}

export interface VertexState {
  id: string;
  name: string;
  inputs: readonly string[];
  started: number | undefined;
  completed: number | undefined;
  cached: boolean;
  error: string | undefined;
  statuses: Map<string, StatusState>;
}

/** What the events said so far, without the logs: the state that every display is drawn from. */
export class BuildModel {
  readonly vertices = new Map<string, VertexState>();
  /** In the order in which they started or were found in the cache. */
  readonly active: VertexState[] = [];
  /** The time of the first event of a vertex. */
  begun: number | undefined;

  /** Takes in an event and returns the vertex that it is about. */
  apply(event: BuildEventOfVertex): VertexState {
    this.begun ??= event.time;
    const vertex = this.#vertex(event.vertex);
    if (event.type === 'vertex') declare(vertex, event);
    else if (event.type === 'status') applyStatus(vertex, event);
    else if (event.type === 'started') this.#activate(vertex, event.time);
    else if (event.type === 'cached') {
      this.#activate(vertex, event.time);
      vertex.cached = true;
      vertex.completed ??= event.time;
    } else if (event.type === 'completed') {
      this.#activate(vertex, event.time);
      vertex.error ??= event.error;
      vertex.completed ??= event.time;
    }
    return vertex;
  }

  get completedCount(): number {
    return this.active.filter((vertex) => vertex.completed !== undefined).length;
  }

  #vertex(id: string): VertexState {
    let vertex = this.vertices.get(id);
    if (vertex === undefined) {
      vertex = {
        id,
        name: id,
        inputs: [],
        started: undefined,
        completed: undefined,
        cached: false,
        error: undefined,
        statuses: new Map(),
      };
      this.vertices.set(id, vertex);
    }
    return vertex;
  }

  #activate(vertex: VertexState, time: number): void {
    if (vertex.started !== undefined) return;
    vertex.started = time;
    this.active.push(vertex);
  }
}

function declare(vertex: VertexState, event: VertexEvent): void {
  vertex.name = event.name;
  vertex.inputs = event.inputs;
}

function applyStatus(vertex: VertexState, event: StatusEvent): void {
  const old = vertex.statuses.get(event.id);
  const isDone = event.action === 'done' || (event.total > 0 && event.current >= event.total);
  const action = event.action === 'done' ? (old?.action ?? '') : event.action;
  const continues = old !== undefined && old.action === action;
  vertex.statuses.set(event.id, {
    id: event.id,
    action,
    current: Math.max(event.current, continues && isDone ? old.current : 0),
    total: event.total || (continues ? old.total : 0),
    started: continues ? old.started : event.time,
    completed: isDone ? ((continues ? old.completed : undefined) ?? event.time) : undefined,
  });
}

/** What happened to a vertex whose step was stopped because of another one's failure, or a signal. */
export function isCancelled(vertex: VertexState): boolean {
  return vertex.error !== undefined && /cancell?ed$/i.test(vertex.error);
}

/** `downloading 4abcf2066143 1.20MB / 3.40MB` */
export function statusText(status: StatusState): string {
  const label = [status.action, status.id].filter((word) => word !== '').join(' ');
  if (status.total > 0) return `${label} ${formatBytes(status.current)} / ${formatBytes(status.total)}`;
  return status.current > 0 ? `${label} ${formatBytes(status.current)}` : label;
}
