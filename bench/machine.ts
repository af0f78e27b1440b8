import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';
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
  user: 'root' | 'ordinary';
}

export async function thisMachine(directory: string): Promise<Machine> {
  return {
    cpu: `${cpus()[0]?.model.trim() ?? 'unknown processor'} (${arch()})`,
    cores: availableParallelism(),
    memory: totalmem(),
    kernel: release(),
    fileSystem: (await command('stat', ['--file-system', '--format', '%T', directory])).trim(),
    node: process.version,
    user: process.getuid?.() === 0 ? 'root' : 'ordinary',
  };
}
