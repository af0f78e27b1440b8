import type { Argv } from 'yargs';

export const versionCommand = {
  command: 'version',
  describe: 'Show the version of tsbuild and of Node',
  builder: (yargs: Argv) => yargs.options({ json: { type: 'boolean', describe: 'As JSON' } }),
  handler: async (argv: { json?: boolean | undefined }): Promise<number> =>
    (await import('../version-action.ts')).versionAction(argv),
};
