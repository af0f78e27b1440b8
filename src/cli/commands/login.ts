import type { Argv } from 'yargs';
import { flag, value } from '../option-kinds.ts';
import type { GlobalArguments } from '../options.ts';

const SERVER = { type: 'string', default: 'docker.io', describe: 'HOST[:PORT] of the registry' } as const;

/** Commands about who we are at a registry. */
export const loginCommands = [
  {
    command: 'login [server]',
    describe: 'Log in to a registry; credentials are kept where docker keeps them',
    builder: (yargs: Argv) =>
      yargs.positional('server', SERVER).options({
        username: value('User name', 'u'),
        password: value('Password; better from standard input', 'p'),
        'password-stdin': flag('Read the password from standard input'),
      }),
    handler: async (
      argv: GlobalArguments & { server: string; username?: string; password?: string; passwordStdin?: boolean },
    ): Promise<number> => (await import('../login-actions.ts')).loginAction(argv),
  },
  {
    command: 'logout [server]',
    describe: 'Forget the credentials of a registry',
    builder: (yargs: Argv) => yargs.positional('server', SERVER),
    handler: async (argv: GlobalArguments & { server: string }): Promise<number> =>
      (await import('../login-actions.ts')).logoutAction(argv),
  },
];
