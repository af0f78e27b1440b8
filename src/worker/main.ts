import { parentPort } from 'node:worker_threads';
import { DIGEST_FILES } from '../context/file-digests.ts';
import { COPY_FILES } from '../snapshot/file-copy.ts';
import { ENCODE_MEMBERS } from '../snapshot/members.ts';
import type { Answer, Request, Task } from '../threads/task.ts';

const TASKS: ReadonlyMap<string, Task<unknown, unknown>> = new Map(
  [DIGEST_FILES, COPY_FILES, ENCODE_MEMBERS].map((task) => [task.name, task as Task<unknown, unknown>]),
);

parentPort?.on('message', ({ id, task: name, part }: Request) => {
  const task = TASKS.get(name);
  const value = attempt(() => task?.run(part));
  const answer: Answer = value === undefined ? { id } : { id, result: { value } };
  parentPort?.postMessage(answer);
});

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
