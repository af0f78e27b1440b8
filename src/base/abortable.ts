/** Passes a stream on until the signal is aborted, and then fails with its reason. */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const chunk of source) {
    signal.throwIfAborted();
    yield chunk;
  }
}

/** Lets timers, signals and other work of this process have their turn; fails where the signal is aborted by then. */
export async function turn(signal?: AbortSignal): Promise<void> {
  await new Promise(setImmediate);
  signal?.throwIfAborted();
}
