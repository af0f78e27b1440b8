import type { BuildEvent, EventSink } from '../../src/base/events.ts';

/** Short ways to say events at given moments; time counts in milliseconds from `start`. */
export const start = Date.UTC(2024, 0, 2, 3, 4, 5);

export function declare(vertex: string, name: string, inputs: string[] = []): BuildEvent {
  return { type: 'vertex', vertex, name, inputs, time: start };
}

export function started(vertex: string, at: number): BuildEvent {
  return { type: 'started', vertex, time: start + at };
}

export function cached(vertex: string, at: number): BuildEvent {
  return { type: 'cached', vertex, time: start + at };
}

export function completed(vertex: string, at: number, error?: string): BuildEvent {
  return { type: 'completed', vertex, time: start + at, error };
}

export function log(vertex: string, at: number, data: string | Buffer, stream: 1 | 2 = 1): BuildEvent {
  return { type: 'log', vertex, time: start + at, stream, data: Buffer.from(data as string) };
}

export function status(vertex: string, at: number, action: string, current: number, total = 0): BuildEvent {
  return { type: 'status', vertex, time: start + at, id: 'layer1', action, current, total };
}

export function warning(message: string, line?: number): BuildEvent {
  const source = { name: 'Dockerfile', text: 'FROM x\nRUN y\n' };
  if (line === undefined) return { type: 'warning', time: start, message };
  const position = { line, column: 1, offset: 0 };
  return {
    type: 'warning',
    time: start,
    message,
    source,
    location: { start: position, end: { ...position, column: 5 } },
  };
}

export function feed(sink: EventSink, events: readonly BuildEvent[]): void {
  for (const event of events) sink(event);
}
