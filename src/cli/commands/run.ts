import type { Argv } from 'yargs';
import type { RunArguments } from '../run-action.ts';

/** `tsbuild run`, in the foreground. The options are docker's. */
export const runCommand = {
  command: 'run [image] [command..]',
  describe: 'Run a command in a new container of an image',
  builder: (yargs: Argv) =>
    yargs
      .positional('image', { type: 'string' })
      .options({
        rm: { type: 'boolean', describe: 'Remove the container when it ends; it always is' },
        env: {
          alias: 'e',
          type: 'string',
          array: true,
          requiresArg: true,
          describe: 'NAME=VALUE, or NAME from the environment',
        },
        volume: { alias: 'v', type: 'string', array: true, requiresArg: true, describe: 'HOST:CONTAINER[:ro]' },
        workdir: { alias: 'w', type: 'string', requiresArg: true, describe: 'Working directory' },
        user: { alias: 'u', type: 'string', requiresArg: true, describe: 'NAME|UID[:GROUP|GID]' },
        entrypoint: {
          type: 'string',
          requiresArg: true,
          describe: 'Program in the place of ENTRYPOINT; empty for none',
        },
        network: { choices: ['host', 'none'] as const, default: 'host' as const, describe: 'Network of the container' },
        hostname: { type: 'string', requiresArg: true, describe: "Name of the container's host" },
        interactive: { alias: 'i', type: 'boolean', describe: 'Pass standard input on' },
        'read-only': { type: 'boolean', describe: 'Nothing in the root filesystem can be written' },
        pull: { type: 'boolean', describe: 'Ask the registry for a newer image' },
      })
      .example('$0 --rm hello', 'run the image hello'),
  handler: async (argv: RunArguments): Promise<number> => (await import('../run-action.ts')).runAction(argv),
};
