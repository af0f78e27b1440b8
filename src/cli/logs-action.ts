import { TsbuildError } from '../base/error.ts';
import { readLog } from '../containers/log.ts';
import { readState } from '../containers/state.ts';
import { parseAge } from '../prune/prune.ts';
import { withStore } from './open.ts';
import type { GlobalArguments } from './options.ts';

export interface LogsArguments extends GlobalArguments {
  container: string;
  follow?: boolean | undefined;
  tail?: string | undefined;
  timestamps?: boolean | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** Shows a container's output, each stream on ours. */
export async function logsAction(argv: LogsArguments): Promise<number> {
  const { container, follow, timestamps } = argv;
  const options = { tail: tailOf(argv.tail), since: timeOf('since', argv.since), until: timeOf('until', argv.until) };
  return withStore(argv, async ({ containers }) => {
    const directory = containers.path(containers.find(container).id);
    const isRunning = async () => (await readState(directory)).status === 'running';
    for await (const line of readLog(directory, { ...options, follow: follow ? isRunning : undefined })) {
      process[line.stream].write(timestamps ? `${line.time} ${line.log}` : line.log);
    }
    return 0;
  });
}

function tailOf(text: string | undefined): number | undefined {
  if (text === undefined || text === 'all') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new TsbuildError('USAGE', `--tail ${text}: it is no number of lines`, { hint: 'write a number, or all' });
}

/** A time, seconds since the epoch, or how long ago. */
function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+[smhdw]$/.test(text)) return Date.now() - parseAge(text);
  const time = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new TsbuildError('USAGE', `--${option} ${text}: it is no time`, { hint: 'e.g. 10m, or 2024-01-31T12:00:00Z' });
}
