import { arch, availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { command } from '../fixtures/command.ts';

/** What a figure depends on. */
export interface Machine {
  cpu: string;
  cores: number;
  /** Bytes. */
  memory: number;
  kernel: string;
  /** The type of the file system that the stores are on. */
  fileSystem: string;
  node: string;
  /** Processes that wanted a core in the minute before, on average: what else the machine did. */
  load: number;
  user: 'root' | 'ordinary';
}

export async function thisMachine(directory: string): Promise<Machine> {
  return {
    cpu: `${cpus()[0]?.model.trim() ?? 'unknown processor'} (${arch()})`,
    cores: availableParallelism(),
    memory: totalmem(),
    kernel: release(),
    fileSystem: (await command('df', ['--output=fstype', directory])).split('\n')[1] ?? 'unknown',
    node: process.version,
    load: loadavg()[0] ?? Number.NaN,
    user: process.getuid?.() === 0 ? 'root' : 'ordinary',
  };
}
